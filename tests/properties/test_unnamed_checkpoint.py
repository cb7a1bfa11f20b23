"""Without a checkpoint named, what is possible is what each checkpoint of the catalogue leads to when it is named."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import product
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from advisor.catalogue.loader import Catalogue
from advisor.decision.assessment import Assessment
from advisor.decision.competition import competing, competing_checkpoints
from advisor.decision.decide import decide
from advisor.domain.record_parts import Status
from advisor.domain.scenario import FIELDS, Route, Scenario
from advisor.evaluation.compiler import PlainReading
from advisor.scenario_space.completions import Outcome
from tests.helpers.strategies import EXERCISE, NEEDS, answer, examples, scenario
from tests.properties.test_catalogue_properties import CATALOGUE, ON, RULEBOOK

CAP = 1_000_000
"""The only limit of revenue in the licences of the catalogue."""
OPEN, CLOSED, OWN = ("open_price",), ("closed_price",), ("gpu_hour_price", "images_per_gpu_hour")
PRICED = ((OPEN,), (OWN,), (OPEN, CLOSED), (OPEN, OWN), (CLOSED, OWN), (OPEN, CLOSED, OWN))
"""What the scenario leaves to the catalogue."""


MISSING = (*NEEDS, "annual_revenue_usd")


def assessed(found: Scenario) -> Assessment:
    rulebook = competing(RULEBOOK, CATALOGUE, found, ON)
    return Assessment(found, rulebook, PlainReading(rulebook))


def values(name: str) -> tuple[Any, ...]:
    if name == "annual_revenue_usd":
        return CAP, CAP + 1
    return (False, True) if FIELDS[name].boolean else FIELDS[name].options


def by_naming_each(found: Scenario) -> frozenset[Outcome]:
    """What each checkpoint leads to, whatever the missing needs; one that leaves no option counts if all do."""
    missing = [name for name in MISSING if getattr(found, name) is None]
    models = competing(RULEBOOK, CATALOGUE, found, ON).models or competing_checkpoints(RULEBOOK, CATALOGUE, found, ON)
    possible = set[Outcome]()
    for chosen in product(*map(values, missing)):
        needs = dict(zip(missing, chosen, strict=True))
        each = [assessed(found.changed(**needs, model=model)).outcomes for model in models]
        possible |= frozenset[Outcome]().union(*each) - {None} or {None}
    return frozenset(possible)


@st.composite
def unnamed(draw: st.DrawFn) -> Scenario:
    """Answers without a checkpoint: some prices are the user's own, and up to two answers are missing."""
    answers: dict[str, Any] = {name: draw(st.one_of(st.just(EXERCISE[name]), answer(name))) for name in NEEDS}
    answers["annual_revenue_usd"] = draw(st.sampled_from([CAP, CAP + 1, 20_000_000]))
    answers["monthly_images"] = draw(st.sampled_from([100, 50_000, 5_000_000]))
    answers["monthly_overhead"] = draw(st.sampled_from([0, 500, 100_000]))
    for name in ("open_price", "closed_price"):
        answers[name] = draw(st.sampled_from([Decimal("0.000001"), Decimal("0.01"), Decimal("0.04"), Decimal(2)]))
    answers["gpu_hour_price"] = draw(st.sampled_from([Decimal("0.01"), Decimal("1.2"), Decimal(40)]))
    answers["images_per_gpu_hour"] = 600
    answers["region"] = draw(st.sampled_from([None, "eu", "us", "kr"]))
    answers["unit"] = draw(st.sampled_from([None, "video_second"]))
    gone = {name for names in draw(st.sampled_from(PRICED)) for name in names}
    gone |= draw(st.sets(st.sampled_from((*NEEDS, "annual_revenue_usd", "monthly_overhead")), max_size=2))
    return scenario({name: value for name, value in answers.items() if name not in gone})


EVERY = {name: EXERCISE[name] for name in NEEDS}
ABOVE = {"annual_revenue_usd": 20_000_000, "monthly_images": 50_000, "monthly_overhead": 500}
OWN_GPUS = {"gpu_hour_price": Decimal("1.2"), "images_per_gpu_hour": 600}
OF_VIDEO = {"unit": "video_second", "monthly_images": 100, "monthly_overhead": 0, "closed_price": Decimal("0.000001")}


@examples(60)
@example(scenario({**EVERY, **ABOVE, "open_price": Decimal("0.01"), "closed_price": Decimal("0.001")}))
@example(scenario({**EVERY, **ABOVE, "open_price": Decimal(2), "closed_price": Decimal("0.04"), "control": "adapters"}))
@example(scenario({**EVERY, **ABOVE, **OWN_GPUS, "quality": "best_preferred", "monthly_images": 5_000_000}))
@example(scenario({**EVERY, **OWN_GPUS, **OF_VIDEO, "train_on_outputs": True}))
@given(unnamed())
def test_what_is_possible_is_what_naming_each_checkpoint_leads_to(found: Scenario) -> None:
    assessment = assessed(found)
    assert assessment.outcomes == by_naming_each(found)
    if "model" in assessment.not_needed:
        assert assessment.status is not Status.OPEN


@examples(60)
@given(unnamed())
def test_the_checkpoint_is_open_where_naming_one_changes_what_is_possible(found: Scenario) -> None:
    assessment = assessed(found)
    whole = found.changed(
        **{name: answer for name in MISSING if getattr(found, name) is None for answer in values(name)[:1]}
    )
    models = assessment.rulebook.models
    if len({assessed(whole.changed(model=model)).outcomes - {None} for model in models} - {frozenset()}) > 1:
        assert "model" in assessment.open_questions
    if "model" in assessment.open_questions:
        assert assessment.status is Status.OPEN


@st.composite
def named(draw: st.DrawFn) -> Scenario:
    """Complete answers with a checkpoint that competes; some prices are the user's own."""
    found = draw(unnamed())
    needs = {name: EXERCISE[name] for name in NEEDS if getattr(found, name) is None}
    amounts: dict[str, Any] = {"annual_revenue_usd": found.annual_revenue_usd or 20_000_000, "monthly_overhead": 500}
    if draw(st.booleans()):  # only the closed route has no price
        amounts |= {"open_price": Decimal("0.03"), **OWN_GPUS}
        found = found.changed(closed_price=None)
    model = draw(st.sampled_from(competing_checkpoints(RULEBOOK, CATALOGUE, found, ON)))
    return found.changed(**needs, **amounts, model=model)


@examples(40)
@example(scenario({**EVERY, **ABOVE, **OWN_GPUS, "open_price": Decimal("0.03"), "model": "flux-1-schnell"}))
@given(named())
def test_flips_name_each_checkpoint_that_leads_to_another_route(found: Scenario) -> None:
    record = decide(found, RULEBOOK, catalogue=CATALOGUE, decided_on=ON)
    if record.status is Status.OPEN:
        return
    flips = {flip.to: (flip.status, flip.route) for flip in record.flips if flip.field == "model"}
    rulebook = competing(RULEBOOK, CATALOGUE, found, ON)
    only_closed = rulebook.priced == {Route.CLOSED_API}
    for model in competing_checkpoints(RULEBOOK, CATALOGUE, found, ON) if only_closed else rulebook.models:
        other = assessed(found.changed(model=model))
        assert flips.get(model, (record.status, record.route)) == (other.status, other.route)


def test_the_checkpoint_is_not_asked_for_where_each_leads_to_the_same() -> None:
    """A queue decides between the two routes, at these prices whatever the checkpoint."""
    free = {"annual_revenue_usd": 0, "monthly_images": 50_000, "monthly_overhead": 500, "open_price": "0.000001"}
    assessment = assessed(scenario({name: value for name, value in {**EVERY, **free}.items() if name != "latency"}))
    assert assessment.outcomes == {Route.OPEN_WEIGHT_API, Route.SELF_HOST}
    assert assessment.open_questions == ("latency",)


def test_a_quote_is_shown_as_stated_unless_every_licence_rules_it_out() -> None:
    def shown(catalogue: Catalogue) -> tuple[Any, ...]:
        stated = scenario({**EVERY, **ABOVE, "open_price": "0.03", "closed_price": "0.04"})
        record = decide(stated, RULEBOOK, catalogue=catalogue, decided_on=ON)
        (offer,) = [one for one in record.offers if one.route is Route.OPEN_WEIGHT_API]
        rules = [one.rule for one in record.eliminated if one.offer == offer.offer]
        return record.possible_routes, offer.offer, offer.traits["revenue_cap_usd"], rules

    capped = [model for model in CATALOGUE.models if model.id == "sd-3-5-large"]
    hosted = tuple(offer for offer in CATALOGUE.hosted if offer.model == "sd-3-5-large")
    throughput = tuple(row for row in CATALOGUE.throughput if row.model == "sd-3-5-large")
    one = replace(CATALOGUE, models=tuple(capped), hosted=hosted, throughput=throughput)
    quote = "any-open-weight-provider"
    assert shown(CATALOGUE)[1:] == (quote, "unknown", [])
    assert shown(one) == (["closed_api"], f"sd-3-5-large--{quote}", "1000000", ["revenue-under-licence-cap"])
