"""Days of usage to months: what counts, what is a range, what is whole, and what is refused."""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.common.diagnostics import BadInput
from advisor.monitor.model import Month, Span
from advisor.monitor.monthly_usage import Assumed, months_of
from advisor.monitor.trigger import month_of, months_between, moved
from advisor.usage.model import GATEWAY, Basis, Day

TODAY = datetime.date(2026, 11, 23)
ASSUMED = Assumed(today=TODAY)
CENTS_FOUR = Span(Fraction("0.03"), Fraction("0.04"), Fraction("0.05"))


def day(
    on: str,
    source: str = "openai-usage",
    meter: str = "openai",
    basis: Basis = Basis.COUNTED,
    images: object = None,
    requests: int | None = None,
    megapixels: object = None,
    cost: object = None,
    currency: str | None = "USD",
) -> Day:
    """One day as a reader would bring it."""

    def amount(value: object) -> Decimal | None:
        return None if value is None else Decimal(str(value))

    date = datetime.date.fromisoformat(on)
    start = datetime.datetime.combine(date, datetime.time())
    return Day(
        day=date,
        source=source,
        meter=meter,
        basis=basis,
        images=amount(images),
        requests=requests,
        megapixels=amount(megapixels),
        cost=amount(cost),
        currency=None if cost is None else currency,
        rows=1,
        first=start,
        last=start + datetime.timedelta(days=1),
    )


def whole(month: str, **stated: Any) -> list[Day]:
    """A month with something on its first and its last day, half of it on each."""
    ends = [datetime.date.fromisoformat(f"{month}-01"), datetime.date.fromisoformat(f"{moved(month, 1)}-01")]
    last = ends[1] - datetime.timedelta(days=1)
    return [day(f"{month}-01", **stated), day(last.isoformat(), **stated)]


def months(days: list[Day], assumed: Assumed = ASSUMED) -> tuple[Month, ...]:
    """The months alone."""
    return months_of(days, assumed)[0]


def span(*ends: object) -> Span:
    """Low, expected, high."""
    low, expected, high = (Fraction(str(end)) for end in ends)
    return Span(low, expected, high)


def test_counted_images_are_exact_and_gaps_are_no_zeros() -> None:
    found = months([*whole("2026-01", images=10), *whole("2026-03", images=20)])
    assert [(month.month, month.images, month.missing) for month in found] == [
        ("2026-01", span(20, 20, 20), False),
        ("2026-02", None, True),
        ("2026-03", span(40, 40, 40), False),
    ]
    assert [month.complete for month in found] == [True, False, True]


def test_requests_and_derived_volumes_are_ranges() -> None:
    (by_requests,) = months(whole("2026-01", source="nginx", meter=GATEWAY, basis=Basis.REQUESTS, requests=100))
    assert by_requests.images == span(200, 200, 800)
    (by_pixels,) = months(whole("2026-01", meter="fal", basis=Basis.DERIVED, megapixels=8))
    assert by_pixels.images == span(4, 16, 64)
    (by_cost,) = months(whole("2026-01", basis=Basis.DERIVED, cost=6), replace(ASSUMED, price=CENTS_FOUR))
    assert by_cost.images == span(240, 300, 400)
    assert by_cost.paid_price is None
    assert months(whole("2026-01", basis=Basis.DERIVED, cost=6)) == ()


def test_the_best_source_of_a_meter_counts_and_the_bill_gives_the_cost() -> None:
    days = whole("2026-01", images=100) + whole("2026-01", source="openai-costs", basis=Basis.DERIVED, cost=Decimal(4))
    found, notes = months_of(days, replace(ASSUMED, price=CENTS_FOUR))
    assert [(month.images, month.cost, month.basis) for month in found] == [
        (span(200, 200, 200), Fraction(8), Basis.COUNTED)
    ]
    assert found[0].paid_price == span("0.04", "0.04", "0.04")
    assert notes == ("the images of openai are taken from openai-usage, not also from openai-costs",)


def test_two_providers_add_up() -> None:
    days = whole("2026-01", images=100, cost=4) + whole("2026-01", source="fal-usage", meter="fal", images=10, cost=1)
    (month,) = months(days)
    assert month.images == span(220, 220, 220)
    assert month.cost == 10


def test_a_log_and_a_count_of_the_same_images_are_refused_until_told() -> None:
    log = whole("2026-01", source="nginx", meter=GATEWAY, basis=Basis.REQUESTS, requests=100)
    days = log + whole("2026-01", images=120)
    with pytest.raises(BadInput) as refused:
        months(days)
    assert "`nginx`, `openai-usage` may count the same images" in str(refused.value)
    assert "--images-from nginx" in str(refused.value)
    (counted,) = months(days, replace(ASSUMED, images_from=("openai-usage",)))
    assert counted.images == span(240, 240, 240)


def test_a_log_counts_what_a_bill_only_derives() -> None:
    log = whole("2026-01", source="litellm", meter=GATEWAY, basis=Basis.REQUESTS, requests=100, cost=9)
    days = log + whole("2026-01", source="focus", meter="a cloud", basis=Basis.DERIVED, cost=4)
    found, notes = months_of(days, replace(ASSUMED, price=CENTS_FOUR))
    assert [(month.images, month.cost, month.basis) for month in found] == [
        (span(200, 200, 800), Fraction(8), Basis.REQUESTS)
    ]
    assert "the cost is taken from the bill, not from the estimates of litellm" in notes


def test_other_services_on_a_bill_that_counts_images_do_not_count() -> None:
    counted = whole("2026-01", source="focus", meter="a cloud", images=100, cost=4)
    storage = whole("2026-01", source="focus", meter="a cloud", basis=Basis.DERIVED, cost=50)
    found, notes = months_of(counted + storage, replace(ASSUMED, price=CENTS_FOUR))
    assert [(month.images, month.cost) for month in found] == [(span(200, 200, 200), Fraction(8))]
    assert any("left out" in note for note in notes)


def test_another_currency_needs_a_rate() -> None:
    days = whole("2026-01", images=100, cost=4, currency="EUR")
    with pytest.raises(BadInput, match="are in `EUR`"):
        months(days)
    (month,) = months(days, replace(ASSUMED, rates={"EUR": Decimal("1.25")}))
    assert month.cost == 10


@pytest.mark.parametrize(
    ("first", "last", "today", "reason"),
    [
        ("2026-10-01", "2026-10-31", "2026-11-01", None),
        ("2026-10-02", "2026-10-31", "2026-11-01", "nothing is known before 2026-10-02"),
        ("2026-10-01", "2026-10-30", "2026-11-23", "nothing is known after 2026-10-30"),
        ("2026-10-01", "2026-10-31", "2026-10-31", "it is still running"),
    ],
)
def test_a_month_is_whole_when_it_is_over_and_known_to_its_ends(
    first: str, last: str, today: str, reason: str | None
) -> None:
    assumed = replace(ASSUMED, today=datetime.date.fromisoformat(today))
    (month,) = months([day(first, images=1), day(last, images=1)], assumed)
    assert (month.complete, month.why_partial) == (reason is None, reason)


def test_what_the_files_cover_can_be_said() -> None:
    covers = (datetime.date(2026, 10, 1), datetime.date(2026, 10, 31))
    (month,) = months([day("2026-10-15", images=1)], replace(ASSUMED, covers=covers))
    assert month.complete


def test_what_is_covered_adds_to_the_months_it_touches() -> None:
    days = [*whole("2026-08", images=1), *whole("2026-09", images=1), day("2026-10-05", images=1)]
    covers = (datetime.date(2026, 10, 1), datetime.date(2026, 10, 31))
    assert [month.complete for month in months(days, replace(ASSUMED, covers=covers))] == [True, True, True]
    late = (datetime.date(2026, 10, 16), datetime.date(2026, 10, 31))
    assert months(days, replace(ASSUMED, covers=late))[-1].complete
    apart = months(days[:-1], replace(ASSUMED, covers=late))
    assert [month.complete for month in apart] == [True, True]
    unknown = months([*days[:-1], day("2026-10-20", images=1)], replace(ASSUMED, covers=late))
    assert unknown[-1].why_partial == "it is known from 2026-10-16 to 2026-10-31 only"


def invoice(on: str, cost: object, **more: Any) -> Day:
    """An amount on a day, which states no end."""
    billed = day(on, source="plain", basis=Basis.DERIVED, cost=cost, **more)
    return replace(billed, last=billed.first)


@pytest.mark.parametrize(
    "bills",
    [
        [invoice("2026-09-30", "8")],
        [invoice("2026-09-01", "8")],
        [invoice("2026-09-07", "4"), invoice("2026-09-21", "4")],
        [invoice("2026-09-29", "4"), invoice("2026-09-30", "4")],
        [invoice(f"2026-09-{number:02}", "1.60") for number in (1, 8, 15, 22, 29)],
        [replace(invoice("2026-09-01", "8"), last=datetime.datetime(2027, 9, 1))],
    ],
)
def test_an_invoice_is_for_the_month_it_stands_in(bills: list[Day]) -> None:
    counted = [day(f"2026-09-{number:02}", images=100 / 10) for number in range(1, 31)]
    found, notes = months_of([*counted, *bills], ASSUMED)
    assert found[0].paid_price == Span(*[Fraction(8, 300)] * 3)
    assert found[0].billed
    assert (
        notes[-1]
        == "a bill of plain does not say which days it is for: it is counted for the month in which it appears"
    )


def test_daily_amounts_and_bills_that_state_an_end_are_for_their_days() -> None:
    counted = [day(f"2026-09-{number:02}", images=10) for number in range(1, 31)]
    daily = [invoice(f"2026-09-{number:02}", "0.40") for number in range(1, 16)]
    assert months([*counted, *daily])[0].paid_for == span(150, 150, 150)
    with_a_quiet_week = [*daily[:5], *daily[12:]]
    assert months([*counted, *with_a_quiet_week])[0].paid_for == span(150, 150, 150)
    ends = [replace(invoice("2026-09-01", 8), last=datetime.datetime(2026, 9, 21))]
    assert months([*counted, *ends])[0].paid_for == span(200, 200, 200)


def test_images_and_their_cost_in_one_row_belong_together() -> None:
    priced = [replace(day(f"2026-09-{number:02}", images=10, cost="0.40"), source="plain") for number in (3, 4)]
    points = [replace(one, last=one.first) for one in priced]
    rest = [day(f"2026-09-{number:02}", images=10) for number in range(5, 31)]
    found, notes = months_of([*points, *[replace(one, source="plain", last=one.first) for one in rest]], ASSUMED)
    assert found[0].paid_price == span("0.04", "0.04", "0.04")
    assert not any("does not say" in note for note in notes)


def test_an_invoice_pays_for_a_log_in_front() -> None:
    log = whole("2026-09", source="nginx", meter=GATEWAY, basis=Basis.REQUESTS, requests=50)
    each = replace(ASSUMED, images_per_request=span(1, 1, 1))
    assert months([*log, invoice("2026-09-30", 4)], each)[0].paid_price == span("0.04", "0.04", "0.04")


PRICED = replace(ASSUMED, price=CENTS_FOUR)


def test_the_bill_of_another_meter_makes_no_images_beside_counted_ones() -> None:
    other = whole("2026-01", source="focus", meter="a cloud", basis=Basis.DERIVED, cost=4)
    days = whole("2026-01", images=100) + other
    found, notes = months_of(days, PRICED)
    assert [(month.images, month.cost, month.basis) for month in found] == [(span(200, 200, 200), None, Basis.COUNTED)]
    assert all(any(option in note for note in notes) for option in ("--images-from focus adds", "--cost-from focus"))
    (added,) = months(days, replace(PRICED, images_from=("openai-usage", "focus")))
    assert (added.images, added.cost) == (span(360, 400, Fraction(1400, 3)), Fraction(8))
    (counted,) = months(days, replace(PRICED, images_from=("openai-usage",)))
    assert (counted.images, counted.cost) == (span(200, 200, 200), None)


def test_a_bill_that_is_named_pays_whatever_its_meter() -> None:
    other = whole("2026-01", source="focus", meter="a cloud", basis=Basis.DERIVED, cost=4)
    days = whole("2026-01", images=100) + other
    (month,) = months(days, replace(PRICED, cost_from=("focus",)))
    assert (month.images, month.paid_price) == (span(200, 200, 200), span("0.04", "0.04", "0.04"))
    assert month.billed
    fal = whole("2026-01", source="fal-usage", meter="fal", images=100, cost=2)
    (two,) = months([*whole("2026-01", images=100), *fal], replace(PRICED, cost_from=("fal-usage",)))
    assert (two.priced, two.paid_price) == (span(200, 200, 200), span("0.02", "0.02", "0.02"))


def test_months_in_which_nothing_counts_are_derived_still() -> None:
    bill = [*whole("2026-01", source="focus", meter="a cloud", basis=Basis.DERIVED, cost=4)]
    bill += whole("2026-02", source="focus", meter="a cloud", basis=Basis.DERIVED, cost=4)
    found = months([*whole("2026-01", images=100), *bill], PRICED)
    assert [month.basis for month in found] == [Basis.COUNTED, Basis.DERIVED]


def test_a_charge_for_a_year_proves_the_day_it_starts() -> None:
    plan = replace(day("2026-10-01", images=10, cost=100), last=datetime.datetime(2027, 10, 1))
    (month,) = months([plan, *[day(f"2026-10-{number:02}", images=10, cost=1) for number in range(2, 13)]])
    assert month.why_partial == "nothing is known after 2026-10-12"


amounts = st.decimals(min_value=-50, max_value=10_000, places=2)
counted_days = st.lists(
    st.builds(
        lambda on, images, cost: day(on.isoformat(), images=images, cost=cost),
        st.dates(datetime.date(2025, 1, 1), datetime.date(2026, 10, 31)),
        st.integers(-20, 5_000),
        amounts,
    ),
    min_size=1,
    max_size=40,
)


@given(days=counted_days)
def test_every_image_and_every_cent_stands_in_its_month(days: list[Day]) -> None:
    images: dict[str, Decimal] = defaultdict(Decimal)
    cost: dict[str, Decimal] = defaultdict(Decimal)
    for one in days:
        assert one.images is not None
        assert one.cost is not None
        images[month_of(one.day)] += one.images
        cost[month_of(one.day)] += one.cost
    found = months(days)
    assert {month.month: month.images.expected for month in found if month.images} == images
    assert {month.month: month.cost for month in found if month.cost is not None} == cost
    assert len(found) == months_between(found[0].month, found[-1].month) + 1
    assert all(month.missing == (month.month not in images) for month in found)
