"""The interview without a terminal: state to mapping and back, and a whole interview through views."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from advisor.common.diagnostics import BadInput
from advisor.interview.flow import flow_of
from advisor.interview.question_view import InterviewViews, QuestionView, ReviewView
from advisor.interview.state import EXTRAS, QUESTIONS, UNKNOWN, InterviewState, answer_text
from advisor.interview.terminal import Terminal
from advisor.rulebook.loader import bundled_rulebook
from tests.helpers.strategies import EXERCISE, examples, scenario

VIEWS = InterviewViews(flow_of(bundled_rulebook()))
DOWN, ENTER, BACK = "\x1b[B", "\r", "\x02"
NUMBERS = st.integers(1, 10**6).map(str) | st.sampled_from(["0.5", "40k", "1,200", "3"])


def typed(view: QuestionView) -> st.SearchStrategy[str]:
    """What a person may answer at a question."""
    if view.options:
        return st.sampled_from([option.value for option in view.options])
    if view.unit:
        return NUMBERS | st.just(UNKNOWN)
    return st.text(max_size=20) | st.sampled_from([UNKNOWN, "\\unknown", "\\", " "])


@st.composite
def states(draw: st.DrawFn) -> InterviewState:
    """An interview on its way: questions answered, skipped, changed and estimated."""
    state = InterviewState().with_answers(draw(st.sampled_from([{}, {"title": UNKNOWN}, {"title": "", "region": " "}])))
    for _ in range(draw(st.integers(0, 20))):
        change = draw(st.sampled_from([None, None, None, *state.order])) if not state.estimating else None
        view = VIEWS.next(state, change)
        if isinstance(view, ReviewView):
            break
        if view.estimable and draw(st.booleans()):
            state = state.estimate(view.id)
            continue
        try:
            state = state.answer_text(view.id, draw(typed(view)))
        except BadInput:
            state = state.without_estimate()
    return state


@examples(200)
@given(states())
def test_a_state_is_the_same_after_its_mapping(state: InterviewState) -> None:
    mapping = state.to_mapping()
    assert all(isinstance(text, str) for text in mapping.values())
    again = InterviewState.from_mapping(json.loads(json.dumps(mapping)))
    assert again == state
    assert list(again.to_mapping().items()) == list(mapping.items())


@examples(50)
@given(states())
def test_a_view_is_json(state: InterviewState) -> None:
    view = VIEWS.next(state)
    data = json.loads(json.dumps(asdict(view)))
    if isinstance(view, QuestionView):
        assert data["id"] == view.id
        assert view.id in QUESTIONS
        assert view.text
        assert data["progress"]["answered"] == len([name for name in state.order if name not in EXTRAS])
    assert data["standing"]


def text_for(view: QuestionView, answers: dict[str, Any]) -> str:
    """The answer to a question as text."""
    value = answers.get(view.id, False if view.id in EXTRAS else None)
    return UNKNOWN if value is None else answer_text(value)


def driven(answers: dict[str, Any]) -> tuple[InterviewState, list[QuestionView]]:
    """A whole interview as a page leads it: only mappings and views; each state is read from its mapping."""
    mapping, views = dict[str, str](), list[QuestionView]()
    while isinstance(view := VIEWS.next(InterviewState.from_mapping(mapping)), QuestionView):
        views.append(view)
        mapping = InterviewState.from_mapping(mapping).answer_text(view.id, text_for(view, answers)).to_mapping()
    return InterviewState.from_mapping(mapping), views


def in_terminal(keys: Callable[[QuestionView], str]) -> InterviewState:
    """The same in a terminal, with the keys that answer each question."""
    views = list[QuestionView]()

    class Typing(InterviewViews):
        """Types the answer as soon as a question is shown."""

        def next(self, state: InterviewState, change: str | None = None) -> QuestionView | ReviewView:
            view = super().next(state, change)
            if isinstance(view, QuestionView):
                views.append(view)
                assert len(views) < 50
                pipe.send_text(keys(view))
            else:
                pipe.send_text(ENTER)
            return view

    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        return Terminal(Typing(VIEWS.flow), lambda state: None).run(InterviewState())


def keys_for(answers: dict[str, Any]) -> Callable[[QuestionView], str]:
    """The keys for complete answers: arrows to an option, or a line."""

    def keys(view: QuestionView) -> str:
        text = text_for(view, answers)
        if not view.options:
            return ("" if text == UNKNOWN else text) + ENTER
        values = [option.value for option in view.options]
        start = values.index(view.current.value) if view.current else 0
        return DOWN * ((values.index(text) - start) % len(values)) + ENTER

    return keys


@pytest.mark.parametrize(
    ("changes", "extras"),
    [
        ({}, True),
        ({"residency": "on_premises", "region": "eu", "title": "A title"}, True),
        ({"residency": "in_region", "region": "eu", "title": UNKNOWN, "current_route": "closed_api"}, True),
        ({"quality": "best_preferred", "monthly_images": None}, False),
        ({"monthly_images_low": 100, "monthly_images_high": 100_000, "output_use": None}, False),
        ({"residency": "on_premises", "quality": "frontier_only"}, True),
    ],
)
def test_views_and_terminal_lead_to_the_same_scenario(changes: dict[str, Any], extras: bool) -> None:
    answers = {name: value for name, value in {**EXERCISE, **changes}.items() if value is not None}
    complete = scenario(answers).model_dump(exclude_none=True) | dict.fromkeys(EXTRAS, extras)
    state, views = driven(complete)
    assert in_terminal(keys_for(complete)) == state
    assert [view.id for view in views] == list(state.order)
    assert state.scenario() == InterviewState().with_answers(state.answers).scenario()


def test_estimates_lead_to_the_same_scenario() -> None:
    inputs = {
        "monthly_images.expected": "40k",
        "monthly_images.development": "unpredictable",
        "monthly_images.worst": "30k",
        "monthly_images.best": "90k",
        "images_per_gpu_hour.known": "steps",
        "images_per_gpu_hour.steps": "20",
        "images_per_gpu_hour.seconds_per_step": "0.3",
        "monthly_overhead.engineering_hours": "20",
        "monthly_overhead.hourly_rate": "$80",
        "monthly_overhead.on_call": "300",
        "monthly_overhead.idle_gpu_hours": "100",
        "monthly_overhead.gpu_hour_price": "1.20",
    }
    complete = scenario(EXERCISE).model_dump(exclude_none=True) | {"costs": True}
    plain = keys_for(complete)

    def keys(view: QuestionView) -> str:
        if view.estimable:
            return "help" + ENTER
        if view.id not in inputs:
            return plain(view)
        values = [option.value for option in view.options]
        return (DOWN * values.index(inputs[view.id]) if values else inputs[view.id]) + ENTER

    state = InterviewState()
    while isinstance(view := VIEWS.next(state), QuestionView):
        if view.estimable:
            state = state.estimate(view.id)
        else:
            state = state.answer_text(view.id, inputs.get(view.id) or text_for(view, complete))
        state = InterviewState.from_mapping(state.to_mapping())
    assert in_terminal(keys) == state
    assert (state.answers["monthly_images_low"], state.answers["monthly_images_high"]) == (30_000, 90_000)
    assert (state.answers["images_per_gpu_hour"], state.answers["monthly_overhead"]) == (600, 2020)
    assert set(state.inputs) == set(inputs)


def test_back_gives_an_estimate_up() -> None:
    complete = scenario(EXERCISE).model_dump(exclude_none=True)
    plain, shown = keys_for(complete), list[str]()

    def keys(view: QuestionView) -> str:
        shown.append(view.id)
        if view.id == "monthly_overhead" and shown.count(view.id) == 1:
            return "help" + ENTER
        return BACK if "." in view.id else plain(view)

    assert in_terminal(keys) == driven(complete)[0]
    assert shown[shown.index("monthly_overhead") :][:3] == [
        "monthly_overhead",
        "monthly_overhead.engineering_hours",
        "monthly_overhead",
    ]


def test_one_question_is_complete() -> None:
    state = InterviewState().with_answers({"residency": "on_premises"})
    view = VIEWS.question("residency", state)
    assert [option.value for option in view.options] == ["anywhere", "in_region", "on_premises", UNKNOWN]
    assert view.current is not None
    assert (view.current.value, view.current.label) == ("on_premises", "on premises only")
    assert view.standing.startswith("Still in: own GPUs")
    assert (view.unit, view.estimable, view.progress.answered) == (None, False, 1)
    price = VIEWS.question("open_price", state)
    assert (price.unit, price.options, price.current) == ("dollars per image", (), None)
    assert VIEWS.question("monthly_overhead", state).estimable


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"latnecy": "tolerant"}, "`latnecy` is not a question of the interview"),
        ({"latency": "never"}, "`never` is not an option of `latency`"),
        ({"costs": UNKNOWN}, "`unknown` is not an option of `costs`"),
        ({"estimating": "title"}, "`title` is not an option of `estimating`"),
        ({"monthly_overhead.on_call": "much"}, "`much` is not a number"),
        ({"images_per_gpu_hour.known": "both"}, "`both` is not an option of `images_per_gpu_hour.known`"),
        ({"monthly_images_low": "90k", "monthly_images": "40k"}, "`monthly_images_low` is 90,000"),
        ({"title": "x" * 10_001}, "the text has 10,001 characters"),
    ],
)
def test_a_mapping_that_is_no_interview_is_refused(mapping: dict[str, str], message: str) -> None:
    with pytest.raises(BadInput) as refused:
        InterviewState.from_mapping(mapping)
    assert message in str(refused.value)
    assert "help: " in str(refused.value)


def test_inputs_that_arrive_together_complete_the_estimate() -> None:
    state = InterviewState.from_mapping(
        {"estimating": "images_per_gpu_hour", "images_per_gpu_hour.known": "seconds"}
        | {"images_per_gpu_hour.seconds_per_image": "6"}
    )
    assert (state.answers, state.estimating) == ({"images_per_gpu_hour": 600}, None)
