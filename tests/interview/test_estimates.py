"""Estimates: whatever is typed within bounds gives the exact answer or a plain refusal, never a crash."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.common.diagnostics import BadInput
from advisor.domain.quantity import plain
from advisor.domain.scenario import FIELDS, MAX_MONTHLY_COST
from advisor.interview import estimates
from advisor.interview.flow import flow_of
from advisor.interview.question_view import InterviewViews
from advisor.interview.state import InterviewState
from advisor.rulebook.loader import bundled_rulebook

FLOW = flow_of(bundled_rulebook())
VIEWS = InterviewViews(FLOW)
NUMBERS = st.decimals(Decimal("0.000001"), Decimal(10**12), places=6, allow_nan=False, allow_infinity=False)
SHARES = st.decimals(Decimal(0), Decimal(1_000), places=6, allow_nan=False, allow_infinity=False)
VOLUMES = st.integers(1, 10**12).map(Decimal)
MONTHS = st.integers(1, 120).map(Decimal)


def estimated(question: str, *inputs: Decimal | str, state: InterviewState | None = None) -> InterviewState | None:
    """The state after the inputs are typed one after the other; None where the result is refused."""
    state = (state or InterviewState()).estimate(question)
    for number, value in enumerate(inputs, 1):
        name = FLOW.next(state)
        assert name is not None
        assert estimates.estimated_by(name) == question, (name, number)
        try:
            state = state.answer_text(name, value if isinstance(value, str) else plain(value))
        except BadInput:
            assert number == len(inputs), "only the result may be out of bounds"
            return None
    assert state.estimating is None
    return state


def check(question: str, exact: Fraction, found: InterviewState | None, off: Fraction) -> None:
    """The answer is the exact one, less than ``off`` away; it is refused exactly if it is out of bounds."""
    quantity = FIELDS[question].quantity
    assert quantity is not None
    if found:
        assert abs(Fraction(found.answers[question]) - exact) <= off
        assert quantity.check(found.answers[question]) == found.answers[question]
    else:
        assert exact > Fraction(quantity.most) or exact < Fraction(quantity.least)


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_an_overhead_is_the_sum_of_its_worksheet(
    hours: Decimal, rate: Decimal, on_call: Decimal, monitoring: Decimal, spare: Decimal, gpu_hour: Decimal
) -> None:
    found = estimated("monthly_overhead", hours, rate, on_call, monitoring, spare, gpu_hour)
    parts = [Fraction(hours) * Fraction(rate), Fraction(on_call), Fraction(monitoring)]
    exact = sum(parts) + Fraction(spare) * 730 * Fraction(gpu_hour)
    check("monthly_overhead", exact, found, Fraction(1, 10**6))
    assert (found is None) == (exact > MAX_MONTHLY_COST)


@pytest.mark.parametrize(
    ("inputs", "overhead", "shown"),
    [
        (("", "", "", ""), "0", "engineering: $0"),
        (("20", "80", "", "", ""), "1600", "engineering: 20 hours at $80 = $1,600"),
        (("", "$300", "50", "0"), "350", "on-call duty: $300"),
        (("", "", "", "1", "1.20"), "876", "GPUs without work: 1 GPUs for 730 hours at $1.20 = $876"),
    ],
)
def test_a_blank_in_the_worksheet_is_zero_and_the_worksheet_is_shown_back(
    inputs: tuple[str, ...], overhead: str, shown: str
) -> None:
    found = estimated("monthly_overhead", *inputs)
    assert found is not None
    assert found.answers == {"monthly_overhead": Decimal(overhead)}
    lines = VIEWS.texts.confirmation("monthly_overhead.spare_gpus", found)
    assert shown in lines
    assert lines[-1] == f"= ${Decimal(overhead):,} a month"
    assert len(lines) == 5


def test_a_known_price_of_a_gpu_hour_is_not_asked_again() -> None:
    known = InterviewState().with_answers({"gpu_hour_price": Decimal("1.20")})
    found = estimated("monthly_overhead", "20", "80", "$300", "", "1", state=known)
    assert found is not None
    assert found.answers["monthly_overhead"] == 2776


@given(NUMBERS, VOLUMES)
def test_a_bill_and_its_images_give_a_price_however_they_are_typed(bill: Decimal, images: Decimal) -> None:
    exact = Fraction(bill) / Fraction(images)
    found = estimated("open_price", bill, images)
    check("open_price", exact, found, Fraction(1, 2 * 10**6))
    for text in (f"{plain(bill)}/{plain(images)}", f"My bill is ${plain(bill)} for {plain(images)} images a month"):
        try:
            typed = InterviewState().answer_text("open_price", text)
        except BadInput:
            assert found is None
        else:
            assert typed == found


def test_a_bill_without_its_images_asks_for_them_and_offers_the_known_volume() -> None:
    state = InterviewState().answer("monthly_images", Decimal(45_000))
    state = state.answer_text("closed_price", "our bill was $1,900 a month")
    assert state.estimating == "closed_price.images"
    view = VIEWS.next(state)
    assert "Enter alone: 45,000 images." in getattr(view, "hints", ())
    done = state.answer_text("closed_price.images", "")
    assert done.answers["closed_price"] == Decimal("0.042222")
    assert VIEWS.texts.confirmation("closed_price.images", done) == (
        "a bill of $1,900 for 45,000 images",
        "= $0.042222 per image",
    )


@pytest.mark.parametrize("text", ["1900/", "/45000", "1900/0", "1900/many", "my bill is much", "1/2/3", "my bill"])
def test_what_is_no_bill_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        InterviewState().answer_text("open_price", text)


@given(NUMBERS, NUMBERS)
def test_a_throughput_from_steps_is_exact_and_never_too_high(seconds: Decimal, ignored: Decimal) -> None:
    for steps in (1, 4, 20, 50):
        found = estimated("images_per_gpu_hour", "steps", str(steps), seconds)
        exact = 3600 / (steps * Fraction(seconds))
        check("images_per_gpu_hour", exact, found, Fraction(1, 1000))
        assert not found or Fraction(found.answers["images_per_gpu_hour"]) <= exact


@given(st.integers(1, 10**6).map(Decimal), NUMBERS)
def test_a_throughput_from_a_batch(batch: Decimal, seconds: Decimal) -> None:
    found = estimated("images_per_gpu_hour", "batch", batch, seconds)
    check("images_per_gpu_hour", 3600 * Fraction(batch) / Fraction(seconds), found, Fraction(1, 1000))


@pytest.mark.parametrize(
    ("inputs", "lines"),
    [
        (("image", "6"), ("with four steps instead of 20, about 3,000 an hour", "= 600 images per GPU-hour")),
        (("steps", "30", "0.2"), ("with four steps instead of 30, about 4,500 an hour", "= 600 images per GPU-hour")),
        (("steps", "4", "0.3"), ("= 3,000 images per GPU-hour",)),
    ],
)
def test_a_throughput_says_what_few_steps_would_give(inputs: tuple[str, ...], lines: tuple[str, ...]) -> None:
    found = estimated("images_per_gpu_hour", *inputs)
    assert found is not None
    assert VIEWS.texts.confirmation("images_per_gpu_hour.seconds", found) == lines


@given(VOLUMES, SHARES, MONTHS)
def test_growth_is_exact_from_now_to_the_end_of_the_horizon(volume: Decimal, growth: Decimal, months: Decimal) -> None:
    found = estimated("monthly_images", "month", volume, "", "growing", growth, months)
    exact = Fraction(volume) * (1 + Fraction(growth) / 100) ** int(months)
    check("monthly_images_high", exact, found, Fraction(1))
    if found:
        scenario = found.scenario()
        assert scenario.low == scenario.monthly_images == volume
        assert Fraction(found.answers["monthly_images_high"]) >= exact


def test_a_horizon_left_empty_is_a_year() -> None:
    found = estimated("monthly_images", "month", "10000", "", "growing", "10", "")
    assert found is not None
    assert found.answers["monthly_images_high"] == 31385


@given(VOLUMES, VOLUMES, VOLUMES)
def test_a_range_holds_the_expected_month(expected: Decimal, quietest: Decimal, busiest: Decimal) -> None:
    found = estimated("monthly_images", "month", expected, "1", "unpredictable", quietest, busiest)
    assert found is not None
    scenario = found.scenario()
    assert (scenario.low, scenario.high) == (min(quietest, expected), max(busiest, expected))


@given(st.integers(1, 10**6), st.integers(1, 10**4), st.integers(1, 50))
def test_users_and_days_and_the_images_kept_are_multiplied(users: int, each: int, kept: int) -> None:
    by_users = estimated("monthly_images", "users", str(users), str(each), str(kept), "steady")
    assert by_users is not None
    assert by_users.answers["monthly_images"] == users * each * kept
    by_day = estimated("monthly_images", "day", str(each), str(kept), "steady")
    assert by_day is not None
    assert by_day.answers["monthly_images"] == -(-each * kept * 365 // 12)


@given(VOLUMES, SHARES)
def test_an_end_of_the_range_is_a_share_of_the_expected_month(volume: Decimal, percent: Decimal) -> None:
    known = InterviewState().answer("monthly_images", volume)
    for end, fits in (("monthly_images_low", percent <= 100), ("monthly_images_high", percent >= 100)):
        found = estimated(end, percent, state=known)
        exact = Fraction(percent) / 100 * Fraction(volume)
        if found and fits:
            assert 0 <= Fraction(found.answers[end]) - exact < 1


@given(NUMBERS, st.integers(1, 20), NUMBERS)
def test_a_bought_gpu_is_written_off_over_its_hours(purchase: Decimal, years: int, running: Decimal) -> None:
    found = estimated("gpu_hour_price", "bought", purchase, str(years), running)
    exact = (Fraction(purchase) / (12 * years) + Fraction(running)) / 730
    check("gpu_hour_price", exact, found, Fraction(1, 2 * 10**6))


@pytest.mark.parametrize(
    ("question", "inputs", "answer"),
    [
        ("gpu_hour_price", ("monthly", "876"), "1.2"),
        ("migration_cost", ("4", "3000", "1000"), "13000"),
        ("migration_cost", ("", ""), "0"),
        ("annual_revenue_usd", ("80k",), "960000"),
        ("peak_to_mean", ("200", "73000"), "2"),
        ("peak_to_mean", ("100", "60000"), "1.217"),
    ],
)
def test_other_amounts(question: str, inputs: tuple[str, ...], answer: str) -> None:
    found = estimated(question, *inputs)
    assert found is not None
    assert found.answers == {question: Decimal(answer)}


@pytest.mark.parametrize("text", ["", "unknown", "  ", "I don't know"])
def test_an_input_that_is_not_known_leaves_the_estimate_and_keeps_its_entries(text: str) -> None:
    state = InterviewState().answer_text("monthly_overhead", "help")
    state = state.answer_text("monthly_overhead.engineering_hours", "20")
    left = state.answer_text("monthly_overhead.hourly_rate", text)
    assert left == state.without_estimate()
    assert left.inputs == {"monthly_overhead.engineering_hours": 20}
    again = left.answer_text("monthly_overhead", "help")
    view = VIEWS.next(again)
    assert (view.id, view.current and view.current.value) == ("monthly_overhead.engineering_hours", "20")  # type: ignore[union-attr]  # a value was just entered


def test_going_back_in_an_estimate_loses_nothing() -> None:
    state = InterviewState().estimate("monthly_overhead")
    for text in ("20", "80", "300"):
        state = state.answer_text(str(state.estimating), text)
    back = state.back_in_estimate().back_in_estimate()
    assert back.estimating == "monthly_overhead.hourly_rate"
    assert back.inputs == state.inputs
    assert back.back_in_estimate().back_in_estimate() == state.without_estimate()
    assert InterviewState.from_mapping(back.to_mapping()) == back


def test_every_amount_the_interview_asks_for_can_be_estimated() -> None:
    asked = {name for name, spec in FIELDS.items() if spec.quantity} - {"payback_limit_months", "min_gpus"}
    assert asked <= set(estimates.ESTIMABLE)


@pytest.mark.parametrize("text", ["-5", "0", "1e13", "six", "$6"])
def test_an_input_out_of_bounds_is_refused(text: str) -> None:
    state = InterviewState().estimate("images_per_gpu_hour").answer_text("images_per_gpu_hour.known", "image")
    with pytest.raises(BadInput):
        state.answer_text("images_per_gpu_hour.seconds", text)


@pytest.mark.parametrize("text", ["unknown", "I don't know", "don't know yet", "not known", "No idea"])
def test_any_number_can_be_taken_back(text: str) -> None:
    for name, spec in FIELDS.items():
        if spec.quantity:
            state = InterviewState().answer(name, spec.quantity.parse(spec.quantity.example))
            assert state.answer_text(name, text).unknown == {name}
