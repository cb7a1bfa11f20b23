"""What holds of every catalogue (DESIGN, section 7), over generated offers and over the bundled ones."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.catalogue.loader import bundled_catalogue
from advisor.decision.assessment import Assessment
from advisor.decision.competition import competing
from advisor.decision.decide import decide
from advisor.decision.record_builder import record_of
from advisor.domain.offer import UNKNOWN, Offer
from advisor.domain.record_parts import Status
from advisor.domain.scenario import Route, Scenario
from advisor.evaluation.compiler import PlainReading
from advisor.evaluation.durable_rules_backend import EngineReading
from advisor.evaluation.facts import answer_facts, without_prices
from advisor.evaluation.numpy_backend import NumpyReading
from advisor.evaluation.resolution import judge
from advisor.rulebook.loader import bundled_rulebook
from advisor.rulebook.model import Rulebook
from advisor.scenario_space.completions import completions_of
from advisor.scenario_space.tabulation import table_of
from tests.helpers.column_readings import in_words, on_duckdb, one_by_one, rows_that_differ
from tests.helpers.generated_columns import generate
from tests.helpers.strategies import AGREE, EXERCISE, NEEDS, complete_answers, examples, repeats, scenario
from tests.properties.test_priced_offers import cases, priced_offers

RULEBOOK, CATALOGUE = bundled_rulebook(), bundled_catalogue()
ON = datetime.date(2026, 11, 27)
PRICES = ("open_price", "closed_price", "gpu_hour_price", "images_per_gpu_hour")


@st.composite
def with_one_more(draw: st.DrawFn) -> tuple[Rulebook, Rulebook, Scenario]:
    """A scenario, and its rulebook without and with one more offer of a route that has some for the checkpoint."""
    rulebook, found = draw(cases())
    like = draw(st.sampled_from([offer for offer in rulebook.offers if offer.route in rulebook.priced]))
    more = draw(priced_offers(len(rulebook.offers), like.route, like.model))
    place = draw(st.integers(0, len(rulebook.offers)))
    offers = (*rulebook.offers[:place], more, *rulebook.offers[place:])
    return rulebook, replace(rulebook, offers=offers), found


@examples(60)
@given(with_one_more())
def test_one_more_offer_never_takes_a_route_away(case: tuple[Rulebook, Rulebook, Scenario]) -> None:
    rulebook, larger, found = case
    before, after = (judge(each, PlainReading(each), answer_facts(found)).verdict for each in (rulebook, larger))
    assert set(before.feasible) <= set(after.feasible)


@st.composite
def with_a_dearer_copy(draw: st.DrawFn) -> tuple[Rulebook, Rulebook, Scenario]:
    rulebook, found = draw(cases(missing=1))
    offer = draw(st.sampled_from([offer for offer in rulebook.offers if offer.quote]))
    assert offer.quote is not None
    amounts = dict(offer.quote.amounts)
    for name in [name for name in amounts if name != "images_per_gpu_hour"]:
        amounts[name] += draw(st.integers(1, 10**6))
    dearer = replace(offer, id="dearer", quote=replace(offer.quote, amounts=amounts))
    return rulebook, replace(rulebook, offers=(*rulebook.offers, dearer)), found


@examples(40)
@given(with_a_dearer_copy())
def test_a_dearer_copy_changes_nothing_but_the_shortlist(case: tuple[Rulebook, Rulebook, Scenario]) -> None:
    rulebook, larger, found = case
    listed: dict[str, Any] = {"shortlist": [], "shortlist_more": {}}
    before, after = (
        record_of(Assessment(found, each, PlainReading(each)), ON).model_copy(update=listed)
        for each in (rulebook, larger)
    )
    assert before == after


@examples(60)
@given(cases())
def test_what_is_not_known_never_eliminates(case: tuple[Rulebook, Scenario]) -> None:
    rulebook, found = case
    unknown = replace(
        rulebook, offers=tuple(replace(o, traits=dict.fromkeys(o.traits, UNKNOWN)) for o in rulebook.offers)
    )
    judgement = judge(unknown, EngineReading(unknown), answer_facts(found))
    assert not any(match.eliminating for match in judgement.gates)
    assert set(judgement.verdict.feasible) == {offer.route for offer in judgement.offers}


@st.composite
def partly_priced(draw: st.DrawFn) -> Scenario:
    """Answers over the bundled catalogue, with some prices of one's own."""
    answers: dict[str, Any] = draw(complete_answers())
    for names in (("open_price",), ("closed_price",), ("gpu_hour_price", "images_per_gpu_hour")):
        if draw(st.booleans()):
            answers = {name: value for name, value in answers.items() if name not in names}
    answers |= {"model": draw(st.sampled_from(CATALOGUE.models)).id} if draw(st.booleans()) else {}
    answers |= {"region": draw(st.sampled_from(["eu", "us", "kr"]))} if draw(st.booleans()) else {}
    return scenario({**answers, "unit": None})


@examples(100)
@given(partly_priced())
def test_the_engine_and_python_agree_over_the_bundled_catalogue(found: Scenario) -> None:
    rulebook = competing(RULEBOOK, CATALOGUE, found, ON)
    answers = answer_facts(found)
    plain, engine = (judge(rulebook, reading(rulebook), answers) for reading in (PlainReading, EngineReading))
    assert plain == engine
    if rulebook.priced and not completions_of(rulebook).unanswered(answers) and plain.verdict.route:
        assert completions_of(rulebook).outcomes(answers) == {plain.verdict.route}


@examples(20)
@given(partly_priced())
def test_a_decision_with_the_catalogue_is_complete(found: Scenario) -> None:
    record = decide(found, RULEBOOK, catalogue=CATALOGUE, decided_on=ON)
    assert record.catalogue_digest == CATALOGUE.digest
    known = {quote.field for quote in record.quotes}
    for name in PRICES:
        stated = getattr(found, name) is not None
        assert not stated or name in known
    for entry in record.shortlist:
        assert (entry.source and entry.as_of) or entry.price is None
        assert (entry.status == "eliminated") == bool(entry.rules)
    if record.status is Status.RECOMMENDED and found.model and record.route in {e.route for e in record.shortlist}:
        assert [e for e in record.shortlist if e.route is record.route and e.status == "chosen"]


def many_offers(number: int) -> Rulebook:
    """The bundled offers, repeated under other ids, as generic offers of the same traits."""
    found = competing(RULEBOOK, CATALOGUE, Scenario(), ON).offers
    offers: tuple[Offer, ...] = tuple(
        replace(found[place * 37 % len(found)], id=f"offer-{place}") for place in range(number)
    )
    assert {offer.route for offer in offers} == set(Route)
    return without_prices(replace(RULEBOOK, offers=offers, priced=frozenset(Route)))


@pytest.mark.fuzz
@pytest.mark.parametrize("number", [30, 200])
def test_the_readings_agree_with_many_offers(number: int) -> None:
    """With prices in the columns: on 100,000 scenarios under ``make agree``."""
    rulebook, rows = many_offers(number), 100_000 if AGREE else repeats(5_000, 500)
    columns = generate(rows, seed=number)
    outcomes = NumpyReading(table_of(rulebook)).decide(columns)
    assert rows_that_differ(on_duckdb(rulebook, columns), in_words(outcomes)) == []
    plain = PlainReading(rulebook)
    for row in range(0, rows, 100):
        assert one_by_one(rulebook, plain, columns, row) == outcomes.table[outcomes.codes[row]]


def test_a_flip_to_another_checkpoint_puts_its_licence_on_the_own_quotes() -> None:
    """Above a licence's limit of revenue the user's own quote is out with the checkpoint, as it is if that is named."""
    amounts = {"monthly_images": 50_000, "monthly_overhead": 500, "open_price": "0.03", "closed_price": "0.000001"}
    needs = {name: EXERCISE[name] for name in NEEDS}
    named = scenario({**needs, **amounts, "annual_revenue_usd": 20_000_000, "model": "flux-1-schnell"})
    record = decide(named, RULEBOOK, catalogue=CATALOGUE, decided_on=ON)
    flips = {flip.to: flip.route for flip in record.flips if flip.field == "model"}
    for model in ("sd-3-5-large", "sdxl-1-0", "flux-1-dev"):
        other = decide(named.changed(model=model), RULEBOOK, catalogue=CATALOGUE, decided_on=ON)
        assert flips.get(model, record.route) == other.route
    assert flips["sd-3-5-large"] == "closed_api"
