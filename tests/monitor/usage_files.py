"""Months of usage as records, the same written in every format, and what plain Python counts of them."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from advisor.usage.model import Day, ReadOptions
from advisor.usage.read import read_usage

TODAY = date(2026, 11, 23)
MAPPING = """
meter: fal
columns: {at: stamp, images: images, cost: cost, currency: currency}
where: {status: [200, 201]}
"""
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
Sums = dict[date, tuple[Decimal | None, int | None, Decimal | None, int]]
"""By day: images, requests, cost, rows."""


@dataclass(frozen=True)
class Used:
    """One request: when (UTC), whether it succeeded, its images and what they cost; negative is a correction."""

    at: datetime
    ok: bool
    images: int
    cost: Decimal
    key: str


_AROUND = [
    datetime(2026, 3, 29, 0, 58),
    datetime(2025, 10, 26, 0, 58),
    datetime(2026, 3, 8, 6, 58),
    datetime(2026, 1, 31, 23, 50),
]
_SECONDS = st.integers(0, 15 * 60) | st.integers(0, 40 * 86_400)
_MOMENTS = st.builds(lambda at, seconds: at + timedelta(seconds=seconds), st.sampled_from(_AROUND), _SECONDS)
_USED = st.builds(
    Used,
    _MOMENTS,
    st.sampled_from((True, True, True, False)),
    st.integers(0, 40),
    st.decimals(-50, 50, places=9) | st.decimals(0, 1, places=4),
    st.uuids().map(str),
)
USED = st.lists(_USED, max_size=25, unique_by=lambda used: used.key)
OFFSETS = st.sampled_from((0, 0, 120, -300, 330, -210))


def counted(records: Iterable[Used], *, images: bool = True, requests: bool = False, cost: bool = True) -> Sums:
    """What plain Python makes of the records that succeeded."""
    by_day: dict[date, list[Used]] = {}
    for used in records:
        if used.ok:
            by_day.setdefault(used.at.date(), []).append(used)
    return {
        day: (
            Decimal(sum(used.images for used in some)) if images else None,
            len(some) if requests else None,
            sum((used.cost for used in some), Decimal(0)) if cost else None,
            len(some),
        )
        for day, some in by_day.items()
    }


def sums_of(found: Sequence[Day]) -> Sums:
    """Days as the same."""
    assert len({day.day for day in found}) == len(found)
    return {day.day: (day.images, day.requests, day.cost, day.rows) for day in found}


def days(*paths: Path, **options: Any) -> tuple[Day, ...]:
    """What the reader makes of files."""
    return read_usage([str(path) for path in paths], ReadOptions(today=TODAY, **options)).days


def read(*paths: Path, **options: Any) -> Sums:
    """The same as sums."""
    return sums_of(days(*paths, **options))


def shifted(at: datetime, minutes: int) -> datetime:
    """The same moment on a clock that is ahead."""
    return at.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=minutes)))


def iso(at: datetime, minutes: int) -> str:
    """With an offset, or in UTC with and without a Z."""
    if minutes:
        return shifted(at, minutes).isoformat()
    return at.isoformat(sep=" ") if at.second % 2 else at.isoformat() + "Z"


def rows_of(records: Sequence[Used], minutes: int = 0) -> list[dict[str, Any]]:
    """As a log of one's own, corrections among them as rows with a cost alone."""
    return [
        {
            "stamp": iso(used.at, minutes),
            "status": 200 if used.ok else 503,
            "path": f"/v1/{used.key}",
            "images": used.images,
            "cost": used.cost,
            "currency": "usd",
        }
        for used in records
    ]


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    with gzip.open(path, "wt", newline="") if path.suffix == ".gz" else path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, quoting=csv.QUOTE_ALL if len(rows) % 2 else csv.QUOTE_MINIMAL)
        writer.writeheader()
        writer.writerows({key: f"{v:f}" if isinstance(v, Decimal) else v for key, v in row.items()} for row in rows)


def write_jsonl(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row, default=str) + "\n" for row in rows))


def write_parquet(path: Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    pq.write_table(pa.table({name: _column([row[name] for row in rows]) for name in columns}), path)


def _column(values: list[Any]) -> pa.Array:
    if any(isinstance(value, Decimal) for value in values):
        return pa.array(values, pa.decimal128(20, 9))
    return pa.array(values) if values else pa.array([], pa.string())


PLAIN = ("stamp", "status", "path", "images", "cost", "currency")
FOCUS = (
    "ChargeCategory",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "EffectiveCost",
    "BillingCurrency",
    "ProviderName",
    "ServiceName",
    "ConsumedQuantity",
    "ConsumedUnit",
    "PricingQuantity",
    "PricingUnit",
    "ResourceId",
)


def focus_rows(records: Sequence[Used], minutes: int) -> list[dict[str, Any]]:
    """One Usage row each; those that failed are a tax. Units with and without a block, consumed or priced."""
    rows = []
    for used in records:
        block = used.images % 3 == 0
        quantity = Decimal(used.images).scaleb(-3) if block else Decimal(used.images)
        unit = "1000 Images" if block else ("image" if used.images % 2 else "Images")
        priced = used.images % 4 == 0
        rows.append(
            {
                "ChargeCategory": "Usage" if used.ok else "Tax",
                "ChargePeriodStart": iso(used.at, minutes),
                "ChargePeriodEnd": iso(used.at + timedelta(hours=1), minutes),
                "EffectiveCost": used.cost,
                "BillingCurrency": "USD",
                "ProviderName": "Some Cloud",
                "ServiceName": 'Images, and "more"',
                "ConsumedQuantity": "NULL" if priced else f"{quantity:f}",
                "ConsumedUnit": "NULL" if priced else unit,
                "PricingQuantity": f"{quantity:f}",
                "PricingUnit": unit if priced else "1 Bundles",
                "ResourceId": used.key,
            }
        )
    return rows


def nginx_line(used: Used, minutes: int) -> str:
    at = shifted(used.at, minutes).strftime("%d/%b/%Y:%H:%M:%S %z")
    return f'10.0.0.1 - - [{at}] "POST /v1/{used.key}?a=b HTTP/1.1" {200 if used.ok else 502} 12 "-" "curl/8 (x; y)"'


def nginx_json(used: Used, minutes: int) -> dict[str, Any]:
    whole = used.images % 2
    request = (
        {"request": f"POST /v1/{used.key} HTTP/2.0"} if whole else {"request_method": "POST", "uri": f"/{used.key}"}
    )
    stamps = (
        ("time_iso8601", shifted(used.at, minutes).isoformat()),
        ("msec", f"{used.at.replace(tzinfo=UTC).timestamp():.3f}"),
        ("time_local", shifted(used.at, minutes).strftime("%d/%b/%Y:%H:%M:%S %z")),
        ("@timestamp", used.at.isoformat() + ".250Z"),
    )
    name, stamp = stamps[used.images % 4]
    status = 201 if used.ok else 404
    return {name: stamp, "status": str(status) if whole else status, **request}


def envoy_line(used: Used, minutes: int) -> str:
    at = used.at.isoformat() + ".310Z"
    return (
        f'[{at}] "POST /v1/{used.key} HTTP/2" {204 if used.ok else 0} - 154 0 226 100 "-" "x" "id" "host" "tcp://1:80"'
    )


def envoy_json(used: Used, minutes: int) -> dict[str, Any]:
    code = 200 if used.ok else 500
    return {"start_time": used.at.isoformat() + "Z", "method": "POST", "path": f"/{used.key}", "response_code": code}


def litellm_row(used: Used, minutes: int) -> dict[str, Any]:
    of_images = used.ok or used.images % 2
    kinds = ("image_generation", "aimage_generation", "image_edit", "aimage_edit")
    return {
        "request_id": used.key,
        "call_type": kinds[used.images % 4] if of_images else "acompletion",
        "spend": float(used.cost),
        "startTime": iso(used.at, minutes),
        "status": "failure" if not used.ok and used.images % 2 else "success",
        "cache_hit": "None" if used.images % 2 else "False",
        "model": "some-image-model" if of_images else "gpt-4o",
    }


Writer = Callable[[Path, Sequence[Used], int], None]


def lines(path: Path, made: Iterable[str]) -> None:
    path.write_text("".join(line + "\n" for line in made))


def clock_of(at: datetime, zone: str) -> datetime | None:
    """The clock of a zone, or None in an hour that comes twice, of which the second cannot be told."""
    clock = at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    return None if clock.fold else clock.replace(tzinfo=None)
