"""What the field showed: small files of real shapes, each with the result that is right, and variants of the same kind.

All are of three whole months with a few images each, against a decision in which N* is 2.63 images at $0.04.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from advisor.cli.main import run

DAYS = ("2026-08-01", "2026-08-31", "2026-09-01", "2026-09-30", "2026-10-01", "2026-10-31")
TINY = """
residency: anywhere
output_use: commercial
indemnity_required: false
train_on_outputs: false
quality: open_suffices
control: prompt_only
latency: tolerant
monthly_images: 2
open_price: 0.04
closed_price: 0.08
gpu_hour_price: 1.2
images_per_gpu_hour: 600
monthly_overhead: 0.10
"""
Row = dict[str, Any]


@dataclass(frozen=True)
class Field:
    """A folder with the decision, and the command in it."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: object) -> tuple[int, str, str]:
        code = run(
            [
                "monitor",
                *map(str, arguments),
                *("--decision", str(self.folder / "tiny.scenario.yaml"), "--date", "2026-11-02"),
                *(() if "--history" in arguments else ("--no-history",)),
            ]
        )
        out, err = self.capsys.readouterr()
        return code, out, err

    def json(self, *arguments: object) -> dict[str, Any]:
        code, out, err = self.run(*arguments, "--json")
        assert code == 0, err
        data: dict[str, Any] = json.loads(out)
        return data

    def refused(self, *arguments: object) -> str:
        code, out, err = self.run(*arguments)
        assert (code, out) == (2, "")
        return err

    def save(self, name: str, content: object) -> Path:
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
        return path

    def table(self, name: str, rows: Sequence[Row]) -> Path:
        path = self.folder / name
        if name.endswith(".parquet"):
            pq.write_table(pa.Table.from_pylist(list(rows)), path)
        elif name.endswith(".jsonl"):
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        elif name.endswith(".json"):
            path.write_text(json.dumps(rows))
        else:
            with path.open("w", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        return path


def says(found: dict[str, Any], text: str) -> bool:
    return any(text in note for note in found["notes"])


def check_half_unknown(found: dict[str, Any]) -> None:
    """Four images a month, of which two have a cost of $0.04."""
    assert (found["verdict"], found["trailing_volume"]) == ("crossed_and_stable", "4")
    assert (found["paid_price"], found["crossover"]) == ("0.04", "2.63")
    assert [month["images_without_cost"] for month in found["months"]] == ["2", "2", "2"]


def check_all_unknown(found: dict[str, Any]) -> None:
    """The price is not known: both N* and the money are at the list price."""
    assert (found["verdict"], found["paid_price"], found["crossover"]) == ("crossed_and_stable", None, "2.63")
    assert all(month["estimated"] for month in found["overspend_by_month"])
    assert float(found["overspend"]) > 0
    assert not says(found, "credits")


def logs(*spends: object) -> list[Row]:
    """LiteLLM's table: on each day a request for each of the costs."""
    return [
        {
            "request_id": f"{day} {number}",
            "call_type": "aimage_generation",
            "spend": spend,
            "startTime": f"{day}T0{number}:00:00Z",
            "model": "azure/some-image",
            "status": "success",
            "cache_hit": "False",
        }
        for day in DAYS
        for number, spend in enumerate(spends)
    ]


def events(**more: object) -> Row:
    usual = {"endpoint_id": "fal-ai/flux/dev", "unit": "image", "output_units": 1}
    return {
        "billing_events": [
            {"request_id": f"{day} {n}", "timestamp": f"{day}T0{n}:00:00Z", **usual, **(more if n else {"cost": 0.04})}
            for day in DAYS
            for n in range(2)
        ]
    }


def daily(breakdown: Callable[[Row], Row], spend: object = 0.08, requests: int = 2) -> Row:
    metrics = {"spend": spend, "successful_requests": requests, "failed_requests": 0, "api_requests": requests}
    return {
        "results": [{"date": day, "metrics": metrics, "breakdown": breakdown({"metrics": metrics})} for day in DAYS],
        "metadata": {"total_pages": 1},
    }


def of_models(*names: str) -> Callable[[Row], Row]:
    return lambda metrics: {"models": dict.fromkeys(names, metrics)}


def starts() -> list[int]:
    from datetime import UTC, datetime

    return [int(datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=UTC).timestamp()) for day in DAYS]


def line_items(*items: Row) -> Row:
    data = [
        {"start_time": start, "end_time": start + 86_400, "results": [{**COST, **item} for item in items]}
        for start in starts()
    ]
    return {"object": "page", "data": data}


COST = {"object": "organization.costs.result", "amount": {"value": 0.08, "currency": "usd"}}
