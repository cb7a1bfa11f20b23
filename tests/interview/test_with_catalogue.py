"""The interview with the bundled catalogue: a checkpoint is asked for, and prices only of those who have their own."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from advisor.catalogue.loader import bundled_catalogue
from advisor.common.diagnostics import BadInput
from advisor.decision.competition import competing
from advisor.decision.decide import decide
from advisor.domain.cost_model import PRICES
from advisor.domain.record_parts import Status
from advisor.domain.scenario import FIELDS
from advisor.evaluation.facts import FIELDS_OF, answer_facts
from advisor.interview.flow import Flow, flow_of
from advisor.interview.question_view import InterviewViews, QuestionView, ReviewView
from advisor.interview.state import ASIDES, CLASH, COSTS, DETAILS, KEEP, OWN_PRICES, UNKNOWN, InterviewState
from advisor.report.templates import summary
from advisor.rulebook.loader import bundled_rulebook
from advisor.scenario_space.completions import completions_of
from benchmarks.lives import LIVES, knowing_nothing, steps
from benchmarks.peers.scenarios import generate
from tests.helpers.strategies import AMOUNTS, EXERCISE, NEEDS, complete_answers, examples, scenario

DAY = datetime.date(2026, 11, 22)
FLOW: Flow = flow_of(bundled_rulebook(), bundled_catalogue(), DAY)
VIEWS = InterviewViews(FLOW)
QUOTES = frozenset(name for fields in FIELDS_OF.values() for name in fields)
VOLUME = ("monthly_images_low", "monthly_images", "monthly_images_high")
MODELS = [None, "flux-1-schnell", "sd-3-5-large", "qwen-image"]
REVENUES = [None, "0", "5000000"]


@st.composite
def people(draw: st.DrawFn) -> dict[str, Any]:
    """What a person can answer: some needs and amounts, a checkpoint or not, and no price."""
    known = scenario(draw(complete_answers())).model_dump(exclude_none=True)
    unknown = draw(st.sets(st.sampled_from((*NEEDS, *AMOUNTS, "monthly_images_low", "monthly_images_high"))))
    answers = {name: value for name, value in known.items() if name not in QUOTES | unknown}
    answers["unit"] = draw(st.sampled_from(["image", "video_second"]))
    answers["model"], revenue = draw(st.sampled_from(MODELS)), draw(st.sampled_from(REVENUES))
    answers["annual_revenue_usd"] = Decimal(revenue) if revenue else None
    return {name: value for name, value in answers.items() if value is not None}


def asked_of(answers: dict[str, Any], asides: dict[str, Any]) -> list[tuple[str, InterviewState]]:
    """Every question of an interview, with the state in which it is asked."""
    state, asked = InterviewState(), list[tuple[str, InterviewState]]()
    video = answers.get("unit") == "video_second"
    answers = {name: value for name, value in answers.items() if not (video and name == "model")}
    while (question := FLOW.next(state)) is not None:
        asked.append((question, state))
        assert len(asked) <= len(FIELDS) + len(ASIDES)
        if question in ASIDES:
            state = state.answer(question, KEEP if question == CLASH else asides.get(question, False))
        else:
            state = state.answer(question, answers.get(question))
    return asked


@examples(60)
@given(people())
def test_who_has_no_price_is_asked_for_none(answers: dict[str, Any]) -> None:
    for question, state in asked_of(answers, {COSTS: True}):
        assert question not in QUOTES or not FLOW.position(state).supplied


@examples(60)
@given(people())
def test_a_question_about_the_route_can_matter_when_it_is_asked(answers: dict[str, Any]) -> None:
    asked = asked_of(answers, {})
    route = asked[: next(place for place, (name, _) in enumerate(asked) if name in (COSTS, DETAILS))]
    for question, state in route:
        if question in ("unit", "output_use", "region", "gpu_billing", "peak_to_mean", "min_gpus", *ASIDES):
            continue
        stated = state.scenario()
        rulebook = competing(bundled_rulebook(), bundled_catalogue(), stated, DAY)
        opened = completions_of(rulebook).open_questions(answer_facts(stated), ranged=True)
        ends = {"monthly_images_low", "monthly_images_high"}
        assert question in opened or (question == "monthly_images" and ends & set(opened))


@examples(40)
@given(people(), st.booleans())
def test_the_interview_ends_where_the_decision_does(answers: dict[str, Any], costs: bool) -> None:
    asked = asked_of(answers, {COSTS: costs})
    state = asked[-1][1].answer(DETAILS, False)
    position, decision = (
        FLOW.position(state),
        decide(state.scenario(), bundled_rulebook(), catalogue=bundled_catalogue(), decided_on=DAY),
    )
    if position.settled:
        assert position.outcomes == {decision.route}
        assert decision.status is not Status.OPEN
    assert {name for name, _ in asked}.isdisjoint({OWN_PRICES} if not position.supplied else ())


@examples(40)
@given(people())
def test_the_checkpoint_comes_after_the_choices_and_before_the_amounts(answers: dict[str, Any]) -> None:
    names = [name for name, _ in asked_of(answers, {})]
    if "model" not in names or COSTS in names[: names.index("model")]:
        return
    place = names.index("model")
    amounts = {*AMOUNTS, "monthly_images_low", "monthly_images_high", "annual_revenue_usd"}
    assert not amounts & set(names[:place])
    assert not {name for name in names[place:] if name in NEEDS}


def test_the_number_of_questions_announced_is_about_the_number_asked() -> None:
    off = []
    for generated in generate(40, seed=12):
        known = scenario({name: generated[name] for name in (*NEEDS, *VOLUME, "monthly_overhead")})
        asked = [(n, state) for n, state in asked_of(known.model_dump(exclude_none=True), {}) if n not in ASIDES]
        off += [abs(FLOW.about(state) - len(asked)) for _, state in asked]
    assert sum(off) / len(off) < 2, sum(off) / len(off)


def at_prices(**answers: str) -> InterviewState:
    """Every need and amount is answered but the prices."""
    needs = {name: str(value).lower() for name, value in EXERCISE.items() if name in NEEDS}
    known = {"unit": "image", "model": UNKNOWN, "annual_revenue_usd": "500000", "monthly_images": "45000"}
    rest = {"monthly_images_low": UNKNOWN, "gpu_billing": "as_used", "monthly_overhead": "2000"}
    return InterviewState.from_mapping({**needs, **known, **rest, **answers})


def test_a_price_of_ones_own_is_asked_for_and_the_catalogue_supplies_the_others() -> None:
    state = at_prices(model="flux-1-schnell")
    assert FLOW.next(state) == OWN_PRICES
    assert VIEWS.standing(state).startswith("Settled at the catalogue's prices: an open-weight inference API")
    state = state.answer(OWN_PRICES, True)
    asked = []
    while (question := FLOW.next(state)) in QUOTES:
        asked.append(question)
        state = state.answer_text(question, "0.5" if question == "open_price" else UNKNOWN)
    assert asked == ["open_price", "closed_price", "gpu_hour_price", "images_per_gpu_hour"]
    assert {name for name in PRICES if getattr(state.scenario(), name) is not None} == {
        "open_price",
        "monthly_overhead",
    }
    record = decide(state.scenario(), bundled_rulebook(), catalogue=bundled_catalogue(), decided_on=DAY)
    origins = {quote.field: quote.origin for quote in record.quotes}
    assert origins["open_price"] == "answer"
    assert origins["gpu_hour_price"] == origins["closed_price"] == "catalogue"
    assert InterviewState.from_mapping(state.to_mapping()) == state


def test_own_figures_of_gpus_are_asked_for_together() -> None:
    state = at_prices(model="flux-1-schnell", own_prices="true", open_price=UNKNOWN, closed_price=UNKNOWN)
    state = state.answer_text("gpu_hour_price", "2.50")
    assert FLOW.next(state) == "images_per_gpu_hour"


def test_a_price_changed_in_the_review_counts_although_there_were_to_be_none() -> None:
    state = at_prices(model="flux-1-schnell", own_prices="false")
    review = VIEWS.next(state.answer(DETAILS, False))
    assert isinstance(review, ReviewView)
    assert [line.id for line in review.lines][-4:] == list(FLOW.position(state).supplied)
    changed = state.answer_text("gpu_hour_price", "2.50")
    assert FLOW.next(changed) == "images_per_gpu_hour"


def test_without_a_settled_checkpoint_a_price_is_a_range_with_its_days() -> None:
    hint = VIEWS.question("open_price", at_prices()).hints[0]
    assert re.fullmatch(
        r"Enter alone: the catalogue's price, \$0\.\d+ to \$0\.\d+ per image "
        r"\(\d+ offers, 20\d\d-\d\d-\d\d to 20\d\d-\d\d-\d\d\)\.",
        hint,
    ), hint


def test_the_range_of_a_price_is_that_of_the_offers_that_still_compete() -> None:
    state = at_prices(control="adapters")
    supplied, every = FLOW.position(state).supplied["open_price"], FLOW.position(at_prices()).supplied["open_price"]
    assert supplied.figures < every.figures
    assert supplied.least > every.least


def test_the_checkpoints_are_listed_with_their_licence_and_offers_the_undecided_first(
    golden: Callable[[str], SnapshotAssertion],
) -> None:
    found = {}
    for name, answers in {"images": {}, "adapters": {"control": "adapters"}, "video": {"unit": "video_second"}}.items():
        view = VIEWS.question("model", at_prices(**answers))
        assert view.options[0].value == UNKNOWN
        found[name] = [f"{option.label}: {option.meaning}" for option in view.options]
        found[f"{name}, own prices"] = list(VIEWS.question(OWN_PRICES, at_prices(**answers)).hints)
    found["why"] = VIEWS.why("model", at_prices()).split("\n")
    assert json.dumps(found, indent=2, ensure_ascii=False) + "\n" == golden("checkpoints.json")


def test_a_listed_checkpoint_leads_where_its_answer_does() -> None:
    state = at_prices(control="adapters")
    for choice in FLOW.checkpoints(state):
        named = state.answer("model", choice.entry.id)
        assert FLOW.position(named).outcomes == choice.outcomes


def test_the_region_is_asked_where_the_offers_are_bound_to_one() -> None:
    state = at_prices(residency="in_region")
    asked = FLOW.next(state)
    assert asked == "region"
    assert FLOW.next(state.answer("region", "eu")) != "region"


@examples(30)
@given(
    st.integers(1, 3_000_000),
    st.sampled_from(["prompt_only", "adapters"]),
    st.sampled_from(["open_suffices", "best_preferred"]),
    st.sampled_from(["as_used", UNKNOWN]),
    st.sampled_from(["500000", UNKNOWN]),
)
def test_where_it_turns_holds_for_every_checkpoint(
    volume: int, control: str, quality: str, billing: str, revenue: str
) -> None:
    left = {"monthly_overhead": UNKNOWN, "gpu_billing": billing, "own_prices": "false", "annual_revenue_usd": revenue}
    state = at_prices(control=control, quality=quality, monthly_images=str(volume), **left)
    stated, catalogue = state.scenario(), bundled_catalogue()
    decision = decide(stated, bundled_rulebook(), catalogue=catalogue, decided_on=DAY)
    models = [each.model for each in decision.by_model]
    assert models
    for point in decision.turning_points:
        bounds = FIELDS[point.field].quantity
        assert bounds is not None
        for model in models:
            for end in (point.from_ or bounds.least, point.to or bounds.most):
                named = stated.changed(model=model, **{point.field: Decimal(end)})
                outcomes = completions_of(competing(bundled_rulebook(), catalogue, named, DAY)).outcomes(
                    answer_facts(named)
                )
                assert outcomes - {None} <= {point.route} or point.route is None


def test_who_does_not_know_the_checkpoint_is_shown_where_the_overhead_decides() -> None:
    state = at_prices(monthly_overhead=UNKNOWN, own_prices="false")
    decision = decide(state.scenario(), bundled_rulebook(), catalogue=bundled_catalogue(), decided_on=DAY)
    assert decision.open_questions == ["model", "monthly_overhead"]
    assert [(point.field, point.route) for point in decision.turning_points] == [
        ("monthly_overhead", "self_host"),
        ("monthly_overhead", "open_weight_api"),
    ]
    assert re.search(
        r"own GPUs with open weights; at \$.* or more: .*, whatever the checkpoint is\.", summary(decision)
    )


@pytest.mark.parametrize("life", LIVES)
def test_the_order_of_a_life_is_as_recorded(life: str, golden: Callable[[str], SnapshotAssertion]) -> None:
    found = {
        knows: [view.id for view, _, _ in steps(VIEWS, known)]
        for knows, known in (("its volume", LIVES[life]), ("nothing", knowing_nothing(LIVES[life])))
    }
    assert json.dumps(found, indent=2) + "\n" == golden(f"{life}.json")


def test_a_checkpoint_that_the_catalogue_lacks_is_a_clear_error() -> None:
    with pytest.raises(BadInput, match="`flux-9` is not a checkpoint of the catalogue"):
        FLOW.next(InterviewState().answer("model", "flux-9"))


def test_the_undecided_are_shown_as_such_and_a_checkpoint_by_its_name() -> None:
    lines = {line.id: line.answer for line in VIEWS.review(at_prices()).lines}
    assert lines["model"] == "not sure: compare them"
    assert "FLUX.1 [schnell]" in [line.answer for line in VIEWS.review(at_prices(model="flux-1-schnell")).lines]
    view = VIEWS.next(at_prices())
    assert isinstance(view, QuestionView)
    assert view.id == OWN_PRICES
