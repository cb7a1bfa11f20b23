"""Costs that are null, empty or a placeholder 0: they never enter the price paid, and are counted."""

from __future__ import annotations

import pytest

from tests.monitor.field_cases import (
    DAYS,
    Field,
    Row,
    check_all_unknown,
    check_half_unknown,
    daily,
    events,
    logs,
    of_models,
    says,
    starts,
)


@pytest.mark.parametrize("unknown", [None, 0, 0.0])
@pytest.mark.parametrize("kind", ["json", "jsonl", "csv", "parquet"])
def test_01_a_cost_that_is_not_known_does_not_halve_the_price(field: Field, kind: str, unknown: float | None) -> None:
    found = field.json(field.table(f"logs.{kind}", logs(unknown, 0.04)), "--images-per-request", 1)
    check_half_unknown(found)
    assert says(found, "no cost is known of 6 of its 12 requests")


@pytest.mark.parametrize("unknown", [None, 0])
def test_02_where_no_cost_is_known_the_list_price_stands_in(field: Field, unknown: object) -> None:
    file = field.save("logs.json", logs(unknown, unknown))
    found = field.json(file, "--images-per-request", 1)
    check_all_unknown(found)
    assert says(found, "no cost is known of any of its 12 requests")
    _, text, _ = field.run(file, "--images-per-request", 1)
    assert "Own GPUs are the cheaper way" in text
    assert "less than on own GPUs" not in text
    assert "$0.156 more than on own GPUs (estimated at the list price)" in text


def test_01_the_history_keeps_what_is_not_known(field: Field) -> None:
    history = field.folder / "h.jsonl"
    file = field.save("logs.json", logs(0, 0.04))
    read = field.json(file, "--images-per-request", 1, "--history", history)
    kept = field.json("--images-per-request", 1, "--history", history)
    check_half_unknown(kept)
    assert kept["months"] == read["months"]


def test_01_an_invoice_pays_for_all_whatever_the_log_knows(field: Field) -> None:
    file = field.save("logs.json", logs(0, 0.04))
    (field.folder / "m.yaml").write_text("meter: azure\ncolumns: {at: at, cost: cost}\n")
    invoice = field.table("invoice.csv", [{"at": day, "cost": 0.08} for day in DAYS])
    found = field.json(file, invoice, "--mapping", field.folder / "m.yaml", "--images-per-request", 1)
    assert (found["paid_price"], found["verdict"]) == ("0.04", "crossed_and_stable")
    assert not says(found, "no cost is known")


def test_01_a_log_that_does_not_know_all_costs_is_no_bill_for_another(field: Field) -> None:
    """Counted by nginx, priced by LiteLLM: half of its costs are not known."""
    lines = [f'1.1.1.1 - - [{_clf(day)}] "POST /v1/images HTTP/1.1" 200 1 "-" "{n}"\n' for day in DAYS for n in "ab"]
    log = field.save("access.log", "".join(lines))
    file = field.save("logs.json", logs(0, 0.04))
    found = field.json(file, log, "--images-from", "nginx", "--images-per-request", 1)
    assert (found["trailing_volume"], found["paid_price"], found["crossover"]) == ("4", None, "2.63")
    assert says(found, "what was paid for each is not known")


def _clf(day: str) -> str:
    year, month, date = day.split("-")
    return f"{date}/{({'08': 'Aug', '09': 'Sep', '10': 'Oct'})[month]}/{year}:00:00:00 +0000"


MAPPINGS = {
    "images": "meter: acme\ncolumns: {at: stamp, images: images, cost: cost}\n",
    "requests": "meter: acme\ncolumns: {at: stamp, requests: images, cost: cost}\n",
    "rows": "meter: acme\neach_row: request\ncolumns: {at: stamp, cost: cost}\n",
    "currency": "meter: acme\ncolumns: {at: stamp, images: images, cost: cost, currency: currency}\n",
    "cents": "meter: acme\ncost_unit: cents\ncolumns: {at: stamp, images: images, cost: cents}\n",
}


def plain(*costs: float | None) -> list[Row]:
    return [
        {
            "stamp": f"{day}T0{number}:00:00Z",
            "images": 1,
            "cost": cost,
            "cents": None if cost is None else round(cost * 100),
            "currency": "USD",
        }
        for day in DAYS
        for number, cost in enumerate(costs)
    ]


@pytest.mark.parametrize("mapping", sorted(MAPPINGS))
@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_01b_an_empty_cost_of_a_table_does_not_halve_the_price(field: Field, kind: str, mapping: str) -> None:
    how = field.save("t.yaml", MAPPINGS[mapping])
    file = field.table(f"t.{kind}", plain(0.04, None))
    found = field.json(file, "--mapping", how, "--images-per-request", 1)
    check_half_unknown(found)
    assert says(found, "plain: no cost is known of 6 of its 12 ")


def test_01b_a_zero_in_a_table_is_one_unless_it_is_of_a_log_in_front(field: Field) -> None:
    file = field.table("t.csv", plain(0.04, 0))
    how = field.save("t.yaml", MAPPINGS["images"])
    found = field.json(file, "--mapping", how)
    assert (found["paid_price"], found["verdict"]) == ("0.02", "below")
    assert says(found, "6 of 12 rows of images cost nothing: leave the cell empty where no cost is known")
    how.write_text(MAPPINGS["images"].replace("acme", "gateway"))
    check_half_unknown(field.json(file, "--mapping", how))


def test_01b_what_nothing_can_be_derived_from_is_no_month_below(field: Field) -> None:
    """Only the cost is mapped, and half of it is empty."""
    how = field.save("t.yaml", "meter: acme\ncolumns: {at: stamp, cost: cost}\n")
    for half, whole in (((0.04, None), 6), ((None, None), 12), ((0, 0), 12)):
        found = field.json(field.table("t.csv", plain(*half)), "--mapping", how)
        assert found["verdict"] == "insufficient_data"
        why = found["months"][0]["why_partial"]
        assert why == f"of {whole // 3} of 4 rows neither the images nor a cost to derive them from is known"


def test_01_an_event_of_fal_without_a_cost_has_none(field: Field) -> None:
    check_half_unknown(field.json(field.save("e.json", events())))
    assert field.json(field.save("e.json", events(unit_price=0.06)))["paid_price"] == "0.05"


@pytest.mark.parametrize("spend", [0, None])
def test_02_a_daily_spend_of_nothing_is_not_known(field: Field, spend: object) -> None:
    found = field.json(field.save("d.json", daily(of_models("dall-e-3"), spend)), "--images-per-request", 1)
    check_all_unknown(found)


def test_02_a_bill_that_credits_made_nothing_contradicts_nothing(field: Field) -> None:
    """A provider's own zero is one: N* and the money are at the list price, and credits are named."""
    how = field.save("t.yaml", MAPPINGS["images"])
    code, text, _ = field.run(field.table("t.csv", plain(0, 0)), "--mapping", how)
    assert code == 0
    assert "note: credits made a bill" in text
    assert "Own GPUs are the cheaper way" in text
    assert "more than on own GPUs (estimated at the list price)" in text


def test_02_months_without_images_or_a_bill_have_no_credits(field: Field) -> None:
    bucket = 86_400
    data = [{"start_time": start, "end_time": start + bucket, "results": []} for start in starts()]
    page = {"object": "page", "data": data}
    cost = {"object": "organization.costs.result", "amount": {"value": 0.5, "currency": "usd"}, "line_item": "gpt-4o"}
    data[0]["results"] = [cost]
    found = field.json(field.save("c.json", page))
    assert (found["verdict"], found["trailing_volume"]) == ("below", "0")
    assert not says(found, "credits")
