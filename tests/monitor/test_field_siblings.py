"""Variants of the cases from the field: refunds, free rows, other spellings of the same bill, mixed traffic."""

from __future__ import annotations

from tests.monitor.field_cases import Field, Row, line_items, says

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
