"""A catalogue of many offers comes to the same with all of them as with those that can matter, in bounded room."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.common.diagnostics import BadInput
from advisor.decision.decide import decide
from advisor.domain.offer import UNKNOWN, Encoded, Offer, Unknown
from advisor.domain.record import Decision
from advisor.domain.record_parts import Status
from advisor.domain.scenario import Axis, Route, Scenario
from advisor.evaluation.compiler import Matcher, PlainReading
from advisor.evaluation.durable_rules_backend import EngineReading
from advisor.evaluation.facts import answer_facts, with_terms
from advisor.evaluation.numpy_backend import NumpyReading
from advisor.evaluation.resolution import judge
from advisor.explanation.sufficient_reasons import sufficient_reasons
from advisor.report.claims.build import claims_of
from advisor.report.templates import memo_markdown
from advisor.rulebook.loader import bundled_rulebook
from advisor.rulebook.model import All, AnyOf, Condition, Gate, Rulebook, comparisons
from advisor.scenario_space import completions, gate_outcomes
from advisor.scenario_space.completions import completions_of
from advisor.scenario_space.gate_outcomes import need_values, with_relevant_offers
from advisor.scenario_space.tabulation import table_of
from tests.helpers.column_readings import in_words, on_duckdb, one_by_one, rows_that_differ
from tests.helpers.generated_columns import Columns, generate
from tests.helpers.strategies import EXERCISE, NEEDS, complete_answers, examples, repeats, scenario, some_of

RULEBOOK = bundled_rulebook()
CAP, REVENUE = "revenue_cap_usd", "annual_revenue_usd"
MILLION = 10**8
"""A million dollars, in cents."""
CAPS = [MILLION, 2 * MILLION, 5 * MILLION, 10 * MILLION]
ON = datetime.date(2026, 1, 1)
READ = [name for name in RULEBOOK.traits if name in RULEBOOK.reads(RULEBOOK.gates)]


def coded(name: str) -> list[Encoded]:
    """The values of a trait that differ."""
    return CAPS if name == CAP else [RULEBOOK.names[name].encode(word) for word in RULEBOOK.names[name].options]  # type: ignore[return-value]


def offer(number: int, route: Route, traits: dict[str, Encoded | Unknown]) -> Offer:
    like = next(found for found in RULEBOOK.offers if found.route is route)
    return replace(like, id=f"offer-{number}", traits={**like.traits, **traits})


@st.composite
def gates(draw: st.DrawFn) -> tuple[Gate, ...]:
    """The bundled gates, or gates that each join several of their comparisons."""
    if draw(st.booleans()):
        return RULEBOOK.gates
    parts = st.sampled_from([found for gate in RULEBOOK.gates for found in comparisons(gate.when)])
    several = st.lists(parts, min_size=1, max_size=3).map(tuple)
    conditions: st.SearchStrategy[list[Condition]] = st.lists(several.map(All) | several.map(AnyOf), max_size=3)
    made = (
        replace(RULEBOOK.gates[0], id=f"made-{number}", axis=draw(st.sampled_from(list(Axis)[:5])), when=when)
        for number, when in enumerate(draw(conditions))
    )
    return (*draw(st.lists(st.sampled_from(RULEBOOK.gates), unique_by=lambda gate: gate.id)), *made)


@st.composite
def catalogues(draw: st.DrawFn) -> Rulebook:
    """Rulebooks with several offers for a route, whose traits may be unknown."""
    traits = st.fixed_dictionaries({name: st.sampled_from([*coded(name), UNKNOWN]) for name in READ})
    drawn = draw(st.lists(st.tuples(st.sampled_from(list(Route)), traits), min_size=1, max_size=9))
    offers = tuple(offer(number, *parts) for number, parts in enumerate(drawn))
    return replace(RULEBOOK, offers=offers, gates=draw(gates()))


@contextmanager
def every_offer() -> Iterator[None]:
    with patch.object(completions, "with_relevant_offers", lambda rulebook: rulebook):
        yield


def columns_of(rows: int, seed: int) -> Columns:
    columns = generate(rows, seed=seed)
    caps = np.array([value for cap in (0, *CAPS) for value in (cap, cap + 1)])
    return {**columns, REVENUE: np.random.default_rng(seed).choice(caps, rows)}


def agreed(rulebook: Rulebook, columns: Columns, matcher: Matcher) -> None:
    """The rows come to what judging every offer makes of each."""
    outcomes = NumpyReading(table_of(rulebook)).decide(columns)
    for row, code in enumerate(outcomes.codes):
        assert one_by_one(rulebook, matcher, columns, row) == outcomes.table[code]


@examples(400)
@given(catalogues(), st.integers(0, 9))
def test_columns_come_to_what_every_offer_judged_comes_to(rulebook: Rulebook, seed: int) -> None:
    agreed(rulebook, columns_of(40, seed), PlainReading(rulebook))


@examples(40)
@given(catalogues(), st.integers(0, 9))
def test_a_database_and_the_engine_come_to_the_same(rulebook: Rulebook, seed: int) -> None:
    rulebook, columns = replace(rulebook, gates=RULEBOOK.gates), columns_of(40, seed)
    agreed(rulebook, columns, EngineReading(rulebook))
    assert (
        rows_that_differ(on_duckdb(rulebook, columns), in_words(NumpyReading(table_of(rulebook)).decide(columns))) == []
    )


@st.composite
def partial_answers(draw: st.DrawFn) -> dict[str, Any]:
    answers = draw(complete_answers()) | {REVENUE: draw(st.sampled_from([0, 2, 6 * 10**6]))}
    for name in draw(st.lists(st.sampled_from([*NEEDS, REVENUE]), max_size=3, unique=True)):
        del answers[name]
    return answers


@examples(300)
@given(catalogues(), partial_answers())
def test_completions_come_to_what_every_offer_judged_comes_to(rulebook: Rulebook, answers: dict[str, Any]) -> None:
    given = answer_facts(scenario(answers))
    missing = [name for name in (*NEEDS, REVENUE) if name not in given]
    reading, found, asked = PlainReading(rulebook), set(), set()
    for chosen in product(*(need_values(rulebook, name) for name in missing)):
        facts = with_terms(rulebook, {**given, **dict(zip(missing, chosen, strict=True))})
        verdict = judge(rulebook, reading, facts).verdict
        found |= set(verdict.left or verdict.feasible or (None,))
        asked.add(verdict.asked)
    assert completions_of(rulebook).outcomes(given) == found
    assert completions_of(rulebook).asked(given) == asked


@examples(200, in_test=5)
@given(catalogues(), partial_answers())
def test_records_and_explanations_are_the_same(rulebook: Rulebook, answers: dict[str, Any]) -> None:
    """Only the order of the open questions may differ: how decisive one is, is counted over what can matter."""
    found, whole = scenario(answers), replace(rulebook)
    try:
        record = decide(found, rulebook, matcher=PlainReading(rulebook), decided_on=ON)
    except BadInput:
        return
    reasons = sufficient(found, rulebook, record)
    with every_offer():
        every = decide(found, whole, matcher=PlainReading(whole), decided_on=ON)
        every_reasons = sufficient(found, whole, every)
    assert set(record.open_questions) == set(every.open_questions)
    every = every.model_copy(update={"open_questions": record.open_questions})
    assert record == every
    assert reasons == every_reasons
    assert memo_markdown(record) == memo_markdown(every)


def sufficient(found: Scenario, rulebook: Rulebook, decision: Decision) -> list[tuple[str, ...]] | None:
    """The sets of answers that force the outcome; None while it is open."""
    if decision.status is Status.OPEN:
        return None
    return sufficient_reasons(completions_of(rulebook), answer_facts(found), decision.route)


@given(catalogues())
def test_every_dropped_offer_has_one_that_survives_wherever_it_does(rulebook: Rulebook) -> None:
    kept = with_relevant_offers(rulebook)
    assert kept.routes == rulebook.routes
    assert with_relevant_offers(kept).offers == kept.offers
    assert [found for found in rulebook.offers if found in kept.offers] == list(kept.offers)


def with_caps(number: int, alike: bool) -> Rulebook:
    """So many revenue caps over both APIs; or offers of which each allows something that no other one does."""
    options = [range(4) if name == "control_depth" else range(2) for name in READ if name != CAP]
    bad_first = {"leaves_premises", "shared_queue"}
    level = [levels for levels in product(*options) if sum(levels) == 5]
    offers = []
    for place in range(number):
        levels = iter(level[0 if alike else place // 2])
        traits: dict[str, Encoded | Unknown] = {}
        for name in READ:
            words = coded(name)
            if name != CAP:
                better = words if name in bad_first or name in ("control_depth", "model_access") else words[::-1]
                traits[name] = better[next(levels)]
        offers.append(offer(place, list(Route)[1 + place % 2], {**traits, CAP: (place + 1) * MILLION // 10}))
    own = next(found for found in RULEBOOK.offers if found.route is Route.SELF_HOST)
    return replace(RULEBOOK, offers=(own, *offers))


@pytest.mark.fuzz
@pytest.mark.parametrize("number", some_of([200, 118], 2))
def test_of_many_revenue_caps_one_a_route_is_gone_through(number: int) -> None:
    rulebook = with_caps(number, alike=True)
    assert [found.id for found in with_relevant_offers(rulebook).offers[1:]] == [
        f"offer-{place}" for place in (number - 2, number - 1)
    ]
    assert table_of(rulebook).cells.size < 20_000
    assert len(completions_of(rulebook).gate_outcomes.of({})) < 2_000
    agreed(rulebook, columns_of(repeats(200, 40), 1), PlainReading(rulebook))


@pytest.mark.fuzz
@pytest.mark.parametrize("number", some_of([200, 118], 2))
def test_of_many_offers_that_all_matter_few_kinds_of_standings_are_gone_through(number: int) -> None:
    rulebook = with_caps(number, alike=False)
    assert with_relevant_offers(rulebook).offers == rulebook.offers
    assert table_of(rulebook).cells.size < 2_000_000
    assert len(completions_of(rulebook).gate_outcomes.of({})) < 3_000
    columns = columns_of(repeats(200, 40), 2)
    agreed(rulebook, columns, PlainReading(rulebook))
    assert (
        rows_that_differ(on_duckdb(rulebook, columns), in_words(NumpyReading(table_of(rulebook)).decide(columns))) == []
    )


def test_more_standings_than_can_be_gone_through_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_outcomes, "MAX_GATE_OUTCOMES", 100)
    with pytest.raises(BadInput, match="that the offers distinguish, more than 100") as refused:
        decide(scenario({"monthly_images": 5}), replace(RULEBOOK), matcher=PlainReading(RULEBOOK), decided_on=ON)
    assert "help: answer more questions" in str(refused.value)


def test_what_an_offer_that_cannot_matter_leaves_to_verify_is_still_told() -> None:
    """Up to its cap the second offer needs no check; above it only the first is left, whose cap is unknown."""
    traits = {name: found for name, found in RULEBOOK.offers[1].traits.items() if name != CAP}
    first, second = (offer(place, Route.OPEN_WEIGHT_API, {**traits, CAP: cap}) for place, cap in ((0, UNKNOWN), (1, 5)))
    rulebook = replace(RULEBOOK, offers=(first, second))
    assert with_relevant_offers(rulebook).offers == (first,)
    record = decide(scenario(EXERCISE), rulebook, matcher=PlainReading(rulebook), decided_on=ON)
    assert record.route is Route.OPEN_WEIGHT_API
    assert "unchecked.revenue-under-licence-cap" in [claim.id for claim in claims_of(record)]
