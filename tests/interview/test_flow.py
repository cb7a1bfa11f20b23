"""The flow without a terminal: right answers, no question in vain, no dead end whatever is answered or changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from syrupy.assertion import SnapshotAssertion

from advisor.common.diagnostics import BadInput
from advisor.decision.decide import decide
from advisor.domain.cost_model import OWN_AMOUNTS
from advisor.domain.scenario import FIELDS
from advisor.interview.flow import Flow, flow_of
from advisor.interview.state import ASIDES, CLASH, EXTRAS, KEEP, InterviewState
from advisor.rulebook.loader import bundled_rulebook
from benchmarks.peers.scenarios import generate
from tests.helpers import reference
from tests.helpers.strategies import AMOUNTS, EXERCISE, NEEDS, complete_answers, examples, repeats, scenario

FLOW: Flow = flow_of(bundled_rulebook())
ROUTE_QUESTIONS = (*NEEDS, *AMOUNTS, "monthly_images_low", "monthly_images_high")
VALUES: dict[str, list[Any]] = {
    "monthly_images": [1, 4_000, 60_000, 2_000_000],
    "monthly_images_low": [1, 4_000, 60_000],
    "monthly_images_high": [4_000, 60_000, 2_000_000],
    "open_price": ["0.001", "0.03", "1"],
    "closed_price": ["0.001", "0.04", "1"],
    "gpu_hour_price": ["0.5", "1.2", "90"],
    "images_per_gpu_hour": ["0.5", "600", "8000"],
    "monthly_overhead": ["0", "2000", "100000"],
    "annual_revenue_usd": ["0", "5000000"],
    "peak_to_mean": ["1", "3.5"],
    "min_gpus": ["1", "2"],
    "migration_cost": ["0", "30000"],
    "title": ["A title"],
    "region": ["eu"],
}


def interviewed(answers: dict[str, Any], costs: bool = False) -> tuple[InterviewState, list[str]]:
    """Answers the flow from complete answers and returns what was asked for the route."""
    so_far, asked = InterviewState(), []
    while (question := FLOW.next(so_far)) is not None:
        if question in EXTRAS:
            so_far = so_far.answer(question, costs and question == "costs")
            continue
        if question == CLASH:
            so_far = so_far.answer(question, KEEP)
            continue
        asked.append(question)
        so_far = so_far.answer(question, answers.get(question))
    return so_far, asked


@examples(2_000)
@given(complete_answers())
def test_the_interview_leads_where_the_whole_scenario_leads(answers: dict[str, Any]) -> None:
    whole = scenario(answers).model_dump(exclude_none=True)
    so_far, asked = interviewed(whole)
    expected = {next(iter(reference.decide(answers).left), None)}
    assert FLOW.position(so_far).outcomes == expected
    assert len(set(asked)) == len(asked)


@examples(300)
@given(complete_answers(), complete_answers())
def test_a_skipped_question_cannot_change_the_route(answers: dict[str, Any], other: dict[str, Any]) -> None:
    _, asked = interviewed(scenario(answers).model_dump(exclude_none=True))
    here = reference.decide(answers).left
    for name in set(NEEDS) - set(asked):
        for value in (False, True) if FIELDS[name].boolean else FIELDS[name].options:
            assert reference.decide({**answers, name: value}).left == here
    for name in set(AMOUNTS) - set(asked) - {"monthly_images"}:
        assert reference.decide({**answers, name: other[name]}).left == here


@pytest.mark.fuzz
def test_at_most_sixty_percent_of_the_questions_are_asked_on_average() -> None:
    asked = []
    skippable = set(ROUTE_QUESTIONS) - {"output_use", "unit"}
    for generated in generate(repeats(300, 25), seed=11):
        answers = {name: generated[name] for name in ROUTE_QUESTIONS}
        asked.append(len(skippable & set(interviewed(scenario(answers).model_dump(exclude_none=True))[1])))
    assert sum(asked) <= 0.6 * len(skippable) * len(asked), sum(asked) / len(asked)


@examples(200)
@given(complete_answers(), st.sets(st.sampled_from(ROUTE_QUESTIONS)))
def test_the_use_of_the_outputs_is_asked_once_and_before_any_amount(answers: dict[str, Any], unknown: set[str]) -> None:
    known = scenario(answers).model_dump(exclude_none=True)
    _, asked = interviewed({name: value for name, value in known.items() if name not in unknown})
    assert asked.count("output_use") == 1
    assert not [name for name in asked[: asked.index("output_use")] if name not in (*NEEDS, "unit")]


@examples(200)
@given(complete_answers(), st.sets(st.sampled_from(ROUTE_QUESTIONS)))
def test_what_is_made_comes_first_and_the_quietest_month_before_the_busiest(
    answers: dict[str, Any], unknown: set[str]
) -> None:
    known = scenario(answers).model_dump(exclude_none=True)
    _, asked = interviewed({name: value for name, value in known.items() if name not in unknown})
    assert asked[0] == "unit"
    volumes = [name for name in asked if name.startswith("monthly_images")]
    order = ("monthly_images", "monthly_images_low", "monthly_images_high")
    assert [order.index(name) for name in volumes] == sorted(order.index(name) for name in volumes)
    amounts = [name for name in asked if name in AMOUNTS]
    assert not volumes or amounts[0] == "monthly_images"


@pytest.mark.parametrize(
    ("current", "asked"), [(None, False), ("self_host", False), ("closed_api", True), ("open_weight_api", True)]
)
def test_the_cost_of_moving_is_asked_where_something_moves(current: str | None, asked: bool) -> None:
    state = InterviewState().answer("residency", "on_premises").answer("quality", "open_suffices")
    state = state.answer("indemnity_required", False).answer("details", True).answer("current_route", current)
    for name in ("unit", "output_use", "costs", "title", "annual_revenue_usd"):
        state = state.answer(name, None if name not in EXTRAS else False)
    assert (FLOW.next(state) == "migration_cost") == asked


def test_no_cost_of_moving_is_asked_where_no_option_is_left() -> None:
    conflict = {**EXERCISE, "residency": "on_premises", "quality": "frontier_only", "current_route": "closed_api"}
    state, _ = interviewed(scenario(conflict).model_dump(exclude_none=True))
    state = state.answer("details", True)
    while (question := FLOW.next(state)) is not None:
        assert question != "migration_cost"
        state = state.answer(question, scenario(conflict).model_dump().get(question))


@examples(300)
@given(complete_answers())
def test_answers_that_clash_are_offered_for_a_change_with_what_it_leads_to(answers: dict[str, Any]) -> None:
    state, _ = interviewed(scenario(answers).model_dump(exclude_none=True))
    infeasible = FLOW.position(state).outcomes == {None}
    assert (CLASH in state) == infeasible
    if not infeasible:
        return
    offered = FLOW.ways_out(state)
    assert offered
    for way in offered:
        changed = state.answer_text(CLASH, "&".join(f"{name}={text}" for name, text in way.changes))
        assert CLASH not in changed
        assert FLOW.position(changed).outcomes == way.outcomes != {None}
        for name, _ in way.changes:
            back = changed.answer(name, state.answers[name])
            assert FLOW.position(back).outcomes == {None}, "each of the changes is needed"


@examples(200)
@given(complete_answers(), st.sampled_from([None, "as_used", "always_on"]))
def test_how_gpus_are_paid_is_asked_before_what_own_gpus_cost_and_their_load_only_where_they_are_kept_on(
    answers: dict[str, Any], billing: str | None
) -> None:
    known = scenario(answers).model_dump(exclude_none=True) | ({"gpu_billing": billing} if billing else {})
    _, asked = interviewed(known)
    own = [name for name in asked if name in OWN_AMOUNTS]
    kept_on = "gpu_billing" in asked and billing == "always_on"
    assert {"peak_to_mean", "min_gpus"} & set(asked) <= ({"peak_to_mean", "min_gpus"} if kept_on else set())
    if own:
        assert asked.index("gpu_billing") < asked.index(own[0])
        assert ("peak_to_mean" in asked) == ("min_gpus" in asked) == kept_on
    else:
        assert kept_on or "gpu_billing" not in asked, "GPUs that are kept on may cost too much, whatever they cost"


@pytest.mark.fuzz
def test_the_number_of_questions_announced_is_about_the_number_asked() -> None:
    off = []
    for generated in generate(repeats(100, 25), seed=12):
        answers = scenario({name: generated[name] for name in ROUTE_QUESTIONS}).model_dump(exclude_none=True)
        _, asked = interviewed(answers)
        so_far = InterviewState()
        for name in asked:
            about = FLOW.about(so_far)
            assert about > len(so_far.order)
            off.append(abs(about - len(asked)))
            so_far = so_far.answer(name, answers.get(name))
    assert sum(off) / len(off) < 2, sum(off) / len(off)


def test_no_costs_are_offered_where_no_option_is_left_to_cost_anything() -> None:
    conflict = {**EXERCISE, "residency": "on_premises", "quality": "frontier_only"}
    so_far, _ = interviewed(scenario(conflict).model_dump(exclude_none=True), costs=True)
    assert FLOW.position(so_far).outcomes == {None}
    assert "costs" not in so_far.order
    assert "clash" in so_far.order
    assert "details" in so_far.order


def test_no_price_is_asked_before_the_route_is_known() -> None:
    hospital = {"residency": "on_premises", "indemnity_required": False, "quality": "open_suffices"}
    so_far, asked = interviewed(scenario(hospital).model_dump(exclude_none=True))
    assert set(asked) <= {*NEEDS, "unit"}
    assert FLOW.position(so_far).outcomes == {"self_host"}
    assert "open_price" in FLOW.skipped(so_far)
    with_costs = interviewed(scenario(hospital).model_dump(exclude_none=True), costs=True)[0]
    assert {"monthly_images", "gpu_hour_price", "images_per_gpu_hour", "monthly_overhead"} <= set(with_costs.order)
    assert "open_price" not in with_costs.order


def test_the_order_of_the_questions_is_as_recorded(golden: Callable[[str], SnapshotAssertion]) -> None:
    found = {}
    differences: dict[str, dict[str, Any]] = {
        "permissive": {},
        "hospital": {"residency": "on_premises"},
        "frontier": {"quality": "frontier_only"},
        "best preferred": {"quality": "best_preferred"},
        "latents": {"control": "latents"},
        "a range": {"monthly_images_low": 100, "monthly_images_high": 100_000},
    }
    for name, answers in differences.items():
        base = scenario({**EXERCISE, **answers}).model_dump(exclude_none=True)
        found[name] = interviewed(base, costs=True)[0].order
    found["nothing is known"] = interviewed({})[0].order
    assert json.dumps(found, indent=2) + "\n" == golden("order.json")


def test_why_names_the_rules_and_where_each_option_leads() -> None:
    reason = FLOW.why(InterviewState(), "residency")
    assert [each.id for each in reason.rules] == ["stays-on-premises", "stays-in-region", "licence-covers-region"]
    assert dict(reason.leads_to)["on_premises"] == {"self_host", None}
    price = FLOW.why(InterviewState(), "open_price")
    assert "rent-below-crossover" in [each.id for each in price.rules]
    assert price.leads_to == ()


class Interview(RuleBasedStateMachine):
    """Answering, not knowing, going back and changing answers in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.given = InterviewState()

    @initialize()
    def start(self) -> None:
        self.given = InterviewState()

    def answered(self, question: str, data: st.DataObject) -> None:
        before = self.given
        known = data.draw(st.sampled_from([*([] if question in ASIDES else [None]), *self.values(question)]))
        try:
            self.given = before.answer(question, known)
        except BadInput:
            assert question.startswith("monthly_images")
            return
        lost = set(before.order) - set(self.given.order) - {CLASH}
        assert lost <= ({"monthly_images_low", "monthly_images_high"} if question == "monthly_images" else set())
        kept = set(before.answers) - lost - {question, CLASH}
        assert all(self.given.answers[name] == before.answers[name] for name in kept)

    @staticmethod
    def values(question: str) -> list[Any]:
        if question in EXTRAS:
            return [True, False]
        if question == CLASH:
            return [KEEP]
        spec = FIELDS[question]
        if spec.boolean:
            return [True, False]
        if spec.choices:
            return list(spec.choices)
        if spec.quantity:
            return [spec.quantity.check(value) for value in VALUES[question]]
        return VALUES[question]

    @precondition(lambda self: FLOW.next(self.given) is not None)
    @rule(data=st.data())
    def answer_the_next_question(self, data: st.DataObject) -> None:
        question = FLOW.next(self.given)
        assert question is not None
        assert question not in self.given
        self.answered(question, data)

    @precondition(lambda self: bool(self.given.order))
    @rule(data=st.data())
    def change_an_earlier_answer(self, data: st.DataObject) -> None:
        self.answered(data.draw(st.sampled_from(self.given.order)), data)

    @invariant()
    def the_interview_can_always_be_finished(self) -> None:
        position = FLOW.position(self.given)
        assert position.outcomes
        assert set(position.open) <= {*ROUTE_QUESTIONS, "peak_to_mean"}
        if FLOW.next(self.given) is None:
            record = decide(self.given.scenario(), bundled_rulebook())
            if position.settled:
                assert {record.route} == position.outcomes or self.given.unknown
        assert len(self.given.order) <= len(FIELDS) + len(ASIDES)


TestInterview = Interview.TestCase
TestInterview.settings = settings(examples(60), stateful_step_count=25)


@examples(200)
@given(st.permutations(ROUTE_QUESTIONS), complete_answers())
def test_answers_given_beforehand_in_any_order_are_not_asked_again(order: list[str], answers: dict[str, Any]) -> None:
    whole = scenario(answers).model_dump(exclude_none=True)
    known = {name: whole[name] for name in order[:7] if name in whole}
    low, high = known.get("monthly_images_low"), known.get("monthly_images_high")
    assume(low is None or high is None or low <= high)
    so_far = InterviewState().with_answers(known)
    while (question := FLOW.next(so_far)) is not None:
        assert question not in known
        so_far = so_far.answer(
            question, KEEP if question == CLASH else False if question in EXTRAS else whole.get(question)
        )
    assert FLOW.position(so_far).outcomes == {next(iter(reference.decide(answers).left), None)}
