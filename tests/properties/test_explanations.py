"""Every explanation against brute force with the independent reference (`make agree` for 2,000 scenarios each)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from itertools import combinations, product
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from advisor.decision.decide import decide
from advisor.domain.record import Decision
from advisor.domain.record_parts import Change, Status
from advisor.domain.scenario import FIELDS, Route
from advisor.evaluation.facts import answer_facts
from advisor.explanation.sufficient_reasons import sufficient_reasons
from advisor.rulebook.loader import bundled_rulebook
from advisor.rulebook.symbols import FIELD_NAMES
from advisor.scenario_space.completions import completions_of
from tests.helpers import reference
from tests.helpers.strategies import AMOUNTS, NEEDS, agreeing, scenario, with_fleets

TODAY = datetime.date(2026, 11, 22)
COMPLETIONS = completions_of(bundled_rulebook())
OPTIONS = {name: (False, True) if FIELDS[name].boolean else FIELDS[name].options for name in NEEDS}
MONOTONE = ("open_price", "closed_price", "gpu_hour_price", "images_per_gpu_hour", "monthly_overhead")
FLEET: dict[str, Any] = {"gpu_billing": "as_used", "peak_to_mean": Decimal(1), "min_gpus": 1}
EVERY_NEEDS = [dict(zip(NEEDS, values, strict=True)) for values in product(*OPTIONS.values())]
AT_MOST = 20
"""A record lists no more repairs, and no more ways to another route."""
Changed = frozenset[tuple[str, Any]]


def mixed() -> st.SearchStrategy[dict[str, Any]]:
    """Complete answers, with GPUs that are paid as used and with some that are always on."""
    return with_fleets().map(lambda answers: {**FLEET, **answers})


def explained(answers: dict[str, Any]) -> Decision:
    return decide(scenario(answers), decided_on=TODAY)


@lru_cache(maxsize=2048)
def _feasible(needs: tuple[Any, ...]) -> frozenset[str]:
    return frozenset(
        route for route in reference.ROUTES if not reference.eliminating(dict(zip(NEEDS, needs, strict=True)), route)
    )


def feasible(needs: dict[str, Any]) -> frozenset[str]:
    return _feasible(tuple(needs[name] for name in NEEDS))


def minimal(found: list[Changed]) -> set[Changed]:
    return {one for one in found if not any(other < one for other in found)}


def needs_changed(answers: dict[str, Any], needs: dict[str, Any]) -> Changed:
    return frozenset((name, needs[name]) for name in NEEDS if needs[name] != answers[name])


def past(change: Change) -> tuple[Decimal, Decimal]:
    """The last value at which nothing is changed, and the first at which it is."""
    quantity = FIELDS[change.field].quantity
    assert quantity is not None
    step = Decimal(1).scaleb(-quantity.places)
    edge = Decimal(change.below or change.above or 0)
    return edge, edge - step if change.below else edge + step


@agreeing(500, 2_000)
@given(mixed())
def test_every_listed_flip_flips_and_none_of_a_single_answer_is_missing(answers: dict[str, Any]) -> None:
    record = explained(answers)
    here = reference.decide(answers).left
    listed = {(flip.field, flip.to) for flip in record.flips if flip.to is not None}
    for field, options in {**OPTIONS, "gpu_billing": FIELDS["gpu_billing"].options}.items():
        for value in options:
            flips = reference.decide({**answers, field: value}).left != here
            assert ((field, value) in listed) == (flips and value != answers[field])
    for flip in record.flips:
        if flip.to is not None:
            assert frozenset(filter(None, [flip.route])) == reference.decide({**answers, flip.field: flip.to}).left
            continue
        edge, beyond = past(flip)
        assert reference.decide({**answers, flip.field: edge}).left == here
        assert reference.decide({**answers, flip.field: beyond}).left == frozenset(filter(None, [flip.route])) != here


@agreeing(300, 2_000)
@given(mixed(), st.sampled_from([*MONOTONE, "peak_to_mean", "min_gpus"]), st.data())
def test_between_the_listed_break_points_nothing_flips(
    answers: dict[str, Any], field: str, data: st.DataObject
) -> None:
    record = explained(answers)
    flips = [flip for flip in record.flips if flip.field == field and flip.to is None]
    quantity = FIELDS[field].quantity
    assert quantity is not None
    first, last = quantity.bounds
    least = next((quantity.inside(Decimal(flip.below)) for flip in flips if flip.below), first)
    most = next((quantity.inside(Decimal(flip.above)) for flip in flips if flip.above), last)
    assume(least <= most)
    value = Decimal(data.draw(st.integers(least, most))).scaleb(-quantity.places)
    assert reference.decide({**answers, field: value}).left == reference.decide(answers).left


@agreeing(300, 2_000)
@given(mixed())
def test_conflicts_are_the_minimal_sets_of_answers_that_no_completion_satisfies(answers: dict[str, Any]) -> None:
    record = explained(answers)
    assert bool(record.conflicts) == (not feasible(answers))
    clash = (
        [
            frozenset(fields)
            for size in range(len(NEEDS) + 1)
            for fields in combinations(NEEDS, size)
            if not any(feasible(needs) for needs in EVERY_NEEDS if all(needs[name] == answers[name] for name in fields))
        ]
        if not feasible(answers)
        else []
    )
    listed = [frozenset(conflict.answers) for conflict in record.conflicts]
    assert len(set(listed)) == len(listed)
    assert set(listed) == {one for one in clash if not any(other < one for other in clash)}


@agreeing(300, 2_000)
@given(mixed())
def test_repairs_are_the_minimal_changes_after_which_a_route_is_feasible(answers: dict[str, Any]) -> None:
    assume(not feasible(answers))
    record = explained(answers)
    every = minimal([needs_changed(answers, needs) for needs in EVERY_NEEDS if feasible(needs)])
    listed = {frozenset(repair.changes.items()) for repair in record.repairs}
    assert listed == every if len(every) <= AT_MOST else (listed < every and len(listed) == AT_MOST)
    for repair in record.repairs:
        assert reference.decide({**answers, **repair.changes}).left == {repair.route}
    sizes = [len(repair.changes) for repair in record.repairs]
    assert sizes == sorted(sizes)


@agreeing(200, 2_000)
@given(mixed())
def test_why_not_names_the_rules_and_every_minimal_change_of_answers(answers: dict[str, Any]) -> None:
    record = explained(answers)
    assert {other.route for other in record.why_not} == set(Route) - {record.route}
    for other in record.why_not:
        assert bool(other.ruled_out_by) == (other.route not in feasible(answers))
        if record.status is Status.RECOMMENDED:
            assert bool(other.ruled_out_by) != bool(other.lost_by)
        listed = [frozenset((change.field, change.to) for change in way) for way in other.changes]
        of_answers = {
            way for way, changes in zip(listed, other.changes, strict=True) if all(c.field in NEEDS for c in changes)
        }
        leading = [
            needs_changed(answers, needs)
            for needs in EVERY_NEEDS
            if reference.decide({**answers, **needs}).left == {other.route}
        ]
        every = minimal(leading)
        assert of_answers == every if len(other.changes) < AT_MOST else of_answers <= every


@agreeing(200, 2_000)
@given(mixed())
def test_every_way_to_another_route_leads_there_and_no_step_of_it_can_be_left_out(answers: dict[str, Any]) -> None:
    for other in explained(answers).why_not:
        for way in other.changes:
            made = {change.field: change.to if change.to is not None else past(change)[1] for change in way}
            assert reference.decide({**answers, **made}).left == {other.route}
            for change in way:
                kept = {**made, change.field: answers[change.field]}
                assert reference.decide({**answers, **kept}).left != {other.route}
                if change.to is None:
                    at_the_edge = {**made, change.field: past(change)[0]}
                    assert reference.decide({**answers, **at_the_edge}).left != {other.route}


def completions(answers: dict[str, Any], other: dict[str, Any], fixed: frozenset[str]) -> Iterator[dict[str, Any]]:
    """Answers with everything but the fixed ones replaced, where that makes a scenario."""
    mixed = {**other, **{name: answers[name] for name in fixed}}
    ends = [mixed.get(name) for name in ("monthly_images_low", "monthly_images", "monthly_images_high")]
    given_ends = [end for end in ends if end is not None]
    if given_ends == sorted(given_ends):
        yield mixed


@agreeing(60, 2_000, in_test=4)
@given(mixed(), mixed(), st.data())
def test_sufficient_reasons_force_the_outcome_and_each_of_their_answers_is_needed(
    answers: dict[str, Any], other: dict[str, Any], data: st.DataObject
) -> None:
    ends = ("monthly_images_low", "monthly_images_high")
    if ends[0] not in answers:
        other = {name: value for name, value in other.items() if name not in ends}
    facts = answer_facts(scenario(answers))
    outcome = next(iter(reference.decide(answers).left), None)
    reasons = [
        frozenset(reason) for reason in sufficient_reasons(COMPLETIONS, facts, Route(outcome) if outcome else None)
    ]
    assert reasons
    assert not any(one < two for one in reasons for two in reasons)
    for reason in reasons:
        for complete in completions(answers, other, reason):
            assert next(iter(reference.decide(complete).left), None) == outcome
        for dropped in reason:
            assert elsewhere(facts, reason - {dropped}, outcome)
    anything = frozenset(data.draw(st.sets(st.sampled_from((*NEEDS, *AMOUNTS, *FLEET, *ends)))) & set(answers))
    if not any(reason <= anything for reason in reasons):
        assert elsewhere(facts, anything, outcome)


def elsewhere(facts: dict[str, Any], fixed: frozenset[str], outcome: str | None) -> bool:
    """True when some completion of the fixed answers, decided by the reference, comes out otherwise."""
    ranged = "monthly_images_low" in facts
    known = {name: facts[name] for name in facts if name in fixed}
    for complete in COMPLETIONS.witnesses(known, ranged).values():
        answers = {name: _decoded(name, value) for name, value in complete.items()}
        if next(iter(reference.decide(answers).left), None) != outcome:
            return True
    return False


def _decoded(name: str, value: int | str | bool) -> Any:
    known = FIELD_NAMES[name]
    if known.boolean:
        return value
    return Decimal(known.decode(value)) if known.numeric else known.decode(value)
