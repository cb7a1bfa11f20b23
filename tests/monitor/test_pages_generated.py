"""Generated months, written as each service writes them in overlapping pages, read back: the sums of every day."""

from __future__ import annotations

import copy
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.common.diagnostics import BadInput
from advisor.domain.scenario import Unit
from advisor.usage.detect import PAGES, names_of
from advisor.usage.detect import Pages as File
from advisor.usage.model import Basis, Row
from advisor.usage.readers.json_pages import parse

FIRST = date(2026, 9, 25)
MICRO = Decimal("0.000001")


@dataclass(frozen=True)
class Made:
    """One request: when, by what, how many images, what it cost in millionths of a dollar."""

    at: datetime
    model: str
    images: int
    micros: int


MODELS = st.sampled_from(["dall-e-3", "gpt-image-1"])
MOMENTS = st.builds(
    lambda day, second: datetime.combine(FIRST, datetime.min.time()) + timedelta(days=day, seconds=second),
    st.integers(0, 39),
    st.integers(0, 86_399),
)
REQUESTS = st.builds(Made, MOMENTS, MODELS, st.integers(0, 900), st.integers(0, 10**9))
MONTHS = st.lists(REQUESTS, min_size=1, max_size=25)
Pages = list[dict[str, Any]]
Sums = dict[date, tuple[Any, ...]]


def unix(at: datetime) -> int:
    return int((at - datetime(1970, 1, 1)).total_seconds())


def grouped(month: Iterable[Made], start: Callable[[datetime], datetime]) -> dict[datetime, dict[str, list[Made]]]:
    found: dict[datetime, dict[str, list[Made]]] = defaultdict(lambda: defaultdict(list))
    for one in month:
        found[start(one.at)][one.model].append(one)
    return {at: dict(found[at]) for at in sorted(found)}


def dollars(several: Iterable[Made]) -> Decimal:
    return sum((one.micros * MICRO for one in several), Decimal(0))


def overlapping(parts: list[Any], data: st.DataObject) -> list[list[Any]]:
    """Slices that cover all parts, each beginning inside the one before; at times two in the wrong order."""
    slices, at = [], 0
    while True:
        end = at + data.draw(st.integers(1, 5))
        slices.append(parts[at:end])
        if end >= len(parts):
            break
        at = data.draw(st.integers(max(at + 1, end - 2), end))
    return list(data.draw(st.permutations(slices)))


def openai_usage(month: list[Made], data: st.DataObject) -> Pages:
    width = data.draw(st.sampled_from([60, 3600, 86400]))
    results = data.draw(st.sampled_from(["results", "result"]))
    buckets = [
        {
            "object": "bucket",
            "start_time": unix(start),
            "end_time": unix(start) + width,
            results: [
                {
                    "object": "organization.usage.images.result",
                    "images": sum(one.images for one in several),
                    "num_model_requests": len(several),
                    "model": model,
                    "size": None,
                    "added_later": {"anything": [1]},
                }
                for model, several in by_model.items()
            ],
        }
        for start, by_model in grouped(month, lambda at: at - timedelta(seconds=unix(at) % width)).items()
    ]
    return [{"object": "page", "data": slice, "has_more": True} for slice in overlapping(buckets, data)]


def openai_costs(month: list[Made], data: st.DataObject) -> Pages:
    as_text = data.draw(st.booleans())
    buckets = [
        {
            "start_time": unix(day),
            "end_time": unix(day) + 86400,
            "results": [
                {
                    "amount": {
                        "value": f"{dollars(several):.34f}" if as_text else float(dollars(several)),
                        "currency": "usd",
                    },
                    "line_item": f"{model}, standard",
                    "quantity": sum(one.images for one in several),
                    "quantity_unit": "images",
                }
                for model, several in by_model.items()
            ],
        }
        for day, by_model in grouped(month, midnight).items()
    ]
    return [{"object": "page", "data": slice, "has_more": False} for slice in overlapping(buckets, data)]


def fal_events(month: list[Made], data: st.DataObject) -> Pages:
    events = [
        {
            "request_id": f"r{number}",
            "endpoint_id": one.model,
            "timestamp": f"{one.at.isoformat()}Z",
            "output_units": one.images,
            "unit": "image",
            "cost_total": float(dollars([one])),
        }
        for number, one in enumerate(month)
    ]
    return [{"billing_events": slice, "has_more": True, "next_cursor": "c"} for slice in overlapping(events, data)]


def fal_usage(month: list[Made], data: st.DataObject) -> Pages:
    start, mark = data.draw(st.sampled_from([(midnight, "Z"), (midnight, "-05:00"), (hour, "Z"), (hour, "+00:00")]))
    buckets = [
        {
            "bucket": f"{at.isoformat()}{mark}",
            "results": [
                {
                    "endpoint_id": model,
                    "unit": "images",
                    "quantity": sum(one.images for one in several),
                    "unit_price": 0.04,
                    "cost": float(dollars(several)),
                }
                for model, several in by_model.items()
            ],
        }
        for at, by_model in grouped(month, start).items()
    ]
    return [{"time_series": slice, "has_more": False} for slice in overlapping(buckets, data)]


def replicate_predictions(month: list[Made], data: st.DataObject) -> Pages:
    asked = data.draw(st.booleans())
    predictions = [
        {
            "id": f"p{number}",
            "status": status,
            "created_at": f"{one.at.isoformat()}.000Z",
            "model": one.model,
            "input": {"num_outputs": one.images} if asked else {},
            "output": [] if asked else [f"https://replicate.delivery/{at}.png" for at in range(one.images)],
        }
        for number, one in enumerate(month)
        for status in ("succeeded", "failed")
    ]
    return [{"next": None, "previous": None, "results": slice} for slice in overlapping(predictions, data)]


def litellm_table(month: list[Made], data: st.DataObject) -> Pages:
    entries = [
        {
            "date": day.date().isoformat(),
            "user_id": "u",
            "api_key": "k",
            "model": model,
            "endpoint": data.draw(st.sampled_from(["/images/generations", "/v1/images/edits", None, ""])),
            "spend": float(dollars(several)),
            "successful_requests": len(several),
        }
        for day, by_model in grouped(month, midnight).items()
        for model, several in by_model.items()
    ]
    return [entry for slice in overlapping(entries, data) for entry in slice]


def litellm_activity(month: list[Made], data: st.DataObject) -> Pages:
    kind = data.draw(st.sampled_from(["endpoints", "models"]))
    name = {"endpoints": {"dall-e-3": "/images/generations", "gpt-image-1": "/images/edits"}}.get(kind, {})
    results = [
        {
            "date": day.date().isoformat(),
            "breakdown": {
                kind: {
                    name.get(model, model): {
                        "metrics": {"spend": float(dollars(several)), "successful_requests": len(several)}
                    }
                    for model, several in by_model.items()
                }
            },
        }
        for day, by_model in grouped(month, midnight).items()
    ]
    return [{"results": slice, "metadata": {"total_pages": 1}} for slice in overlapping(results, data)]


def midnight(at: datetime) -> datetime:
    return datetime.combine(at.date(), datetime.min.time())


def hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0)


Writer = Callable[[list[Made], st.DataObject], Pages]
WRITERS: dict[Writer, tuple[str, ...]] = {
    openai_usage: ("openai-usage", "images", "requests"),
    openai_costs: ("openai-costs", "images", "cost"),
    fal_events: ("fal-billing-events", "images", "requests", "cost"),
    fal_usage: ("fal-usage", "images", "cost"),
    replicate_predictions: ("replicate-predictions", "images", "requests"),
    litellm_table: ("litellm-daily", "requests", "cost"),
    litellm_activity: ("litellm-daily", "requests", "cost"),
}


def kept(rows: Iterable[Row]) -> Iterator[Row]:
    """Each row once: of those that are the same, the one that says most."""
    largest: dict[str, Row] = {}
    for row in rows:
        assert row.unique
        other = largest.get(row.identity)
        if other is None or (row.images or 0, row.requests or 0) > (other.images or 0, other.requests or 0):
            largest[row.identity] = row
    return iter(largest.values())


def sums(rows: Iterable[Row], fields: tuple[str, ...]) -> Sums:
    found: dict[date, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.at.date()].append(row)
    return {
        day: tuple(sum(Decimal(getattr(row, field) or 0) for row in several) for field in fields)
        for day, several in found.items()
    }


def written(pages: Pages, data: st.DataObject) -> list[str]:
    """As files: each page its own, an array of all, or all of them one after the other."""
    way = data.draw(st.sampled_from(["files", "array", "lines"]))
    if way == "array":
        return [json.dumps(pages, indent=1)]
    one_each = [json.dumps(page) for page in pages]
    return one_each if way == "files" else ["\n".join(one_each)]


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.__name__)
@given(month=MONTHS, data=st.data())
def test_the_sums_of_every_day_come_back(writer: Writer, month: list[Made], data: st.DataObject) -> None:
    if writer is replicate_predictions:
        month = [replace(one, images=one.images or 1) for one in month]  # an output without images says nothing
    name, *fields = WRITERS[writer]
    rows: list[Row] = []
    for text in written(writer(month, data), data):
        document = parse(text, "f")
        assert names_of(document) in ([name], [])
        rows += File("f", name, document).read(Unit.IMAGE, ()).rows
    truth: dict[date, list[Made]] = defaultdict(list)
    for one in month:
        truth[one.at.date()].append(one)
    said: dict[str, Callable[[list[Made]], Any]] = {
        "images": lambda many: sum(one.images for one in many),
        "requests": len,
        "cost": dollars,
    }
    assert sums(kept(rows), tuple(fields)) == {
        day: tuple(said[field](many) for field in fields) for day, many in truth.items()
    }
    assert all(row.basis is Basis.REQUESTS for row in rows) == (name == "litellm-daily" or not rows)


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.__name__)
@given(month=st.lists(REQUESTS, min_size=1, max_size=5), data=st.data())
def test_a_page_with_one_value_replaced_gives_rows_or_bad_input(
    writer: Writer, month: list[Made], data: st.DataObject
) -> None:
    document = json.loads(json.dumps(writer(month, data)))
    path = data.draw(st.sampled_from(list(paths(document))))
    odd = data.draw(ODD, label=f"at {path}")
    try:
        mutated = parse(json.dumps(replaced(document, path, odd)), "f")
    except BadInput:
        return
    said = []
    assert set(names_of(mutated)) <= set(PAGES)
    for name in PAGES:
        try:
            reading = File("f", name, mutated).read(Unit.IMAGE, ())
            for row in reading.rows:
                assert_sound(row)
            assert all(isinstance(note, str) for note in reading.notes)
        except BadInput as refused:
            # What a file as a whole does not say, such as which names make images, has no line.
            whole = "--makes-images" in str(refused)
            said += [(name, one.file, whole or bool(one.line), bool(one.help)) for one in refused.problems]
    assert all(tuple(place) == ("f", True, True) for _, *place in said), said


ODD = st.recursive(
    st.sampled_from(
        [None, True, -1, 10**18, 10**39, 1e300, 1e-300, -0.0, "", "\ud800", "images", "2026-10-01", "x" * 99]
    )
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["object", "value", "results", "metrics", "date", "\udfff"]), inner, max_size=3
        )
    ),
    max_leaves=4,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from paths(inner, (*path, key))


def replaced(document: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    whole = copy.deepcopy(document)
    inside = whole
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = odd
    return whole


def assert_sound(row: Row) -> None:
    assert row.at <= row.ends
    assert row.at.tzinfo is None
    assert (row.images is not None) == (row.basis in (Basis.COUNTED, Basis.REQUESTED))
    for amount in (row.images, row.megapixels, row.cost):
        assert amount is None or (amount.is_finite() and abs(amount) <= 100_000_000)
        assert amount is None or amount == round(amount, 18)
    assert row.requests is None or 0 <= row.requests <= 100_000_000
    assert (row.cost is None) <= (row.currency is None)
    row.identity.encode()
