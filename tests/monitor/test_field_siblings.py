"""Variants of the cases from the field: refunds, free rows, other spellings of the same bill, mixed traffic."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise

import pytest

from advisor.wording.monitor_notes import joined
from tests.monitor.field_cases import DAYS, Field, Row, check_half_unknown, line_items, says
from tests.monitor.test_delivered_images import predictions
from tests.monitor.test_mixed_services import focus

IMAGES: Row = {"line_item": "dall-e-3", "quantity": 2, "quantity_unit": "images"}
REFUND: Row = {"line_item": "dall-e-3, refund", "amount": {"value": -0.04, "currency": "usd"}}


def test_a_refund_lowers_the_cost_of_counted_images_and_not_their_number(field: Field) -> None:
    found = field.json(field.save("costs.json", line_items(IMAGES, REFUND)))
    assert (found["trailing_volume"], found["paid_price"]) == ("4", "0.02")
    assert {month["volume_basis"] for month in found["months"]} == {"counted"}


def test_a_day_of_refunds_alone_is_a_known_day(field: Field) -> None:
    page = line_items(IMAGES)
    for bucket in page["data"][1::2]:
        bucket["results"] = line_items(REFUND)["data"][0]["results"]
    found = field.json(field.save("costs.json", page))
    assert [(month["complete"], month["images"], month["cost"]) for month in found["months"]] == [
        (True, "2", "0.04")
    ] * 3


def test_line_items_of_images_that_cost_nothing_are_noted(field: Field) -> None:
    free = {**IMAGES, "amount": {"value": 0, "currency": "usd"}}
    found = field.json(field.save("costs.json", line_items(IMAGES, {**free, "project_id": "p"})))
    assert says(found, "line items of images cost nothing, as with a credit, and count: 6")


# ---- a request log of a starter kit that has a cost of 0


@pytest.mark.parametrize("by_day", [True, False])
def test_a_list_price_of_0_is_not_known(field: Field, by_day: bool) -> None:
    """Whether the calls of a whole day have it, or some of each day: one rule for both."""
    calls: list[Row] = [
        {
            "at": f"{day}T0{n}:00:00Z",
            "id": f"{day} {n}",
            "route": "open_weight_api",
            "model": "flux-1-schnell",
            "images": 1,
            "cost_usd": "0" if (number if by_day else n) % 2 else "0.04",
            "status": "ok",
            "latency_ms": 9,
            "left_out": [],
        }
        for number, day in enumerate(DAYS)
        for n in range(2)
    ]
    check_half_unknown(field.json(field.table("requests.jsonl", calls)))


# ---- what a proxy serves besides images


def access_log(*paths: str, status: int = 200) -> str:
    months = {"08": "Aug", "09": "Sep", "10": "Oct"}
    return "".join(
        f'10.0.0.1 - - [{day[8:]}/{months[day[5:7]]}/{day[:4]}:00:00:0{n} +0000] "POST {path} HTTP/1.1" {status} 9\n'
        for day in DAYS
        for n in range(2)
        for path in paths
    )


@pytest.mark.parametrize("other", ["/v1/chat/completions", "/v1/embeddings", "/v1/responses?x=1", "/openai/Chat/x"])
def test_requests_for_chat_give_no_verdict_before_the_paths_are_chosen(field: Field, other: str) -> None:
    log = field.save("a.log", access_log("/v1/images/generations", other))
    arguments = (log, "--images-per-request", 1, "--exit-code")
    err = field.refused(*arguments)
    assert f"requests on these paths make no images: `{other.lower().partition('?')[0]}`" in err
    assert "--request-path '/v1/images/*'" in err
    assert field.json(log, "--images-per-request", 1, "--request-path", "/v1/images/*")["trailing_volume"] == "4"
    assert field.json(log, "--images-per-request", 1, "--request-path", "*")["trailing_volume"] == "8"


@pytest.mark.parametrize("path", ["/v1/images/generations", "/generate", "/fal-ai/flux/dev", "/v1/images/chat-edit"])
def test_requests_that_may_be_for_images_count(field: Field, path: str) -> None:
    log = access_log(path) + access_log("/v1/chat/completions", status=429)
    assert field.json(field.save("a.log", log), "--images-per-request", 1)["trailing_volume"] == "4"


INFRASTRUCTURE = ["Amazon Elastic Compute Cloud", "Amazon S3", "Virtual Machines", "Cloud Storage", "AWS Data Transfer"]


@pytest.mark.parametrize("service", INFRASTRUCTURE)
def test_a_bill_of_infrastructure_gives_no_verdict(field: Field, service: str) -> None:
    """And the help does not propose to take it for images."""
    err = field.refused(field.table("focus.csv", focus({"ServiceName": service, "PricingUnit": "Hours"})))
    assert f"ServiceName is `{service}`" in err
    assert "--only 'ServiceName=TEXT'" in err


def test_one_service_in_two_currencies_is_one_service(field: Field) -> None:
    rows = focus({"PricingUnit": "Images"}, {"PricingUnit": "Images", "BillingCurrency": "EUR"})
    found = field.json(field.table("focus.csv", rows), "--rate", "EUR=1")
    assert says(found, "there are several currencies")
    assert not says(found, "every service counts")


@pytest.mark.parametrize("model", ["beautyyuyanli/multilingual-e5-large", "yorickvp/llm-13b", "acme/image-captioner"])
def test_a_model_that_writes_or_embeds_makes_no_images(field: Field, model: str) -> None:
    found = field.json(field.save("p.json", predictions(model=model, metrics={})))
    assert found["trailing_volume"] == (None if "image" not in model else "4")


def test_models_that_may_make_something_else_are_named(field: Field) -> None:
    page = field.save("p.json", predictions(model="acme/thing", metrics={}))
    what = "these models are taken to make images, unless --makes-images NAME says which do: `acme/thing`"
    assert says(field.json(page, "--images-per-request", 1), what)
    assert not says(field.json(page, "--images-per-request", 1, "--makes-images", "acme/*"), "are taken to make images")


# ---- the same in another spelling, and what a message says to do


def months_of_focus(dates: Sequence[str], **more: object) -> list[Row]:
    return [
        {**row, "ChargePeriodStart": start, "ChargePeriodEnd": end, "PricingUnit": "Images", **more}
        for row, (start, end) in zip(focus({}), pairwise(dates), strict=False)
    ]


ISO = ["2026-08-01", "2026-09-01", "2026-10-01", "2026-11-01"]


def test_the_same_bill_as_another_spreadsheet_saves_it_is_noted(field: Field) -> None:
    one = field.table("a.csv", months_of_focus(ISO))
    other = field.table("b.csv", months_of_focus(["/".join(reversed(day.split("-"))) for day in ISO]))
    assert says(field.json(one, other), "state the same numbers for each day, and no row of one is in another")
    assert not says(field.json(one, field.table("c.csv", months_of_focus(ISO))), "state the same numbers")


@pytest.mark.parametrize(
    ("more", "entry"),
    [
        ({"EffectiveCost": "4,00"}, "decimal: ','"),
        ({"EffectiveCost": "-1234,5678"}, "decimal: ','"),
        ({"ChargePeriodStart": "1-Aug-26"}, "time: '%d-%b-%y'"),
        ({"ChargePeriodStart": "Aug 1, 2026"}, "time: '%b %d, %Y'"),
        ({"ChargePeriodStart": "20260801"}, "time: '%Y%m%d'"),
    ],
)
def test_a_spelling_that_a_mapping_reads_is_refused_with_its_entry(field: Field, more: Row, entry: str) -> None:
    assert f"`{entry}` reads `" in field.refused(field.table("f.csv", months_of_focus(ISO, **more)))
    columns = {"at": "ChargePeriodStart", "images": "PricingQuantity", "cost": "EffectiveCost"}
    (field.folder / "m.yaml").write_text(f"meter: acme\ncolumns: {json.dumps(columns)}\n{entry}\n")
    file = field.table("f.csv", months_of_focus(ISO, **more)[:1])
    assert field.json(file, "--mapping", field.folder / "m.yaml")["months"]


@pytest.mark.parametrize("value", ["1,234", "$4", "Foo 1 2026"])
def test_any_other_spelling_is_only_refused(field: Field, value: str) -> None:
    assert "a mapping" not in field.refused(field.table("f.csv", months_of_focus(ISO, EffectiveCost=value)))


def test_a_file_without_rows_is_named(field: Field) -> None:
    file = field.save("f.csv", ",".join(months_of_focus(ISO)[0]) + "\n")
    assert says(field.json(file), f"{file}: it has no rows")


def test_pages_that_follow_are_one_note_of_several_files(field: Field) -> None:
    files = [
        field.save(f"{n}.json", {**line_items(IMAGES), "has_more": True, "next_page": f"page_{n}"}) for n in range(3)
    ]
    assert says(field.json(files[0]), "more pages follow: next_page `page_0`")
    notes = [note for note in field.json(*files)["notes"] if "more pages" in note]
    assert notes == ["more pages follow: next_page (3 files)"]


# ---- options that name what is not there


def test_a_named_source_of_which_nothing_is_known_is_noted(field: Field) -> None:
    file = field.save("costs.json", line_items(IMAGES))
    found = field.json(file, "--images-from", "fal-usage", "--cost-from", "openai-costs", "--cost-from", "focus")
    assert says(found, "nothing is known from fal-usage, which --images-from names")
    assert says(found, "nothing is known from focus, which --cost-from names")
    assert not says(field.json(file, "--images-from", "openai-costs"), "nothing is known from")


@pytest.mark.parametrize(
    ("option", "kind"),
    [("--images-per-request", "images, megapixels or dollars"), ("--rate", "images, megapixels or dollars")],
)
def test_the_help_of_a_wrong_number_says_what_it_counts(field: Field, option: str, kind: str) -> None:
    value = "EUR=x" if option == "--rate" else "x"
    assert f"write a plain number, {kind}, such as 4" in field.refused(field.save("c.json", "{}"), option, value)


def test_missing_amounts_read_as_prose(field: Field) -> None:
    (field.folder / "tiny.scenario.yaml").write_text("monthly_images: 2\n")
    _, text, _ = field.run(field.save("costs.json", line_items(IMAGES)))
    amounts = "open_price, gpu_hour_price, images_per_gpu_hour and monthly_overhead"
    assert f"the decision does not know {amounts}" in " ".join(text.split())


@pytest.mark.parametrize(("names", "prose"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_sources_as_prose(names: list[str], prose: str) -> None:
    assert joined(names) == prose
