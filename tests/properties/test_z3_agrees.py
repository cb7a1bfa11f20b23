"""The Z3 reading, its free values replaced by those of a scenario, says what the rules engine and Python say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
import z3
from hypothesis import example, given
from hypothesis import strategies as st

from advisor.domain.cost_model import HOSTED
from advisor.domain.offer import UNKNOWN, Encoded, Unknown
from advisor.evaluation.compiler import PLAIN, Matcher, PlainReading
from advisor.evaluation.durable_rules_backend import engine_reading
from advisor.evaluation.facts import answer_facts, with_range
from advisor.evaluation.resolution import Folded, Resolution, is_settled, judge
from advisor.evaluation.z3_backend import (
    LOGIC,
    Symbol,
    Variable,
    accepted,
    free_answer,
    free_trait,
    stated,
    symbolic_facts,
)
from advisor.rule_testing.properties import SymbolicScenario, both_ends
from advisor.rulebook.loader import bundled_rulebook
from advisor.rulebook.model import Comparison, Rulebook
from advisor.rulebook.symbols import FIELD_NAMES
from tests.helpers.strategies import EXERCISE, agreeing, scenario, with_fleets

RULEBOOK = bundled_rulebook()
ENGINE = engine_reading(RULEBOOK)
ANSWERS = {name: free_answer(name) for name in FIELD_NAMES}
ACCEPTED = accepted(ANSWERS)
TRAITS = [{name: free_trait(RULEBOOK, name, offer.id, True) for name in RULEBOOK.traits} for offer in RULEBOOK.offers]
Traits = tuple[Mapping[str, Encoded | Unknown], ...]
"""The traits of each offer."""
AS_STATED: Traits = tuple(offer.traits for offer in RULEBOOK.offers)


def world(traits: list[dict[str, Symbol]]) -> SymbolicScenario:
    facts = symbolic_facts(RULEBOOK, {name: variable.symbol for name, variable in ANSWERS.items()})
    amounts = {
        name: variable.value / 10**variable.name.places
        for name, variable in ANSWERS.items()
        if variable.name.places is not None
    }
    return SymbolicScenario(RULEBOOK, LOGIC, facts, tuple(traits), amounts)


STATED = world([{name: stated(value) for name, value in traits.items()} for traits in AS_STATED])
FREE = world([{name: variable.symbol for name, variable in own.items()} for own in TRAITS])


def replaced(variable: Variable, value: Encoded | Unknown | None) -> list[tuple[Any, Any]]:
    """The free value and its truths beside what takes their place; the value of what is absent does not matter."""
    absent = value is None or isinstance(value, Unknown)
    pairs = [(variable.value, constant(variable, anything(variable) if absent else value))]
    if not isinstance(variable.answered, bool):
        pairs.append((variable.answered, z3.BoolVal(value is not None)))
    if not isinstance(variable.known, bool):
        pairs.append((variable.known, z3.BoolVal(not isinstance(value, Unknown))))
    return pairs


def anything(variable: Variable) -> Encoded:
    name = variable.name
    return variable.most if name.numeric else name.encode(name.options[0] if name.options else False)


def constant(variable: Variable, value: Any) -> Any:
    if variable.name.boolean:
        return z3.BoolVal(value)
    if variable.name.numeric:
        return z3.RealVal(value)
    if variable.name.ordered:
        return z3.IntVal(value)
    return variable.value.sort().constructor(variable.name.options.index(value))()


def every_truth(folded: Folded[Any], settled: Any) -> Iterator[Any]:
    said = (folded.feasible, folded.left, folded.applied, folded.asked)
    truths = (*(truth for each in said for truth in each.values()), settled, *ACCEPTED)
    return (truth for truth in truths if not isinstance(truth, bool))


def verdict(world: SymbolicScenario, answers: dict[str, Any], traits: Traits) -> tuple[Resolution, bool | None]:
    folded = world.folded
    settled = is_settled(LOGIC, folded.asked, {route: both_ends(world, route) for route in HOSTED})
    facts = with_range(answer_facts(scenario(answers)))
    pairs = [pair for name, variable in ANSWERS.items() for pair in replaced(variable, facts.get(name))]
    for own, values in zip(TRAITS, traits, strict=True):
        pairs += [pair for name, variable in own.items() for pair in replaced(variable, values[name])]

    free = list(every_truth(folded, settled))
    at_once = z3.Function("at_once", *[z3.BoolSort()] * (len(free) + 1))(*free)
    values = z3.simplify(z3.substitute(at_once, *pairs)).children()
    assert all(z3.is_true(value) or z3.is_false(value) for value in values)
    known = {truth.get_id(): bool(z3.is_true(value)) for truth, value in zip(free, values, strict=True)}

    def holds(truth: Any) -> bool:
        return truth if isinstance(truth, bool) else known[truth.get_id()]

    assert all(map(holds, ACCEPTED))
    asked = next((route for route, is_asked in folded.asked.items() if holds(is_asked)), None)
    found = Resolution(
        feasible=tuple(route for route, on in folded.feasible.items() if holds(on)),
        left=tuple(route for route, on in folded.left.items() if holds(on)),
        applied=tuple(pair for pair, dropped in folded.applied.items() if holds(dropped)),
        asked=asked,
    )
    return found, holds(settled) if asked else None


def judged(rulebook: Rulebook, matcher: Matcher, answers: dict[str, Any]) -> tuple[Resolution, bool | None]:
    judgement = judge(rulebook, matcher, answer_facts(scenario(answers)))
    return judgement.verdict, judgement.settled


@agreeing(100, 2_000)
@example(EXERCISE)
@example({**EXERCISE, "monthly_overhead": 1400})
@example({**EXERCISE, "monthly_overhead": 1900, "quality": "best_preferred"})
@given(with_fleets())
def test_z3_and_the_engine_agree(answers: dict[str, Any]) -> None:
    """The overheads of 1400 and 1900 make exact ties with the open and the closed price."""
    assert verdict(STATED, answers, AS_STATED) == judged(RULEBOOK, ENGINE, answers)


BOOLEANS = [name for name, known in FIELD_NAMES.items() if known.boolean]


@pytest.mark.parametrize("name", BOOLEANS)
@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("value", [True, False])
def test_a_comparison_with_a_truth_is_the_one_of_python(name: str, right: bool, value: bool) -> None:
    comparison = Comparison(name, "eq", right)
    assert LOGIC.compare({name: Symbol(value)}, comparison) == PLAIN.compare({name: value}, comparison)
    free = LOGIC.compare({name: ANSWERS[name].symbol}, comparison)[0]
    assert z3.is_true(z3.simplify(z3.substitute(free, *replaced(ANSWERS[name], value)))) == (value is right)


def values_of(trait: str) -> st.SearchStrategy[Encoded | Unknown]:
    name = RULEBOOK.names[trait]
    known: st.SearchStrategy[Encoded] = (
        st.integers(0, 10**12) if name.numeric else st.sampled_from([name.encode(option) for option in name.options])
    )
    return st.one_of(st.just(UNKNOWN), known)


OFFERS = st.tuples(*[st.fixed_dictionaries({name: values_of(name) for name in RULEBOOK.traits}) for _ in AS_STATED])


@agreeing(100, 2_000)
@given(with_fleets(), st.integers(0, 10**10) | st.none(), OFFERS)
def test_z3_and_python_agree_on_any_offers(answers: dict[str, Any], revenue: int | None, traits: Traits) -> None:
    if revenue is not None:
        answers = {**answers, "annual_revenue_usd": revenue}
    offers = tuple(replace(offer, traits=own) for offer, own in zip(RULEBOOK.offers, traits, strict=True))
    rulebook = replace(RULEBOOK, offers=offers)
    assert verdict(FREE, answers, traits) == judged(rulebook, PlainReading(rulebook), answers)
