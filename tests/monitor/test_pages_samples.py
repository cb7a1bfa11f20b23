"""The samples: what they are, their totals against a few lines of arithmetic, what is said of them, what is refused."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from advisor.common.diagnostics import BadInput
from advisor.domain.scenario import Unit
from advisor.usage.detect import Pages, names_of
from advisor.usage.model import Basis, Row
from advisor.usage.readers.json_pages import PageReading, parse

SAMPLES = Path(__file__).parent / "samples"
NAMES = {
    "openai-usage-images.response.json": "openai-usage",
    "openai-usage-images.grouped.json": "openai-usage",
    "openai-costs.response.json": "openai-costs",
    "openai-costs.grouped.json": "openai-costs",
    "fal-billing-events.response.json": "fal-billing-events",
    "fal-models-usage.summary.json": "fal-usage",
    "fal-models-usage.time-series.json": "fal-usage",
    "replicate-predictions-list.response.json": "replicate-predictions",
    "replicate-predictions-list.images.json": "replicate-predictions",
    "litellm-daily-user-spend.jsonl": "litellm-daily",
    "litellm-daily-activity.json": "litellm-daily",
}


def plain(sample: str) -> Any:
    return json.loads((SAMPLES / sample).read_text(), parse_float=Decimal)


def reading_of(document: object, file: str = "f") -> PageReading:
    (name,) = names_of(document)
    return Pages(file, name, document).read(Unit.IMAGE, ())


def rows(document: object, file: str = "f") -> list[Row]:
    return list(reading_of(document, file).rows)


def of(sample: str) -> list[Row]:
    return rows(parse((SAMPLES / sample).read_text(), sample), sample)


def notes(sample: str) -> list[str]:
    return list(reading_of(parse((SAMPLES / sample).read_text(), sample), sample).notes)


def total(field: str, found: list[Row]) -> Decimal:
    return sum((Decimal(getattr(row, field) or 0) for row in found), Decimal(0))


@pytest.mark.parametrize(("sample", "name"), NAMES.items())
def test_a_sample_is_known_by_its_content_to_one_reader(sample: str, name: str) -> None:
    text = (SAMPLES / sample).read_text()
    assert names_of(parse(text, sample)) == [name]
    assert names_of(parse(f"{text}\n{text}", sample)) == [name]


@pytest.mark.parametrize("document", [None, 3, "a", [], {}, [[[{}]]], {"results": []}, {"data": [], "object": "page"}])
def test_other_documents_are_of_no_reader(document: object) -> None:
    assert names_of(document) == (["openai-usage"] if document == {"data": [], "object": "page"} else [])


def test_pages_of_other_interfaces_are_of_no_reader() -> None:
    for document in (
        {"object": "page", "data": [{"results": [{"object": "organization.usage.completions.result"}]}]},
        {"object": "list", "data": [{"results": [{"images": 1}]}]},
        {"time_series": [{"bucket": "2026-10-01T00:00:00Z", "results": [{"request_count": 4}]}]},
        {"results": [{"name": "x"}], "next": None, "previous": None},
    ):
        assert names_of(document) == []


@pytest.mark.parametrize("sample", [sample for sample in NAMES if sample.startswith("openai-usage")])
def test_openai_usage(sample: str) -> None:
    results = [
        result for bucket in plain(sample)["data"] for result in bucket.get("results", []) + bucket.get("result", [])
    ]
    found = of(sample)
    assert total("images", found) == sum(result["images"] for result in results)
    assert total("requests", found) == sum(result["num_model_requests"] for result in results)
    assert {(row.meter, row.basis, row.cost) for row in found} == {("openai", Basis.COUNTED, None)}


def test_an_empty_bucket_says_that_the_day_is_known() -> None:
    empty = [row for row in of("openai-usage-images.grouped.json") if not row.images]
    assert [(f"{row.at:%F}", f"{row.ends:%F}", row.images, row.requests) for row in empty] == [
        ("2026-10-02", "2026-10-03", Decimal(0), 0)
    ]


def test_openai_costs_count_images_and_leave_other_models_out() -> None:
    results = [result for bucket in plain("openai-costs.grouped.json")["data"] for result in bucket["results"]]
    found = of("openai-costs.grouped.json")
    counted = [row for row in found if row.basis is Basis.COUNTED]
    assert total("images", counted) == sum(result["quantity"] for result in results if "dall" in result["line_item"])
    assert total("cost", found) == sum(
        Decimal(result["amount"]["value"]) for result in results if "gpt-4o" not in result["line_item"]
    )
    (derived,) = (row for row in found if row.basis is Basis.DERIVED)
    assert "gpt-image-1, image output" in derived.identity
    assert {row.currency for row in found} == {"USD"}
    assert notes("openai-costs.grouped.json") == ["line items that make no images are left out: 0.53 USD"]


def test_costs_that_are_not_grouped_are_derived_and_doubted() -> None:
    (row,) = of("openai-costs.response.json")
    assert (row.basis, row.cost, row.images, row.requests) == (Basis.DERIVED, Decimal("0.06"), None, None)
    (note,) = notes("openai-costs.response.json")
    assert "group_by=line_item" in note


def test_days_of_text_models_alone_are_days_of_no_images() -> None:
    page = plain("openai-costs.grouped.json")
    page["data"][0]["results"] = page["data"][0]["results"][2:]
    first, second = rows(page)
    assert (first.images, first.cost, second.images) == (Decimal(0), None, Decimal(-37))
    del page["data"][1]
    (first,) = rows(page)
    assert (first.basis, first.images, first.cost, first.currency) == (Basis.DERIVED, None, Decimal(0), "USD")


def test_fal_events() -> None:
    (row,) = of("fal-billing-events.response.json")
    assert (row.images, row.requests, row.cost, row.currency) == (Decimal(1), 1, Decimal("0.08"), "USD")
    assert (row.at, row.unique) == (row.ends, True)


@pytest.mark.parametrize(
    ("fields", "cost"),
    [
        ({"cost_total": 3}, "3"),
        ({"cost_total": None, "cost_subtotal": Decimal("0.05"), "cost_discount": Decimal("0.005")}, "0.045"),
        ({"cost_total": None, "cost_subtotal": None, "cost": 4}, "4"),
        ({"cost_total": None, "cost_subtotal": None}, "0.045678901"),
        ({"cost_total": None, "cost_subtotal": None, "cost_estimate_nano_usd": None, "unit_price": 3}, "3"),
        (
            {
                "cost_total": None,
                "cost_subtotal": None,
                "cost_estimate_nano_usd": None,
                "unit_price": 3,
                "percent_discount": 10,
            },
            "2.7",
        ),
        ({"cost_total": None, "cost_subtotal": None, "cost_estimate_nano_usd": None, "unit_price": None}, None),
    ],
)
def test_what_fal_bills_is_the_total_or_what_comes_to_it(fields: dict[str, object], cost: str | None) -> None:
    page = plain("fal-billing-events.response.json")
    page["billing_events"][0].update(fields)
    (row,) = rows(page)
    assert row.cost == (None if cost is None else Decimal(cost))
    assert row.currency == (None if cost is None else "USD")


def test_fal_time_series() -> None:
    flat = [
        result for bucket in plain("fal-models-usage.time-series.json")["time_series"] for result in bucket["results"]
    ]
    found = of("fal-models-usage.time-series.json")
    assert total("images", found) == sum(result["quantity"] for result in flat if result["unit"] == "image")
    assert total("megapixels", found) == sum(result["quantity"] for result in flat if result["unit"] == "megapixel")
    assert total("cost", found) == Decimal("2.71125") + Decimal("3.2") + Decimal("0.153")
    assert [row.basis for row in found] == [Basis.DERIVED, Basis.COUNTED, Basis.DERIVED]
    assert notes("fal-models-usage.time-series.json") == [
        "of rows billed by `compute seconds` only the cost is known: 1"
    ]


@pytest.mark.parametrize(
    ("starts", "spans", "said"),
    [
        (["2026-10-01T00:00:00Z"], ["2026-10-01 00 to 2026-10-02 00"], ""),
        (["2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z"], ["2026-09-01 00 to 2026-10-01 00", None], "months"),
        (["2026-10-05T00:00:00Z", "2026-10-12T00:00:00Z"], ["2026-10-05 00 to 2026-10-06 00", None], "weeks"),
        (["2026-10-01T00:00:00-05:00"], ["2026-10-01 00 to 2026-10-02 00"], "timezone=UTC"),
        (["2026-10-01T23:00:00-05:00"], ["2026-10-02 04 to 2026-10-02 05"], ""),
        (["2026-10-01T00:00:00Z", "2026-10-01T23:00:00Z"], ["2026-10-01 00 to 2026-10-01 01", None], ""),
        (["2026-10-01T00:30:00Z"], ["2026-10-01 00 to 2026-10-01 00"], ""),
    ],
)
def test_how_long_buckets_of_fal_are(starts: list[str], spans: list[str | None], said: str) -> None:
    page = plain("fal-models-usage.time-series.json")
    image = page["time_series"][0]["results"][1]
    page["time_series"] = [{"bucket": start, "results": [image]} for start in starts]
    for row, span in zip(rows(page), spans, strict=True):
        assert span in (None, f"{row.at:%F %H} to {row.ends:%F %H}")
    found = reading_of(page).notes
    assert len(found) == bool(said)
    assert said in "".join(found)


def test_replicate_knows_images_in_three_ways() -> None:
    found = of("replicate-predictions-list.images.json")
    assert [(row.basis, row.images, row.requests) for row in found] == [
        (Basis.COUNTED, 1, 1),
        (Basis.COUNTED, 2, 1),
        (Basis.REQUESTS, None, 1),
    ]
    page = plain("replicate-predictions-list.images.json")
    page["results"][0]["output"] = None
    assert next((row.basis, row.images) for row in rows(page)) == (Basis.REQUESTED, Decimal(4))
    assert notes("replicate-predictions-list.images.json") == [
        "more pages follow: next `https://api.replicate.com/v1/predictions?cursor=cD0yMDI2`",
        "predictions that did not succeed are left out: 1",
        "predictions that do not say how many images they made: 1",
    ]
    assert of("replicate-predictions-list.response.json") == []
    assert "predictions that made something else than images are left out: 1" in notes(
        "replicate-predictions-list.response.json"
    )


@pytest.mark.parametrize("sample", ["litellm-daily-user-spend.jsonl", "litellm-daily-activity.json"])
def test_litellm_by_table_and_by_page_is_the_same(sample: str) -> None:
    found = [row for row in of(sample) if row.requests]
    table = [json.loads(line, parse_float=Decimal) for line in (SAMPLES / NAMES_OF_TABLE).read_text().splitlines()]
    of_images = [row for row in table if "gpt-4o" not in row["model"]]
    assert total("requests", found) == sum(row["successful_requests"] for row in of_images)
    assert total("cost", found) == sum(row["spend"] for row in of_images)
    assert {(row.meter, row.basis) for row in of(sample)} == {("gateway", Basis.REQUESTS)}


NAMES_OF_TABLE = "litellm-daily-user-spend.jsonl"


def test_rows_without_the_key_of_the_table_may_look_alike() -> None:
    line = {"date": "2026-10-01", "model": "dall-e-3", "spend": 1, "successful_requests": 4}
    one, other = rows([line, line])
    assert (one.unique, one.identity) == (False, other.identity)
    assert rows([{**line, "spend": 2}])[0].identity != one.identity


REFUSED: list[tuple[str, tuple[str | int, ...], object, str]] = [
    ("openai-usage-images.grouped.json", ("data", 2, "result", 0, "images"), True, "`true` is not a whole number"),
    ("openai-usage-images.grouped.json", ("data", 2, "result", 0, "images"), "9", "`9` is not a whole number"),
    ("openai-usage-images.grouped.json", ("data", 0, "results", 1, "images"), -1, "`-1` is less than 0"),
    (
        "openai-usage-images.grouped.json",
        ("data", 0, "results", 1, "images"),
        10**9,
        "`1000000000` is more than 100,000,000",
    ),
    ("openai-usage-images.grouped.json", ("data", 0, "results", 1, "images"), None, "`images` is missing"),
    ("openai-usage-images.grouped.json", ("data", 0, "end_time"), 1790899201, "does not end within a day"),
    ("openai-usage-images.grouped.json", ("data", 0, "end_time"), 1790812800, "does not end within a day"),
    ("openai-usage-images.grouped.json", ("data", 0, "start_time"), 1790812800000, "not a time in Unix seconds"),
    (
        "openai-usage-images.grouped.json",
        ("data", 2, "result", 0, "object"),
        "organization.costs.result",
        "`organization.costs.result` is not `organization.usage.images.result`",
    ),
    ("openai-usage-images.grouped.json", ("data", 0, "results"), None, "`results` is missing"),
    ("openai-usage-images.grouped.json", ("data", 1), [], "a list is not an object"),
    ("openai-costs.grouped.json", ("data", 0, "results", 0, "amount"), 16.48, "is not an object"),
    ("openai-costs.grouped.json", ("data", 0, "results", 0, "amount", "currency"), "dollars", "is not a currency"),
    ("openai-costs.grouped.json", ("data", 0, "results", 0, "quantity"), [1], "a list is not a number"),
    ("fal-billing-events.response.json", ("billing_events", 0, "timestamp"), "yesterday", "is not a time such as"),
    ("fal-billing-events.response.json", ("billing_events", 0, "request_id"), None, "`request_id` is missing"),
    ("fal-billing-events.response.json", ("billing_events", 0, "output_units"), -1, "`-1` is less than 0"),
    ("fal-models-usage.time-series.json", ("time_series", 1, "results", 0, "quantity"), "3,5", "is not a number"),
    ("replicate-predictions-list.images.json", ("results", 0, "input", "num_outputs"), True, "is not a whole number"),
    (
        "replicate-predictions-list.images.json",
        ("results", 3, "status"),
        "done",
        "`done` is not `succeeded`, ",
    ),
    ("litellm-daily-activity.json", ("results", 1, "date"), "1 October", "is not a date"),
    ("litellm-daily-activity.json", ("metadata", "total_pages"), 2, "one page of several"),
]


@pytest.mark.parametrize(("sample", "path", "value", "what"), REFUSED)
def test_a_wrong_value_is_refused_with_its_place(
    sample: str, path: tuple[str | int, ...], value: object, what: str
) -> None:
    document = copy.deepcopy(plain(sample))
    inside = document
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    (name,) = names_of(plain(sample))
    with pytest.raises(BadInput) as refused:
        Pages("page.json", name, document).read(Unit.IMAGE, ())
    (problem,) = refused.value.problems
    field = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".")
    assert what in problem.what
    assert (problem.file, problem.field) == ("page.json", field)
    assert problem.help


def test_the_older_result_may_stand_beside_null() -> None:
    page = plain("openai-usage-images.grouped.json")
    page["data"][2]["results"] = None
    assert total("images", rows(page)) == 412 + 35 + 90
    page["data"][2]["results"] = []
    assert total("images", rows(page)) == 412 + 35


def test_what_replicate_removed_is_not_counted() -> None:
    page = plain("replicate-predictions-list.images.json")
    page["results"][1]["data_removed"] = True
    assert [(row.basis, row.images) for row in rows(page)][1] == (Basis.REQUESTS, None)
    page["results"][1].update(data_removed=False, output="https://replicate.delivery/a/out.webp")
    assert [(row.basis, row.images) for row in rows(page)][1] == (Basis.COUNTED, Decimal(1))


def test_litellm_is_judged_by_the_endpoint_before_the_model() -> None:
    line = {"date": "2026-10-01", "model": "gpt-image-1", "spend": 1, "successful_requests": 4}
    assert len(rows([{**line, "endpoint": None}])) == 1
    assert len(rows([{**line, "endpoint": "/v1/images/generations", "model": "flux"}])) == 1
    assert rows([{**line, "endpoint": "/chat/completions", "model": "gpt-4o"}]) == []
    with pytest.raises(BadInput, match="`gpt-image-1 on /chat/completions`"):
        rows([{**line, "endpoint": "/chat/completions"}])


def test_a_day_of_litellm_without_images_is_a_known_day() -> None:
    nothing = [row for row in of("litellm-daily-activity.json") if not row.requests]
    assert [(f"{row.at:%F}", row.requests, row.cost) for row in nothing] == [("2026-09-30", 0, Decimal(0))]


def test_half_a_character_is_refused() -> None:
    page = (SAMPLES / "openai-usage-images.grouped.json").read_text().replace("dall-e-3", "\\ud83d")
    with pytest.raises(BadInput, match="half a character"):
        rows(parse(page, "f"))


def test_a_summary_has_no_dates() -> None:
    with pytest.raises(BadInput, match="a summary has no dates") as refused:
        of("fal-models-usage.summary.json")
    assert "expand=time_series" in (refused.value.problems[0].help or "")


def test_more_pages_are_announced_only_by_the_last() -> None:
    assert notes("openai-usage-images.grouped.json") == ["more pages follow: next_page `page_AAAAAGdG`"]
    both = [plain("openai-usage-images.grouped.json"), plain("openai-usage-images.response.json")]
    assert reading_of(both).notes == []
    stale = {**both[0], "has_more": False}
    assert reading_of(stale).notes == []
    assert reading_of(both[::-1]).notes == ["more pages follow: next_page `page_AAAAAGdG`"]
