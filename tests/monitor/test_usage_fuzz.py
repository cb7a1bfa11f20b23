"""Real samples of every usage reader, mutated: never a verdict `below` on a volume that the file does not state.

Each sample is set on the first and the last day of three months, so that it states four images a month: above N*. Then
fields are dropped, set to null or to zero, models renamed and dates written in another order. What the mutated file may
hold at most is computed by a few lines of plain Python for each format, which know nothing of the readers; None is for
what the file does not say. `below` may only rest on months of which it says enough to be below.
"""

from __future__ import annotations

import contextlib
import copy
import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.cli.main import run
from tests.helpers.strategies import examples
from tests.monitor.field_cases import DAYS, TINY, Row

SAMPLES = Path(__file__).parent / "samples"
IMAGES = ("flux", "fal-ai/flux/dev", "gpt-image-1", "dall-e-3", "seedream-4", "sdxl", "gemini/gemini-2.5-flash-image")
TEXTS = ("gpt-4o", "claude-sonnet-4", "meta/meta-llama-3-70b-instruct", "text-embedding-3-small")
UNKNOWN = ("acme-7b", "my-deployment", "", "x")
NAMES = ("model", "endpoint_id", "line_item", "ServiceName", "endpoint", "call_type", "SkuMeter")
DATES = ("timestamp", "date", "startTime", "created_at", "ChargePeriodStart", "stamp")
MOST_EACH = 4
"""Images of a request, as far as the monitor's own assumption goes."""
LIST_PRICE = 0.04
"""Of the hosted route in the scenario TINY, in $ per image."""
Most = float | None


def sample(name: str) -> Any:
    text = (SAMPLES / name).read_text(encoding="utf-8-sig")
    if name.endswith(".csv"):
        return next(iter(csv.DictReader(text.splitlines())))
    return json.loads(text.splitlines()[0] if name.endswith(".jsonl") else text)


@dataclass(frozen=True)
class Format:
    """How records of one day are made, put into a file, and what one of them may hold at most."""

    file: str
    made: Callable[[str, int], Row]
    whole: Callable[[Sequence[Row]], Any]
    most: Callable[[Row], Most]
    mapping: str = ""


def seconds(day: str) -> int:
    return int(datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=UTC).timestamp())


def known_text(name: object) -> bool:
    return name in TEXTS


def replicate(day: str, n: int) -> Row:
    one = copy.deepcopy(sample("replicate-predictions-list.images.json")["results"][0])
    return {**one, "id": f"{day} {n}", "created_at": f"{day}T0{n}:00:00Z", "metrics": {"predict_time": 1.0}}


def most_of_prediction(row: Row) -> Most:
    if row.get("status") != "succeeded":
        return 0
    output = None if row.get("data_removed") else row.get("output")
    if isinstance(output, list) and output and all(isinstance(part, str) for part in output):
        return len(output)
    if output is None and known_text(row.get("model")):
        return 0
    asked = (row.get("input") or {}).get("num_outputs")
    return MOST_EACH if asked is None else asked


def fal(day: str, n: int) -> Row:
    one = sample("fal-billing-events.response.json")["billing_events"][0]
    return {**one, "request_id": f"{day} {n}", "timestamp": f"{day}T0{n}:00:00Z", "output_units": 1, "unit": "image"}


def most_of_event(row: Row) -> Most:
    units = row.get("output_units")
    if row.get("unit") == "image" and units is not None:
        return float(units)
    return 0 if known_text(row.get("endpoint_id")) and not row.get("unit") else max(MOST_EACH, units or 0)


def usage(day: str, n: int) -> Row:
    one = sample("openai-usage-images.grouped.json")["data"][0]["results"][0]
    return {**one, "images": 1, "num_model_requests": 1, "model": f"dall-e-{n}", "at": day}


def costs(day: str, n: int) -> Row:
    one = sample("openai-costs.grouped.json")["data"][0]["results"][0]
    made = {"line_item": f"dall-e-{n}", "quantity": 1, "quantity_unit": "images", "at": day}
    return {**one, **made, "amount": {"value": 0.04, "currency": "usd"}}


def most_of_item(row: Row) -> Most:
    if row.get("quantity_unit") == "images" and row.get("quantity") is not None:
        return float(row["quantity"])
    return 0 if known_text(row.get("line_item")) and row.get("quantity_unit") != "images" else None


def buckets(rows: Sequence[Row]) -> Row:
    by_day = {day: [row for row in rows if row["at"] == day] for day in DAYS}
    data = [
        {
            "object": "bucket",
            "start_time": seconds(day),
            "end_time": seconds(day) + 86_400,
            "results": [{key: value for key, value in row.items() if key != "at"} for row in of_day],
        }
        for day, of_day in by_day.items()
    ]
    return {"object": "page", "data": data, "has_more": False}


def spend_log(day: str, n: int) -> Row:
    one = sample("litellm-spend-logs.image.json")[0]
    more = {"startTime": f"{day}T0{n}:00:00Z", "status": "success", "cache_hit": "False", "spend": 0.04}
    return {**one, "request_id": f"{day} {n}", **more}


def most_of_log(row: Row) -> Most:
    if row.get("call_type") in TEXTS and row.get("model") not in IMAGES and "image" not in str(row.get("model")):
        return 0
    return 1 if row.get("status") in (None, "success") else 0


def kit_line(day: str, n: int) -> Row:
    made = {"route": "open_weight_api", "provider": "fal", "model": "fal-ai/flux/dev", "images": 1, "cost_usd": 0.04}
    said = {"status": "ok", "latency_ms": 800, "left_out": ""}
    return {"at": f"{day}T0{n}:00:00.000+00:00", "id": f"{day} {n}", **made, **said}


def daily_row(day: str, n: int) -> Row:
    one = sample("litellm-daily-user-spend.jsonl")
    made = {"date": day, "api_key": f"k{n}", "spend": 0.04, "successful_requests": 1, "endpoint": None}
    return {**one, **made, "model": "dall-e-3"}


def most_of_daily(row: Row) -> Most:
    if known_text(row.get("endpoint")) and row.get("model") not in IMAGES:
        return 0
    return 0 if not row.get("endpoint") and known_text(row.get("model")) else row.get("successful_requests")


def daily_page(rows: Sequence[Row]) -> Row:
    """Models alone, as of a proxy older than the breakdown by endpoints."""
    results = []
    for day in dict.fromkeys(row.get("date") for row in rows):
        models: Row = {}
        for row in (row for row in rows if row.get("date") == day):
            name = "" if row.get("model") is None else str(row["model"])
            before = models.setdefault(name, {"metrics": {"spend": 0.0, "successful_requests": 0}})["metrics"]
            before["spend"] += row.get("spend") or 0
            before["successful_requests"] += row.get("successful_requests") or 0
        asked = sum(part["metrics"]["successful_requests"] for part in models.values())
        named = {name: part for name, part in models.items() if name}
        results.append(
            {"date": day, "metrics": {"spend": 0, "successful_requests": asked}, "breakdown": {"models": named}}
        )
    return {"results": results, "metadata": {"total_pages": 1}}


def most_of_page(row: Row) -> Most:
    return 0 if known_text(row.get("model")) else row.get("successful_requests") or 0


def focus(day: str, n: int) -> Row:
    one = sample("focus-1.0-sample.csv")
    made = {"ChargePeriodStart": f"{day} 0{n}:00:00", "ChargePeriodEnd": f"{day} 0{n + 1}:00:00", "EffectiveCost": 0.04}
    unit = {"ChargeCategory": "Usage", "ChargeClass": "", "SkuMeter": ""}
    quantity = {"PricingUnit": "Images", "PricingQuantity": 1, "ConsumedUnit": "Images", "ConsumedQuantity": 1}
    return {**one, **made, **unit, **quantity, "ProviderName": "acme", "ServiceName": f"images {n}"}


def most_of_charge(row: Row) -> Most:
    for kind in ("Consumed", "Pricing"):
        if row.get(f"{kind}Unit") == "Images" and row.get(f"{kind}Quantity") not in (None, ""):
            return float(row[f"{kind}Quantity"])
    return None


def plain(day: str, n: int) -> Row:
    return {"stamp": f"{day}T0{n}:00:00Z", "images": 1, "cost": 0.04}


def bill(day: str, n: int) -> Row:
    return {"stamp": f"{day}T0{n}:00:00Z", "cost": 0.04}


def most_of_bill(row: Row) -> Most:
    """A bill states the volume by its cost, at the list price within a quarter; a cost of 0 is stated too."""
    return None if row.get("cost") in (None, "") else row["cost"] / LIST_PRICE * 1.25


def as_csv(rows: Sequence[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(key for row in rows for key in row)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_lines(rows: Sequence[Row]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def page_of(key: str) -> Callable[[Sequence[Row]], Row]:
    return lambda rows: {"previous": None, "next": None, key: list(rows)}


FORMATS = {
    "replicate": Format("p.json", replicate, page_of("results"), most_of_prediction),
    "fal": Format("e.json", fal, page_of("billing_events"), most_of_event),
    "openai-usage": Format("u.json", usage, buckets, lambda row: row.get("images")),
    "openai-costs": Format("c.json", costs, buckets, most_of_item),
    "litellm-logs": Format("l.json", spend_log, list, most_of_log),
    "litellm-rows": Format("d.json", daily_row, as_lines, most_of_daily),
    "litellm-page": Format("d.json", daily_row, daily_page, most_of_page),
    "starter-log": Format("k.jsonl", kit_line, as_lines, lambda row: row.get("images")),
    "focus": Format("f.csv", focus, as_csv, most_of_charge),
    "plain": Format(
        "t.csv",
        plain,
        as_csv,
        lambda row: None if row.get("images") in (None, "") else row["images"],
        "meter: a\ncolumns: {at: stamp, images: images, cost: cost}\n",
    ),
    "bill": Format("b.csv", bill, as_csv, most_of_bill, "meter: a\ncolumns: {at: stamp, cost: cost}\n"),
}


@st.composite
def mutated(draw: st.DrawFn, form: Format) -> tuple[list[Row], list[str]]:
    """The records with some fields changed, and what was done."""
    records = [form.made(day, n) for day in DAYS for n in range(2)]
    done = []
    for _ in range(draw(st.integers(1, 3))):
        places = draw(st.lists(st.sampled_from(range(len(records))), min_size=1, unique=True) | st.just(range(12)))
        key = draw(st.sampled_from(sorted(key for key in form.made(DAYS[0], 0) if key != "at")))
        how = draw(st.sampled_from(("drop", "null", "zero", "name", "date")))
        name = draw(st.sampled_from((*IMAGES, *TEXTS, *UNKNOWN)))
        done.append(f"{how} {key} {name} of {list(places)}")
        for place in places:
            _mutate(records[place], key, how, name)
    return records, done


def _mutate(record: Row, key: str, how: str, name: str) -> None:
    if how == "name":
        for one in (one for one in NAMES if one in record and one == key):
            record[one] = name
    elif how == "date" and key in DATES and isinstance(record.get(key), str):
        year, month, rest = record[key][:4], record[key][5:7], record[key][8:]
        record[key] = f"{rest[:2]}/{month}/{year}{rest[2:]}"
    elif how == "drop":
        record.pop(key, None)
    elif key in record:
        record[key] = None if how == "null" or not isinstance(record[key], int | float) else 0


def held_against(form: Format, records: Sequence[Row]) -> tuple[int, dict[str, Any], str]:
    """The exit code, what was found, and the error."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tiny.scenario.yaml").write_text(TINY)
        content = form.whole([copy.deepcopy(record) for record in records])
        (folder / form.file).write_text(content if isinstance(content, str) else json.dumps(content))
        more = []
        if form.mapping:
            (folder / "m.yaml").write_text(form.mapping)
            more = ["--mapping", str(folder / "m.yaml")]
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(
                [
                    *("monitor", str(folder / form.file), "--decision", str(folder / "tiny.scenario.yaml"), *more),
                    *("--no-history", "--date", "2026-11-02", "--images-per-request", "1..4", "--json"),
                ]
            )
    return code, json.loads(out.getvalue()) if code == 0 else {}, err.getvalue()


def month_most(form: Format, records: Iterable[tuple[str, Row]], month: str) -> Most:
    """What the file may hold of a month at the most; None where it does not say."""
    found = [form.most(record) for at, record in records if at.startswith(month)]
    return None if any(one is None for one in found) else sum(one or 0 for one in found)


def check(form: Format, records: Sequence[Row]) -> str:
    """The property; returns the verdict."""
    code, found, error = held_against(form, records)
    assert code in (0, 2), error
    if code == 2:
        assert "help:" in error
        return "refused"
    if found["verdict"] in ("below", "fell_back"):
        at = [day for day in DAYS for _ in range(2)]
        last = max(month["month"] for month in found["months"] if month["complete"])
        most = month_most(form, list(zip(at, records, strict=True)), last)
        assert most is not None, "the file does not say how many images there were"
        assert most < 0.9 * float(found["crossover"]), f"there may have been {most}"
    return str(found["verdict"])


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_the_sample_itself_is_above_or_too_close_to_call(name: str) -> None:
    form = FORMATS[name]
    assert check(form, [form.made(day, n) for day in DAYS for n in range(2)]) in (
        "crossed_and_stable",
        "approaching",
    )


@pytest.mark.parametrize(("name", "key"), [("openai-usage", "model"), ("openai-costs", "line_item")])
def test_results_of_a_bucket_with_the_same_keys_count_each(name: str, key: str) -> None:
    """Found by the property below: they were taken for one, and the month fell below the crossover."""
    records = [FORMATS[name].made(day, n) for day in DAYS for n in range(2)]
    without = [{other: value for other, value in record.items() if other != key} for record in records]
    assert check(FORMATS[name], without) == "crossed_and_stable"


@pytest.mark.fuzz
@pytest.mark.parametrize("name", sorted(FORMATS))
@examples(60, in_test=3)
@given(data=st.data())
def test_never_below_on_a_volume_that_the_file_does_not_state(name: str, data: st.DataObject) -> None:
    records, _ = data.draw(mutated(FORMATS[name]))
    check(FORMATS[name], records)
