"""The page of one question or of its worksheet: the form, why it is asked, what is decided so far, what was noted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from advisor.common.diagnostics import BadInput, Problem
from advisor.domain.cost_model import PRICE_OF
from advisor.domain.scenario import FIELDS
from advisor.interview.estimates import INPUTS, blank_value, estimated_by, layout, needed_inputs
from advisor.interview.question_view import InterviewViews, QuestionView
from advisor.interview.state import UNKNOWN, InterviewState, answer_text, parse_answer
from advisor.web.pages import page
from advisor.web.query import BACK, CHECK, NOTED, Query
from advisor.wording import web as words


def question_page(
    request: Request,
    query: Query,
    views: InterviewViews,
    view: QuestionView,
    typed: str | None = None,
    problems: Sequence[Problem] = (),
) -> Response:
    """The page of a question; with problems it is a 422 that keeps what was typed."""
    state = query.state
    current = view.current.value if view.current else None
    mapping = query.pairs()
    named = {
        **around(query, views, view.id),
        "view": view,
        "place": views.place(view, state),
        "hidden": _until(mapping, view.id),
        "hidden_after": [*mapping.items()][len(_until(mapping, view.id)) + (view.id in mapping) :],
        "kept": current,
        "value": typed
        if problems and typed is not None
        else ""
        if current == UNKNOWN and not view.options
        else current,
        "problems": [{"id": view.id, "label": "", "what": one.what, "help": one.help} for one in problems],
        "decimal": view.unit is not None and view.id not in PRICE_OF.values(),
        "can_be_unknown": not view.options and view.id in FIELDS,
        "in_catalogue": _in_catalogue(view.id, views, state),
        "skipped": views.skipped(view.skipped, state).strip() if view.skipped else "",
        "back_to": _before(query, view.id),
    }
    return page(request, "question", named, 422 if problems else 200)


def around(query: Query, views: InterviewViews, question: str) -> dict[str, Any]:
    """What the pages of a question and of its worksheet have in common."""
    state, extra = query.state, query.extra or {}
    position = views.flow.position(state)
    return {
        "answered": bool(state.order),
        "standing": views.standing(state).strip(),
        "out": views.out(state),
        "why": views.why(question, state).strip(),
        "settled": position.settled,
        "check": query.string(state.without_estimate()),
        "returns": extra.get(BACK) == CHECK,
        "noted": noted(query, views),
    }


def noted(query: Query, views: InterviewViews, **back: str) -> dict[str, Any] | None:
    """The confirmation of the answer that led here: an amount with its unit, an estimate with its steps.

    ``back`` is the page to return to after a change of it.
    """
    name, state = (query.extra or {}).get(NOTED, ""), query.state
    if name not in FIELDS or name not in state.answers:
        return None
    lines = views.texts.noted(name, state)
    return {
        "text": views.texts.wording(name, state).ask,
        "lines": lines,
        "change": query.string(None, change=name, **back),
    }


def _until(mapping: dict[str, str], question: str) -> list[tuple[str, str]]:
    """The hidden keys before the control of a question, so that the answer keeps its place among the others."""
    names = [*mapping]
    return [*mapping.items()][: names.index(question) if question in mapping else len(names)]


def _in_catalogue(question: str, views: InterviewViews, state: InterviewState) -> bool:
    """Whether the catalogue supplies an amount if the user has not answered it."""
    if question not in FIELDS or FIELDS[question].quantity is None:
        return False
    without = state.answer(question, None) if question in state.answers else state
    return question in views.flow.position(without).supplied


def _before(query: Query, question: str) -> str:
    """The address of the question answered before; of the start page for the first one."""
    if (query.extra or {}).get(BACK) == CHECK:
        return f"/check?{query.string()}"
    previous = query.state.previous(question)
    return "/" if previous in (None, question) else f"/question?{query.string(change=str(previous))}"


def worksheet_inputs(
    views: InterviewViews, question: str, typed: Mapping[str, str], state: InterviewState
) -> dict[str, Any]:
    """The inputs that an estimate needs, of the typed ones. Raises BadInput with every fault, by input."""
    inputs: dict[str, Any] = {}
    problems: dict[str, Problem | None] = {}
    while left := [name for name in needed_inputs(question, inputs, state.answers) if name not in problems]:
        name = left[0]
        text, problems[name] = typed.get(name, ""), None
        try:
            value = parse_answer(name, text) if text.strip() else blank_value(name, state.answers)
        except BadInput as error:
            problems[name] = error.problems[0]
            continue
        if value is None:
            kind = INPUTS[name].kind
            problems[name] = Problem(words.NEEDED if not isinstance(kind, tuple) else words.NO_CHOICE, field=name)
        else:
            inputs[name] = value
    if found := [problem for problem in problems.values() if problem]:
        raise BadInput(found)
    return inputs


def worksheet_page(
    request: Request,
    query: Query,
    views: InterviewViews,
    question: str,
    typed: Mapping[str, str] | None = None,
    problems: Sequence[Problem] = (),
) -> Response:
    """The worksheet of a question; with problems it is a 422 that keeps what was typed."""
    others = {name: value for name, value in query.state.inputs.items() if estimated_by(name) != question}
    state = replace(query.state.without_estimate(), inputs=others)
    values = typed if typed is not None else {name: answer_text(value) for name, value in query.state.inputs.items()}
    inputs = layout(question, state.answers)
    first = next(iter(inputs))
    places = [one.field if one.field in INPUTS else first for one in problems]

    def field(name: str) -> dict[str, Any]:
        under = inputs.get(name, {})
        return {
            "view": views.question(name, state),
            "value": values.get(name, ""),
            "fault": next((one for one, place in zip(problems, places, strict=True) if place == name), None),
            "under": {option: [field(each) for each in names] for option, names in under.items()},
        }

    named = {
        **around(query, views, question),
        "question": views.question(question, state),
        "fields": [field(name) for name in inputs],
        "hidden": [*query.pairs(state).items()],
        "problems": [
            {"id": place, "label": views.texts.wording(str(place), state).ask, "what": one.what, "help": one.help}
            for place, one in zip(places, problems, strict=True)
        ],
        "back_to": f"/question?{query.string(change=question)}",
    }
    return page(request, "worksheet", named, 422 if problems else 200)
