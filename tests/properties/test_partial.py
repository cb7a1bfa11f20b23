"""Partial answers: the advice covers every completion, claims none that does not exist, and asks what matters."""

from __future__ import annotations

import datetime
from decimal import Decimal
from itertools import product
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from advisor.decision.decide import decide
from advisor.domain.record_parts import Status
from advisor.domain.scenario import FIELDS
from advisor.evaluation.facts import answer_facts
from advisor.rulebook.loader import bundled_rulebook
from advisor.rulebook.symbols import FIELD_NAMES
from advisor.scenario_space.completions import completions_of
from tests.helpers import reference
from tests.helpers.strategies import AMOUNTS, EXERCISE, NEEDS, complete_answers, examples, partial_answers, scenario

COMPLETIONS = completions_of(bundled_rulebook())
TODAY = datetime.date(2026, 11, 22)


def outcome(answers: dict[str, Any]) -> str | None:
    left = reference.decide(answers).left
    assert len(left) <= 1
    return next(iter(left), None)


def options(name: str) -> tuple[Any, ...]:
    return (False, True) if FIELDS[name].boolean else FIELDS[name].options


BESIDE_A_TIE = {name: EXERCISE[name] for name in NEEDS} | {
    "monthly_images": 9001,
    "closed_price": Decimal("0.000001"),
    "gpu_hour_price": Decimal("0.000001"),
    "images_per_gpu_hour": Decimal("0.001"),
}
"""The overhead matters on the far side of the one price at which the comparison turns without it."""


@examples(1_000)
@given(partial_answers(most=9), complete_answers())
def test_no_completion_leads_outside_the_outcomes(
    partial: tuple[dict[str, Any], dict[str, Any]], other: dict[str, Any]
) -> None:
    given_answers, complete = partial
    outcomes = COMPLETIONS.outcomes(answer_facts(scenario(given_answers)))
    assert outcome(complete) in outcomes
    missing = set(complete) - set(given_answers)
    mixed = {**given_answers, **{name: other.get(name, complete[name]) for name in missing}}
    low, high = (mixed.get(f"monthly_images_{end}") for end in ("low", "high"))
    if low is None or high is None or low <= mixed["monthly_images"] <= high:
        assert outcome(mixed) in outcomes


@examples(300)
@given(complete_answers(), st.sets(st.sampled_from(NEEDS), min_size=1, max_size=4))
def test_the_outcomes_of_missing_needs_are_exactly_those_of_their_completions(
    answers: dict[str, Any], gone: set[str]
) -> None:
    known = {name: value for name, value in answers.items() if name not in gone}
    names = sorted(gone)
    every = [dict(zip(names, values, strict=True)) for values in product(*map(options, names))]
    expected = {outcome({**known, **completion}) for completion in every}
    facts = answer_facts(scenario(known))
    assert COMPLETIONS.outcomes(facts) == expected
    decisive = {
        name
        for name in names
        for completion in every
        for value in options(name)
        if outcome({**known, **completion}) != outcome({**known, **completion, name: value})
    }
    assert set(COMPLETIONS.open_questions(facts)) == decisive


@examples(1_000)
@example((BESIDE_A_TIE, EXERCISE | BESIDE_A_TIE | {"open_price": Decimal("0.001")}), EXERCISE | {"monthly_overhead": 0})
@given(partial_answers(), complete_answers())
def test_a_question_not_asked_cannot_change_the_outcome(
    partial: tuple[dict[str, Any], dict[str, Any]], other: dict[str, Any]
) -> None:
    given_answers, complete = partial
    asked = COMPLETIONS.open_questions(answer_facts(scenario(given_answers)))
    for name in set(complete) - set(given_answers) - set(asked) - {"monthly_images_low", "monthly_images_high"}:
        if name != "monthly_images" or "monthly_images_low" not in other:
            assert outcome({**complete, name: other[name]}) == outcome(complete)


@examples(500)
@given(partial_answers(most=9))
def test_every_outcome_has_a_completion_that_reaches_it(partial: tuple[dict[str, Any], dict[str, Any]]) -> None:
    given_answers, _ = partial
    facts = answer_facts(scenario(given_answers))
    witnesses = COMPLETIONS.witnesses(facts)
    assert set(witnesses) == COMPLETIONS.outcomes(facts)
    assert bool(COMPLETIONS.open_questions(facts)) == (len(witnesses) > 1)
    for route, completion in witnesses.items():
        complete = {name: decoded(name, value) for name, value in completion.items()}
        assert {name: complete[name] for name in given_answers} == {
            name: decoded(name, facts[name]) for name in given_answers
        }
        assert outcome(complete) == route


@examples(300)
@given(complete_answers(), st.sets(st.sampled_from(AMOUNTS[1:]), max_size=3), st.booleans())
def test_with_a_range_still_open_no_range_leads_outside_the_outcomes(
    answers: dict[str, Any], gone: set[str], volume_known: bool
) -> None:
    hidden = {*gone, "monthly_images_low", "monthly_images_high", *(() if volume_known else ("monthly_images",))}
    known = answer_facts(scenario({name: value for name, value in answers.items() if name not in hidden}))
    outcomes = COMPLETIONS.outcomes(known, ranged=True)
    assert outcome(answers) in outcomes
    assert bool(COMPLETIONS.open_questions(known, ranged=True)) == (len(outcomes) > 1)


def decoded(name: str, value: int | str | bool) -> Any:
    known = FIELD_NAMES[name]
    if known.boolean:
        return value
    return Decimal(known.decode(value)) if known.numeric else known.decode(value)


@examples(300)
@given(partial_answers(most=9))
def test_the_record_of_a_partial_scenario_says_what_it_knows(partial: tuple[dict[str, Any], dict[str, Any]]) -> None:
    given_answers, complete = partial
    record = decide(scenario(given_answers), decided_on=TODAY)
    unanswered = {name for name in (*NEEDS, *AMOUNTS) if name not in given_answers}
    if {"monthly_images_low", "monthly_images_high"} <= set(given_answers):
        unanswered -= {"monthly_images"}
    if given_answers.get("gpu_billing") == "always_on" and "peak_to_mean" not in given_answers:
        unanswered |= {"peak_to_mean"}
    if record.status is Status.OPEN:
        assert record.route is None
        assert record.open_questions
        assert set(record.open_questions) <= unanswered
        assert not record.not_needed
    else:
        assert outcome(complete) == record.route
        assert not record.open_questions
        assert set(record.not_needed) == unanswered
    assert set(reference.decide(complete).feasible) <= set(record.feasible_routes)


def test_a_load_that_is_not_known_and_cannot_matter_is_not_needed() -> None:
    always_on = {**EXERCISE, "monthly_images": 500, "gpu_billing": "always_on"}
    assert decide(scenario(always_on), decided_on=TODAY).not_needed == ["peak_to_mean"]
    assert not decide(scenario({**always_on, "peak_to_mean": 3}), decided_on=TODAY).not_needed
