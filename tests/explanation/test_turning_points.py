"""Where an open decision turns, against brute force with the independent reference over the unknown amounts.

At the corners of the range of the unknown amounts, at amounts drawn between them, on both sides of every turning point,
and next to every tie of own GPUs with a hosted bill.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.decision.decide import decide
from advisor.domain.cost_model import PRICE_OF
from advisor.domain.record import Decision
from advisor.domain.record_parts import HostedBill, Status, TurningPoint
from advisor.domain.scenario import FIELDS, Route
from advisor.evaluation.compiler import PlainReading
from advisor.report.templates import summary
from advisor.rulebook.loader import bundled_rulebook
from tests.helpers import reference
from tests.helpers.strategies import AMOUNTS, EXERCISE, complete_answers, examples, scenario
from tests.report.held import Held
from tests.report.turning_sentences import sentences, where_it_turns

TODAY = datetime.date(2026, 11, 22)
READING = PlainReading(bundled_rulebook())
OWN = ("gpu_hour_price", "images_per_gpu_hour", "monthly_overhead")
ENDS = ("monthly_images_low", "monthly_images_high")
FEW = 200
"""So many volumes are all tried."""
Answers = dict[str, Any]


def several_routes() -> st.SearchStrategy[Answers]:
    """Answers to the questions with options under which own GPUs and a hosted route are feasible."""
    return st.fixed_dictionaries(
        {
            "residency": st.sampled_from(["anywhere", "in_region"]),
            "output_use": st.sampled_from(["internal", "commercial"]),
            "indemnity_required": st.just(False),
            "train_on_outputs": st.sampled_from([False, False, True]),
            "quality": st.sampled_from(["open_suffices", "best_preferred"]),
            "control": st.sampled_from(["prompt_only", "prompt_only", "adapters"]),
            "latency": st.just("tolerant"),
        }
    )


@st.composite
def drawn(draw: st.DrawFn, unknown: tuple[str, ...] | None = None) -> tuple[Answers, list[Answers]]:
    """Answers without some amounts, and completions of them: some drawn, some next to a tie with a hosted bill."""
    complete = draw(complete_answers()) | draw(several_routes())
    gone = set(unknown or draw(st.sets(st.sampled_from(AMOUNTS), min_size=1)))
    if "monthly_images" in gone:  # low, expected and high month are then one
        complete = {name: value for name, value in complete.items() if name not in ENDS}
    known = {name: value for name, value in complete.items() if name not in gone}
    completions = [complete]
    for _ in range(3):
        other = draw(complete_answers())
        made = {**known, **{name: other[name] for name in gone & set(AMOUNTS)}}
        completions += [made, *next_to_ties(made, gone)]
    return known, [*completions, *next_to_ties(complete, gone)]


def next_to_ties(complete: Answers, gone: set[str]) -> Iterator[Answers]:
    """With the overhead at which own GPUs cost a hosted bill, and a micro-dollar more and less."""
    if "monthly_overhead" in gone:
        for price, end in product(PRICE_OF.values(), ("low", "high")):
            month = reference.volume(complete, end)
            left = Fraction(complete[price]) * month - reference.own({**complete, "monthly_overhead": 0}, month)
            for steps in (int(left * 10**6) + nudge for nudge in (-1, 0, 1)):
                if 0 <= steps <= 9 * 10**15:
                    yield {**complete, "monthly_overhead": Decimal(steps).scaleb(-6)}


def decided(known: Answers) -> Decision:
    return decide(scenario(known), decided_on=TODAY, matcher=READING)


def route(complete: Answers) -> str:
    (left,) = reference.decide(complete).left
    return left


def ends_of(name: str, known: Answers) -> tuple[Decimal, Decimal]:
    """The allowed range of an amount."""
    quantity = FIELDS[name].quantity
    assert quantity is not None
    low, high = (known.get(end) for end in ENDS) if name == "monthly_images" else (None, None)
    return Decimal(low or quantity.least), Decimal(high or quantity.most)


def step_of(name: str) -> Decimal:
    quantity = FIELDS[name].quantity
    assert quantity is not None
    return Decimal(1).scaleb(-quantity.places)


def corners(names: list[str], known: Answers) -> list[Answers]:
    """Every combination of the least and the most of some amounts."""
    return [dict(zip(names, values, strict=True)) for values in product(*(ends_of(name, known) for name in names))]


def span(point: TurningPoint, known: Answers) -> tuple[Decimal, Decimal]:
    least, most = ends_of(point.field, known)
    return (
        least if point.from_ is None else Decimal(point.from_),
        most if point.to is None else Decimal(point.to),
    )


def check_one(decision: Decision, known: Answers, completions: list[Answers]) -> None:
    """The whole range is cut into stretches with their routes, and neighbours differ."""
    (name,) = decision.open_questions
    points = decision.turning_points
    filled = completions[0]
    assert len(points) > 1
    assert (points[0].from_, points[-1].to) == (None, None)
    for before, after in pairwise(points):
        assert before.route != after.route
        assert Decimal(after.from_ or 0) == Decimal(before.to or 0) + step_of(name)
    for point in points:
        for value in span(point, known):
            assert route({**filled, name: value}) == point.route
    for completion in completions:
        (at,) = (point for point in points if span(point, known)[0] <= completion[name] <= span(point, known)[1])
        assert route({**filled, name: completion[name]}) == at.route


def check_several(decision: Decision, known: Answers, completions: list[Answers]) -> None:
    """A stretch has one route whatever the others are; next to it, and outside all of them, some completions differ."""
    filled = completions[0]
    for name in decision.open_questions:
        others = [other for other in decision.open_questions if other != name]
        every = [{**filled, **corner} for corner in corners(others, known)]

        def routes(value: Decimal, every: list[Answers] = every, name: str = name) -> set[str]:
            return {route({**one, name: value}) for one in every}

        points = [point for point in decision.turning_points if point.field == name]
        spans = [span(point, known) for point in points]
        for point, (least, most) in zip(points, spans, strict=True):
            for value in (least, most):
                assert routes(value) == {point.route}
            outside = ([least - step_of(name)] if point.from_ else []) + ([most + step_of(name)] if point.to else [])
            for value in outside:
                assert routes(value) != {point.route}
            for completion in completions:
                if least <= completion[name] <= most:
                    assert route(completion) == point.route
                assert route({**completion, name: least}) == route({**completion, name: most}) == point.route
        for value in {Decimal(completion[name]) for completion in completions}:
            if not any(least <= value <= most for least, most in spans):
                reached = (route({**one, name: value}) for one in every)
                first = next(reached)
                assert any(other != first for other in reached)


def check_own_cost(decision: Decision, completions: list[Answers]) -> None:
    """The steps lead every completion to its route."""
    assert decision.route_by_own_cost
    for completion in completions:
        assert followed(decision, completion) == route(completion)


def followed(decision: Decision, complete: Answers) -> Route:
    """The route that the steps lead to."""
    for step in decision.route_by_own_cost:
        if not step.unless or any(costs_more(bill, complete) for bill in step.unless):
            return step.route
    raise AssertionError("the last step has no bills")


def costs_more(bill: HostedBill, complete: Answers) -> bool:
    """Whether own GPUs cost more than a bill, by the figures that the record states."""
    if bill.month == "every":
        assert reference.volume(complete, "low") == reference.volume(complete, "high")
    month = reference.volume(complete, "high" if bill.month == "high" else "low")
    own = reference.own(complete, month)
    amount = Fraction(bill.bill) if bill.bill else Fraction(bill.price or complete[PRICE_OF[bill.route]]) * month
    assert amount == Fraction(complete[PRICE_OF[bill.route]]) * month
    if bill.own_cost:
        assert 0 <= Fraction(bill.own_cost) - own < Fraction(1, 10**6)
    return own > amount


def check_sentences(decision: Decision) -> None:
    """The summary says it, before the questions, and reads back as what the record holds."""
    held = Held(decision, bundled_rulebook())
    lines = summary(decision).splitlines()
    count = sentences(held)
    for line in lines[:count]:
        where_it_turns(held, line)
    assert lines[count].startswith("It depends on " if count else "Still open: ")


def check(known: Answers, completions: list[Answers]) -> None:
    decision = decided(known)
    if decision.status is Status.OPEN:
        check_sentences(decision)
    if decision.status is not Status.OPEN:
        assert not decision.turning_points
        assert not decision.route_by_own_cost
    elif len(decision.open_questions) == 1:
        assert not decision.route_by_own_cost
        check_one(decision, known, completions)
    else:
        check_several(decision, known, completions)
        check_own_cost(decision, completions)


@examples(500)
@given(drawn(unknown=AMOUNTS))
def test_with_every_amount_unknown_the_cost_of_own_gpus_decides(case: tuple[Answers, list[Answers]]) -> None:
    check(*case)


@examples(500)
@given(drawn(unknown=("monthly_overhead",)))
def test_with_the_overhead_unknown_its_range_is_cut_exactly(case: tuple[Answers, list[Answers]]) -> None:
    check(*case)


@examples(500)
@given(drawn())
def test_with_any_amounts_unknown_every_sentence_holds(case: tuple[Answers, list[Answers]]) -> None:
    check(*case)


@examples(300)
@given(drawn(unknown=OWN))
def test_with_nothing_known_of_own_gpus_the_bill_is_the_most_they_may_cost(case: tuple[Answers, list[Answers]]) -> None:
    check(*case)


@st.composite
def fleets(draw: st.DrawFn, unknown: tuple[str, ...]) -> tuple[Answers, list[Answers]]:
    """GPUs that are always on, with prices near the cost of an image on them; a volume is at most ``FEW``."""
    per_hour = Decimal(draw(st.integers(1, 400))).scaleb(-3)
    hour, peak = (Decimal(draw(st.integers(*ends))).scaleb(-3) for ends in ((100, 4000), (1000, 4000)))
    image = hour * peak / per_hour
    prices = {name: (image * draw(st.integers(90, 180)) / 100).quantize(Decimal("0.01")) for name in PRICE_OF.values()}
    complete: dict[str, Any] = {**EXERCISE, **draw(several_routes()), **prices}
    complete |= {"gpu_hour_price": hour, "images_per_gpu_hour": per_hour}
    complete |= {"gpu_billing": "always_on", "peak_to_mean": peak, "min_gpus": draw(st.integers(1, 3))}
    complete |= {"monthly_images": draw(st.integers(1, FEW)), "monthly_overhead": draw(st.sampled_from([0, 50, 500]))}
    known = {name: value for name, value in complete.items() if name not in unknown}
    values: dict[str, list[Any]] = {
        "monthly_images": list(range(1, FEW + 1)),
        "peak_to_mean": [Decimal(draw(st.integers(1000, 730_000))).scaleb(-3) for _ in range(30)],
        "monthly_overhead": [Decimal(draw(st.integers(0, 10**9))).scaleb(-6) for _ in range(30)],
    }
    drawn = [{**complete, name: value} for name in unknown for value in values[name]]
    return known, [complete, *drawn, *next_to_ties(complete, set(unknown))]


@examples(300)
@given(st.sampled_from(["monthly_overhead", "peak_to_mean", "monthly_images"]).flatmap(lambda name: fleets((name,))))
def test_of_gpus_that_are_always_on_one_unknown_amount_is_cut_exactly(case: tuple[Answers, list[Answers]]) -> None:
    """Against each of the first volumes, and drawn overheads and peaks; both sides of every turning point."""
    known, completions = case
    decision = decided(known)
    if decision.status is not Status.OPEN:
        for completion in completions:
            assert route(completion) == decision.route
        return
    (name,) = decision.open_questions
    points = decision.turning_points
    assert (points[0].from_, points[-1].to) == (None, None)
    for before, after in pairwise(points):
        assert Decimal(after.from_ or 0) == Decimal(before.to or 0) + step_of(name)
        assert before.route != after.route
    for point in points:
        for value in span(point, known) if point.route else ():
            assert route({**completions[0], name: value}) == point.route
    for completion in completions:
        (at,) = (point for point in points if span(point, known)[0] <= completion[name] <= span(point, known)[1])
        assert at.route in (None, route(completion))
    if name != "monthly_images":
        assert all(point.route for point in points)


@examples(200)
@given(fleets(("monthly_overhead", "peak_to_mean")))
def test_of_gpus_that_are_always_on_what_is_certain_holds(case: tuple[Answers, list[Answers]]) -> None:
    check(*case)


def test_a_bill_that_is_never_less_than_own_gpus_is_no_step() -> None:
    """Found by a property above: with hardly any overhead the open bill is more than own GPUs in every month."""
    known = {**EXERCISE, "quality": "best_preferred", "monthly_overhead": Decimal("0.01")}
    del known["monthly_images"], known["closed_price"]
    first, last = decided(known).route_by_own_cost
    assert (first.route, [bill.route for bill in first.unless]) == ("closed_api", ["closed_api"])
    assert (last.route, last.unless) == ("self_host", [])


def test_own_gpus_may_cost_no_more_than_the_bill() -> None:
    known = {name: value for name, value in EXERCISE.items() if name not in OWN} | {"monthly_images": 500}
    first, last = decided(known).route_by_own_cost
    assert (first.route, first.unless[0].bill, first.unless[0].month) == ("open_weight_api", "15.00", "every")
    assert (last.route, last.unless) == ("self_host", [])


def test_one_unknown_amount_is_cut_to_its_smallest_step() -> None:
    decision = decided({name: value for name, value in EXERCISE.items() if name != "monthly_overhead"})
    assert [(point.from_, point.to, point.route) for point in decision.turning_points] == [
        (None, "1400", "self_host"),
        ("1400.000001", None, "open_weight_api"),
    ]


def test_the_range_of_a_volume_ends_at_the_month_that_is_known() -> None:
    decision = decided({**EXERCISE, "monthly_images": None, "monthly_images_high": 145_249})
    assert [(point.from_, point.to, point.route) for point in decision.turning_points] == [
        (None, "71428", "open_weight_api"),
        ("71429", None, "self_host"),
    ]


@pytest.mark.parametrize("gone", [["quality"], ["quality", "monthly_overhead"]])
def test_while_another_question_is_open_nothing_is_said_of_amounts(gone: list[str]) -> None:
    decision = decided({name: value for name, value in EXERCISE.items() if name not in gone})
    assert not decision.turning_points
    assert not decision.route_by_own_cost


def test_of_many_stretches_the_first_and_the_last_are_named() -> None:
    """As with a cost of own GPUs that rises in steps; written as people write amounts, and never beyond the stretch."""
    ends = [
        (None, "1400"),
        ("1400.000001", "2000.123456"),
        ("2000.123457", "2999.999999"),
        ("3000", "4000"),
        ("9", None),
    ]
    points = [
        TurningPoint(field="monthly_overhead", from_=least, to=most, route=Route.SELF_HOST if place % 2 else None)
        for place, (least, most) in enumerate(ends)
    ]
    decision = decided({name: value for name, value in EXERCISE.items() if name != "monthly_overhead"})
    first, *_ = summary(decision.model_copy(update={"turning_points": points})).splitlines()
    assert first == (
        "With the overhead of own GPUs per month at $1,400 or less: no single option; at more than $1,400 and at "
        "most $2,000.12: own GPUs with open weights; at $2,000.13 or more and less than $3,000: no single option; "
        "1 more in the record; at $9 or more: no single option."
    )
