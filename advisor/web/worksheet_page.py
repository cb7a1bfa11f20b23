"""The page of a worksheet: all inputs of the estimate of an amount, which arrive together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from advisor.common.diagnostics import BadInput, Problem
from advisor.interview.estimates import INPUTS, blank_value, estimated_by, layout, needed_inputs
from advisor.interview.question_view import InterviewViews
from advisor.interview.state import InterviewState, answer_text, parse_answer
from advisor.web.pages import page
from advisor.web.query import Query
from advisor.web.question_page import around
from advisor.wording import web as words


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
