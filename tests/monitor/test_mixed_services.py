"""A bill of several services gives no verdict before the rows of images are chosen."""

from __future__ import annotations

from itertools import product

import pytest

from tests.helpers.strategies import some_of
from tests.monitor.field_cases import DAYS, Field, Row, line_items, says


def focus(*services: Row) -> list[Row]:
    """LiteLLM's export: each model of a day is a row of one request, whatever it served."""
    return [
        {
            "EffectiveCost": 0.08,
            "BillingCurrency": "USD",
            "ChargeCategory": "Usage",
            "ChargePeriodStart": f"{day}T00:00:00Z",
            "ChargePeriodEnd": f"{day}T23:59:59Z",
            "ProviderName": "openai",
            "ServiceName": "gpt-image-1",
            "PricingUnit": "Requests",
            "PricingQuantity": 1,
            "ConsumedUnit": "Requests",
            "ConsumedQuantity": 1,
            **service,
        }
        for day in DAYS
        for service in services
    ]


CHAT: Row = {"ServiceName": "gpt-4o", "EffectiveCost": 100}
ACCOUNT: Row = {"ServiceName": "AI"}
MIXED: list[tuple[str, list[Row], str, Row]] = [
    ("service", focus(CHAT, {}), "ServiceName=gpt-image-1", {}),
    ("names of one's own", focus({**CHAT, "ServiceName": "a"}, {"ServiceName": "b"}), "ServiceName=b", {}),
    ("sku", focus({**CHAT, **ACCOUNT, "SkuMeter": "gpt-4o"}, {**ACCOUNT, "SkuMeter": "flux"}), "SkuMeter=flux", {}),
    (
        "resource",
        focus(
            {**CHAT, "ServiceName": "", "ResourceName": "claude-3"}, {"ServiceName": "", "ResourceName": "seedream-4"}
        ),
        "ResourceName=seedream-4",
        {},
    ),
    (
        "model of one's own",
        focus({**CHAT, **ACCOUNT, "x_Model": "o3-mini"}, {**ACCOUNT, "x_Model": "sdxl"}),
        "x_Model=sdxl",
        {},
    ),
    (
        "provider",
        focus(
            {**CHAT, "ServiceName": "", "ProviderName": "anthropic"}, {"ServiceName": "", "ProviderName": "acme cloud"}
        ),
        "ProviderName=acme",
        {},
    ),
]


MORE = ((), ("--price-per-image", "0.04"), ("--exit-code",))


@pytest.mark.fuzz
@pytest.mark.parametrize(
    ("mixed", "kind", "more"),
    some_of(product(MIXED, ("csv", "parquet"), MORE), 5),
    ids=lambda part: part if isinstance(part, str) else " ".join(part[:1]),
)
def test_14_a_bill_of_several_services_is_no_verdict_before_only(
    field: Field, mixed: tuple[str, list[Row], str, object], kind: str, more: tuple[str, ...]
) -> None:
    _, rows, only, _ = mixed
    file = field.table(f"focus.{kind}", rows)
    error = field.refused(file, *more)
    assert "no row is counted in images" in error
    assert f"--only '{only.partition('=')[0]}=" in error
    found = field.json(file, *more[:2] if more != ("--exit-code",) else (), "--only", only)
    assert (found["trailing_volume"], found["verdict"]) == ("4", "crossed_and_stable")


def test_14_nor_are_files_of_one_service_each(field: Field) -> None:
    field.table("a.csv", focus(CHAT))
    field.table("b.csv", focus({"ServiceName": "acme"}))
    assert "`gpt-4o`, `acme`" in field.refused(field.folder / "?.csv", "--exit-code")


def test_14_choosing_by_a_column_that_leaves_them_mixed_is_not_enough(field: Field) -> None:
    file = field.table("focus.csv", focus(CHAT, {}))
    assert "--only 'ServiceName=gpt-image-1'" in field.refused(file, "--only", "ProviderName=openai")
    both = ("--only", "ServiceName=gpt-image", "--only", "ServiceName=flux")
    file = field.table("focus.csv", focus(CHAT, {}, {"ServiceName": "flux"}))
    assert field.json(file, *both)["trailing_volume"] == "8"


@pytest.mark.parametrize("services", [[{"ServiceName": "Acme Images"}], [{"ServiceName": "Amazon Bedrock"}], [{}]])
def test_14_a_bill_of_one_service_stands(field: Field, services: list[Row]) -> None:
    found = field.json(field.table("focus.csv", focus(*services)))
    assert found["trailing_volume"] == "4"


def test_14_services_that_all_make_images_stand(field: Field) -> None:
    found = field.json(field.table("focus.csv", focus({}, {"ServiceName": "dall-e-3", "ProviderName": "azure"})))
    assert found["trailing_volume"] == "8"


def test_14_a_month_without_images_in_a_bill_that_counts_them_is_not_derived(field: Field) -> None:
    images = {"PricingUnit": "Images", "ConsumedUnit": "Images"}
    rows = focus({**CHAT, "ServiceName": "compute"}, images)
    assert field.json(field.table("focus.csv", rows))["trailing_volume"] == "2"
    rows = [row for row in rows if row["PricingUnit"] != "Images" or row["ChargePeriodStart"] < "2026-10"]
    assert "--only 'ServiceName=" in field.refused(field.table("focus.csv", rows))


@pytest.mark.parametrize("free", [0, 1])
def test_02_a_free_request_of_litellms_export_is_no_image_less(field: Field, free: int) -> None:
    """Its zero is a price that it does not know, and each row is one request: nobody knows how many images."""
    rows = focus({"EffectiveCost": 0}, {"EffectiveCost": 0.08 * (1 - free)})
    found = field.json(field.table("focus.csv", rows))
    assert found["verdict"] == "insufficient_data"
    assert "neither the images nor a cost" in found["months"][0]["why_partial"]
    assert not says(found, "credits")


def test_14_costs_that_are_not_grouped_are_no_verdict(field: Field) -> None:
    file = field.save("c.json", line_items({"line_item": None}))
    assert "group_by=line_item" in field.refused(file, "--exit-code")
    assert field.json(file, "--makes-images", "*")["trailing_volume"] == "4"
