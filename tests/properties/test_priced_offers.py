"""Offers with prices and checkpoints: outcomes and explanations against deciding each completion by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from advisor.decision.assessment import Assessment
from advisor.domain.cost_model import OwnGpus
from advisor.domain.offer import UNKNOWN, Encoded, Offer, Quote, Unknown
from advisor.domain.record_parts import Status
from advisor.domain.scenario import FIELDS, Axis, Route, Scenario
from advisor.evaluation.compiler import PlainReading
from advisor.evaluation.durable_rules_backend import EngineReading
from advisor.evaluation.facts import FIELDS_OF, answer_facts
from advisor.evaluation.resolution import NOTHING, Silenced, judge, silences
from advisor.explanation.counterfactuals import Explainer
from advisor.rulebook.loader import bundled_rulebook
from advisor.rulebook.model import Rulebook
from advisor.scenario_space.completions import Outcome, completions_of
from advisor.scenario_space.gate_outcomes import need_values, with_relevant_offers
from tests.helpers.strategies import EXERCISE, NEEDS, examples, scenario

RULEBOOK = bundled_rulebook()
CAP, REVENUE = "revenue_cap_usd", "annual_revenue_usd"
CAPS = [10**8, 2 * 10**8]
"""One and two million dollars, in cents."""
READ = [name for name in RULEBOOK.traits if name in RULEBOOK.reads(RULEBOOK.gates)]
MODELS = ("model-a", "model-b")
PRICES: dict[Route, list[tuple[str, ...]]] = {
    Route.OPEN_WEIGHT_API: [("0.001",), ("0.004",), ("0.03",)],
    Route.CLOSED_API: [("0.002",), ("0.04",)],
    Route.SELF_HOST: [("1.2", "600"), ("2.4", "1500"), ("0.5", "100"), ("0.9", "600")],
}
VOLUMES = (500, 50_000, 3_000_000)


def coded(name: str) -> list[Encoded]:
    known = RULEBOOK.names[name]
    return list(CAPS) if name == CAP else [known.encode(word) for word in known.options]


def inside(name: str, text: str) -> int:
    quantity = FIELDS[name].quantity
    assert quantity is not None
    return quantity.inside(Decimal(text))


@st.composite
def priced_offers(draw: st.DrawFn, number: int, route: Route, model: str | None) -> Offer:
    like = next(found for found in RULEBOOK.offers if found.route is route)
    changed = draw(st.lists(st.sampled_from(READ), max_size=3, unique=True))
    traits: dict[str, Encoded | Unknown] = {name: draw(st.sampled_from([*coded(name), UNKNOWN])) for name in changed}
    prices: list[tuple[str, ...]] = [*PRICES[route], ()]
    price = draw(st.sampled_from(prices))
    amounts = {name: inside(name, text) for name, text in zip(FIELDS_OF[route], price, strict=False)}
    quote = Quote(amounts, "a supplier", "a source", "2026-11-01", "high")
    return replace(like, id=f"offer-{number}", model=model, quote=quote, traits={**like.traits, **traits})


@st.composite
def priced_rulebooks(draw: st.DrawFn) -> Rulebook:
    """Rulebooks in which each checkpoint has offers on every priced route, and the other routes their generic one."""
    priced = draw(st.sets(st.sampled_from(list(Route)), min_size=1))
    offers = [offer for offer in RULEBOOK.offers if offer.route not in priced]
    models: tuple[str | None, ...] = MODELS[: draw(st.integers(1, 2))]
    for route in Route:
        for model in models if route is not Route.CLOSED_API else (None,):
            for _ in range(draw(st.integers(1, 3)) if route in priced else 0):
                offers.append(draw(priced_offers(len(offers), route, model)))
    return replace(RULEBOOK, offers=tuple(offers), priced=frozenset(priced))


AMOUNTS = ("open_price", "closed_price", "gpu_hour_price", "images_per_gpu_hour")


@st.composite
def cases(draw: st.DrawFn, missing: int = 0) -> tuple[Rulebook, Scenario]:
    rulebook = draw(priced_rulebooks())
    fields = {name for route in rulebook.priced for name in FIELDS_OF[route]}
    answers: dict[str, Any] = {name: value for name, value in EXERCISE.items() if name not in fields}
    for name in NEEDS:
        if draw(st.booleans()):
            options = FIELDS[name].options
            answers[name] = draw(st.booleans()) if FIELDS[name].boolean else draw(st.sampled_from(options))
    answers |= {REVENUE: draw(st.sampled_from([0, 1_500_000, 9_000_000]))}
    answers |= {
        "monthly_images": draw(st.sampled_from(VOLUMES)),
        "monthly_overhead": draw(st.sampled_from([0, 300, 5000])),
    }
    if draw(st.booleans()):
        answers |= {"monthly_images_low": 400, "monthly_images_high": 4_000_000}
    if draw(st.integers(0, 3)) == 0:
        answers |= {"gpu_billing": "always_on", "peak_to_mean": draw(st.sampled_from([1, 3]))}
    if rulebook.models:
        answers["model"] = draw(st.sampled_from(rulebook.models))
    for name in draw(st.lists(st.sampled_from([*NEEDS, REVENUE, "model"]), max_size=missing, unique=True)):
        answers.pop(name, None)
    return rulebook, scenario(answers)


def whole(rulebook: Rulebook, answers: dict[str, Encoded]) -> Iterator[dict[str, Encoded]]:
    """Every completion of the needs."""
    names = [name for name in (*NEEDS, REVENUE, *(["model"] if rulebook.models else [])) if name not in answers]
    for chosen in product(*(need_values(rulebook, name) for name in names)):
        yield {**answers, **dict(zip(names, chosen, strict=True))}


def decided(rulebook: Rulebook, answers: dict[str, Encoded], silenced: Silenced = NOTHING) -> frozenset[Outcome]:
    """The outcomes of complete needs, worked out offer by offer; several where amounts stay unknown."""
    axes = {gate.id: gate.axis for gate in RULEBOOK.gates}
    competing = [offer for offer in rulebook.offers if offer.model in (None, answers.get("model"))]
    matches = PlainReading(rulebook).match_offers(answers, competing)
    left = [
        offer
        for offer, match in zip(competing, matches, strict=True)
        if all(axes[rule] in silenced for rule in match.eliminating)
    ]
    facts = {name: value for name, value in answers.items() if name not in fields_of(rulebook)}
    for route in rulebook.priced:
        quotes = [offer.quote.amounts for offer in left if offer.route is route and offer.quote and offer.quote.amounts]
        if quotes:
            facts |= min(quotes, key=lambda amounts: cost(route, amounts, answers))
    generic = {offer.route: offer for offer in RULEBOOK.offers}
    permissive: dict[str, Encoded | Unknown] = {
        name: "yes" if name not in ("leaves_premises", "shared_queue") else "no" for name in READ
    }
    permissive |= {CAP: 10**16, "model_access": "proprietary", "control_depth": 3}
    offers = tuple(
        replace(generic[route], traits=permissive) for route in Route if any(offer.route is route for offer in left)
    )
    rules = tuple(rule for rule in rulebook.preferences if rule.axis not in silenced)
    plain = replace(RULEBOOK, offers=offers, preferences=rules)
    return completions_of(plain).outcomes(facts) if offers else frozenset((None,))


def fields_of(rulebook: Rulebook) -> set[str]:
    return {name for route in rulebook.priced for name in FIELDS_OF[route]}


def cost(route: Route, amounts: Any, answers: dict[str, Encoded]) -> Fraction:
    values = [Fraction(amounts[name]) for name in FIELDS_OF[route]]
    if route is not Route.SELF_HOST:
        return values[0]
    always_on, peak = bool(answers["gpu_billing"]), Fraction(int(answers.get("peak_to_mean", 1000)), 1000)
    own = OwnGpus(values[0], values[1] / 1000, Fraction(0), always_on, peak, int(answers["min_gpus"]))
    return own.cost(int(answers["monthly_images"])) if always_on else values[0] / values[1]


def expected(rulebook: Rulebook, answers: dict[str, Encoded], silenced: Silenced = NOTHING) -> frozenset[Outcome]:
    """Every outcome of a completion; a checkpoint that leaves no option counts only if no other one leaves any."""
    found: dict[tuple[Any, ...], set[Outcome]] = {}
    for one in whole(rulebook, answers):
        others = tuple(value for name, value in one.items() if name != "model" or name in answers)
        found.setdefault(others, set()).update(decided(rulebook, one, silenced))
    return frozenset[Outcome]().union(*(outcomes - {None} or outcomes for outcomes in found.values()))


@examples(60)
@given(cases(missing=2))
def test_completions_come_to_what_every_completion_does(case: tuple[Rulebook, Scenario]) -> None:
    rulebook, found = case
    answers = answer_facts(found)
    assert completions_of(rulebook).outcomes(answers) == expected(rulebook, answers)
    assert with_relevant_offers(rulebook).models == rulebook.models


@st.composite
def one_not_allowed(draw: st.DrawFn) -> tuple[Rulebook, Scenario]:
    """Own GPUs only, with no checkpoint named and some needs missing; one checkpoint is not for commercial use."""
    rulebook, found = draw(cases(missing=1))
    traits: dict[str, Encoded | Unknown] = {"commercial_use": RULEBOOK.names["commercial_use"].encode("no")}
    offers = [
        replace(offer, traits={**offer.traits, **traits}) if offer.model == MODELS[0] else offer
        for offer in rulebook.offers
    ]
    needs = {"residency": "on_premises", "output_use": "commercial"}
    answers = {name: value for name, value in (found.answers() | needs).items() if name != "model"}
    answers.pop(draw(st.sampled_from(["residency", "output_use", "indemnity_required", "control"])), None)
    return replace(rulebook, offers=tuple(offers)), scenario(answers)


@examples(60)
@given(one_not_allowed())
def test_a_checkpoint_that_is_not_allowed_does_not_count(case: tuple[Rulebook, Scenario]) -> None:
    rulebook, found = case
    answers = answer_facts(found)
    completions, outcomes = completions_of(rulebook), expected(rulebook, answers)
    assert completions.outcomes(answers) == outcomes
    for axis in Axis:
        silenced = frozenset((axis,))
        assert completions.outcomes(answers, silenced) == expected(rulebook, answers, silenced)
    open_questions = completions.open_questions(answers)
    assert bool(open_questions) == (len(outcomes) > 1)
    for name in {*NEEDS, "model"} & set(completions.gate_outcomes.needs) - set(answers):
        each = [expected(rulebook, {**answers, name: value}) for value in need_values(rulebook, name)]
        if name != "model" and any(outcomes != each[0] for outcomes in each):
            assert name in open_questions


@examples(20)
@given(cases())
def test_a_complete_scenario_comes_to_what_its_offers_do(case: tuple[Rulebook, Scenario]) -> None:
    rulebook, found = case
    answers = answer_facts(found)
    outcomes = expected(rulebook, answers)
    judgement = judge(rulebook, EngineReading(rulebook), answers)
    if len(outcomes) == 1 and not completions_of(rulebook).unanswered(answers):
        assert {judgement.verdict.route} == outcomes
        silent = [axes for axes in silences(tuple(Axis)) if expected(rulebook, answers, frozenset(axes)) != outcomes]
        if judgement.verdict.left:
            assert judgement.deciding_axes == (min(silent, key=len) if silent else ())


@examples(60)
@given(cases(missing=1))
def test_an_assessment_is_certain_exactly_if_every_completion_agrees(case: tuple[Rulebook, Scenario]) -> None:
    rulebook, found = case
    answers = answer_facts(found)
    assessment, outcomes = Assessment(found, rulebook, PlainReading(rulebook)), expected(rulebook, answers)
    assert (assessment.status is Status.OPEN) == (len(outcomes) > 1)
    if assessment.status is Status.OPEN:
        for name in assessment.open_questions:
            assert name not in answers
    else:
        assert assessment.outcomes == outcomes


@examples(60)
@given(cases())
def test_flips_are_where_the_outcome_changes(case: tuple[Rulebook, Scenario]) -> None:
    rulebook, found = case
    assessment = Assessment(found, rulebook, PlainReading(rulebook))
    if assessment.status is Status.OPEN:
        return
    (outcome,) = assessment.outcomes
    answers = answer_facts(found)
    explainer = Explainer(rulebook, assessment.judgement, assessment.answers, assessment.scenario.answers())
    flips = explainer.flips(outcome)
    for name in (*NEEDS, *(["model"] if rulebook.models else [])):
        for other in need_values(rulebook, name):
            if other != answers[name]:
                after = expected(rulebook, {**answers, name: other})
                listed = [f for f in flips if f.field == name and str(f.to) == shown(rulebook, name, other)]
                assert bool(listed) == (after != {outcome}), (name, other)
                if listed:
                    assert listed[0].route == (next(iter(after)) if len(after) == 1 else None)


def shown(rulebook: Rulebook, name: str, value: Encoded) -> str:
    return str(value) if isinstance(value, bool) or name == "model" else rulebook.names[name].decode(value)


@examples(60)
@given(cases())
def test_every_joint_change_leads_to_its_route(case: tuple[Rulebook, Scenario]) -> None:
    check_joint_changes(*case)


def test_a_price_changes_with_the_answers_before_a_number_does() -> None:
    closed = next(offer for offer in RULEBOOK.offers if offer.route is Route.CLOSED_API)
    offers = [offer for offer in RULEBOOK.offers if offer is not closed]
    for name, price, use in (("dear", "0.04", "yes"), ("cheap", "0.002", "no")):
        traits = {**closed.traits, "commercial_use": RULEBOOK.names["commercial_use"].encode(use)}
        quote = Quote({"closed_price": inside("closed_price", price)}, "a supplier", "a source", "2026-11-01", "high")
        offers.append(replace(closed, id=name, quote=quote, traits=traits))
    rulebook = replace(RULEBOOK, offers=tuple(offers), priced=frozenset({Route.CLOSED_API}))
    stated = {name: value for name, value in EXERCISE.items() if name != "closed_price"}
    needs = {"residency": "anywhere", "output_use": "commercial", "quality": "open_suffices", "control": "prompt_only"}
    months = {"monthly_images": 500, "monthly_images_low": 400, "monthly_images_high": 4_000_000}
    answers = {**stated, **needs, **months, "train_on_outputs": True, "monthly_overhead": 0, "latency": "tolerant"}
    check_joint_changes(rulebook, scenario(answers))


def check_joint_changes(rulebook: Rulebook, found: Scenario) -> None:
    """That each joint change of answers, and of how GPUs are paid for, leads to the route it is listed for."""
    assessment = Assessment(found, rulebook, PlainReading(rulebook))
    if assessment.status is Status.OPEN:
        return
    explainer = Explainer(rulebook, assessment.judgement, assessment.answers, assessment.scenario.answers())
    for other in explainer.why_not(assessment.route):
        for changes in other.changes:
            changed = dict(answer_facts(found))
            for change in changes:
                if change.to is None:
                    break
                changed[change.field] = RULEBOOK.names[change.field].encode(change.to)
            else:
                assert expected(rulebook, changed) == {other.route}
