"""Days of usage to months: what counts, what is a range, what is whole, and what is refused."""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import BadInput
from advisor.monitor.calendar import month_of, months_between, moved
from advisor.monitor.months import Assumed, months_of
from advisor.monitor.usage import GATEWAY, Basis, Day
from advisor.monitor.watched import Month, Span

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


def whole(month: str, **stated: object) -> list[Day]:
    """A month with something on its first and its last day, half of it on each."""
    ends = [datetime.date.fromisoformat(f"{month}-01"), datetime.date.fromisoformat(f"{moved(month, 1)}-01")]
    last = ends[1] - datetime.timedelta(days=1)
    return [day(f"{month}-01", **stated), day(last.isoformat(), **stated)]  # type: ignore[arg-type]  # handed on as they are


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
