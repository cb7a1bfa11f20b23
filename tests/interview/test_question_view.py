"""The interview without a terminal: state to mapping and back, and a whole interview through views."""

from __future__ import annotations

import json
import re
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
from advisor.interview.state import ASIDES, CLASH, EXTRAS, KEEP, QUESTIONS, UNKNOWN, InterviewState, answer_text
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
    if view.unit and view.id in ("open_price", "closed_price"):
        return NUMBERS | st.sampled_from([UNKNOWN, "1900/45000", "my bill is $20"])
    if view.unit:
        return NUMBERS | st.sampled_from([UNKNOWN, "", "no idea"])
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
            state = state.answer_text(view.id, "help")
            continue
        if state.estimating and draw(st.integers(0, 4)) == 0:
            state = state.back_in_estimate()
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
        assert data["progress"]["answered"] == len([name for name in state.order if name not in ASIDES])
        assert view.progress.about > 0
    assert data["standing"]


def text_for(view: QuestionView, answers: dict[str, Any]) -> str:
    """The answer to a question as text."""
    value = answers.get(view.id, KEEP if view.id == CLASH else False if view.id in EXTRAS else None)
    if value is None and view.options:
        return UNKNOWN if UNKNOWN in [option.value for option in view.options] else view.options[0].value
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
        ({"unit": "video_second"}, True),
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
        "monthly_images.known": "users",
        "monthly_images.users": "1,000",
        "monthly_images.per_user": "20",
        "monthly_images.kept": "2",
        "monthly_images.development": "unpredictable",
        "monthly_images.quietest": "15k",
        "monthly_images.busiest": "45k",
        "gpu_hour_price.known": "monthly",
        "gpu_hour_price.rent": "876",
        "images_per_gpu_hour.known": "steps",
        "images_per_gpu_hour.steps": "20",
        "images_per_gpu_hour.step_seconds": "0.3",
        "monthly_overhead.engineering_hours": "20",
        "monthly_overhead.hourly_rate": "$80",
        "monthly_overhead.on_call": "300",
        "monthly_overhead.monitoring": "100",
        "monthly_overhead.spare_gpus": "0",
        "open_price.bill": "1200",
        "open_price.images": "40k",
        "closed_price.bill": "1600",
        "closed_price.images": "40k",
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
            state = state.answer_text(view.id, "help")
        else:
            state = state.answer_text(view.id, inputs.get(view.id) or text_for(view, complete))
        state = InterviewState.from_mapping(state.to_mapping())
    assert in_terminal(keys) == state
    assert (state.answers["monthly_images_low"], state.answers["monthly_images_high"]) == (30_000, 90_000)
    assert (state.answers["images_per_gpu_hour"], state.answers["monthly_overhead"]) == (600, 2000)
    assert set(state.inputs) == set(inputs)


def test_back_from_the_first_input_leaves_the_estimate() -> None:
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
    assert [line.partition(" (")[0] for line in view.out] == [
        "Out: an open-weight inference API",
        "Out: a closed flagship API",
    ]
    assert (view.unit, view.estimable, view.progress.answered) == (None, False, 1)
    price = VIEWS.question("open_price", state)
    assert (price.unit, price.options, price.current) == ("dollars per image", (), None)
    assert VIEWS.question("monthly_overhead", state).estimable


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"latnecy": "tolerant"}, "`latnecy` is not a question of the interview"),
        ({"latency": "never"}, "`never` is not an option of `latency`"),
        ({"clash": "give up"}, "`give up` is not an option of `clash`"),
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
        {"estimating": "images_per_gpu_hour", "images_per_gpu_hour.known": "image"}
        | {"images_per_gpu_hour.seconds": "6"}
    )
    assert (state.answers, state.estimating) == ({"images_per_gpu_hour": 600}, None)


def test_a_worksheet_posted_as_a_form_has_its_blanks_filled() -> None:
    form = {f"monthly_overhead.{name}": "" for name in ("on_call", "monitoring", "spare_gpus")}
    form |= {"monthly_overhead.engineering_hours": "10", "monthly_overhead.hourly_rate": "90"}
    state = InterviewState.from_mapping({"estimating": "monthly_overhead", **form})
    assert state.answers == {"monthly_overhead": 900}


FIRST = {
    "unit": "image",
    "residency": "anywhere",
    "output_use": "commercial",
    "indemnity_required": "false",
    "train_on_outputs": "false",
    "quality": "open_suffices",
    "control": "prompt_only",
    "latency": "tolerant",
    "details": "false",
}


def test_the_cursor_is_on_the_harmless_answer() -> None:
    first = {name: VIEWS.question(name, InterviewState()).options[0].value for name in (*FIRST, "current_route")}
    assert first == {**FIRST, "current_route": UNKNOWN}
    state = InterviewState()
    while isinstance(view := VIEWS.next(state), QuestionView):
        state = state.answer_text(view.id, view.options[0].value if view.options else UNKNOWN)
    assert None not in VIEWS.flow.position(state).outcomes
    assert state.answers["output_use"] == "commercial"


def test_what_runs_today_may_be_nothing() -> None:
    state = InterviewState().answer_text("current_route", UNKNOWN)
    view = VIEWS.review(state)
    assert view.lines[0].answer == "nothing yet"


@pytest.mark.parametrize("video", [False, True])
def test_every_question_has_its_words_and_no_pronoun_without_its_noun(video: bool) -> None:
    state = InterviewState().answer("unit", "video_second" if video else "image")
    for name in QUESTIONS:
        view = VIEWS.question(name, state)
        asked = " ".join([view.text, *(f"{each.label} {each.meaning}" for each in view.options)])
        assert view.text.endswith("?")
        assert not re.search(r"\b(it|its|they|them|these|those)\b", view.text, re.IGNORECASE), view.text
        assert not re.search("[{}]", asked + view.help)
        if video and name != "unit":
            assert not re.search(r"\bimages?\b", f"{asked} {view.help} {view.unit} {view.hints}"), name


def test_a_number_offers_to_be_taken_back() -> None:
    state = InterviewState().answer_text("monthly_overhead", "2000")
    view = VIEWS.question("monthly_overhead", state)
    assert view.hints[:2] == ("Now: $2,000 a month; press enter to keep it.", "Type unknown to take it back.")
    assert state.answer_text("monthly_overhead", UNKNOWN).unknown == {"monthly_overhead"}
    assert VIEWS.question("monthly_overhead", InterviewState()).hints[0] == "Enter alone: not known yet."


def test_what_an_estimate_answers_is_not_counted_as_a_question() -> None:
    state = InterviewState().answer_text("unit", "image").answer_text("monthly_images", "help")
    for name, text in {"known": "day", "per_day": "400", "kept": "", "development": "steady"}.items():
        state = state.answer_text(f"monthly_images.{name}", text)
    assert {"monthly_images_low", "monthly_images_high"} <= set(state.order)
    assert state.counted == ("unit", "monthly_images")
    assert VIEWS.question("residency", state).progress.answered == 2
    assert VIEWS.texts.confirmation("monthly_images.development", state) == ("= 12,167 images a month",)
