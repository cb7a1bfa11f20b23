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
from advisor.interview.question_view import QuestionView
from advisor.interview.state import UNKNOWN, InterviewState, answer_text, parse_answer
from advisor.web.pages import listed, page
from advisor.web.query import BACK, CHECK, NOTED, Query
from advisor.wording import web as words


def question_page(
    request: Request,
    query: Query,
    view: QuestionView,
    typed: str | None = None,
    problems: Sequence[Problem] = (),
) -> Response:
    """The page of a question; with problems it is a 422 that keeps what was typed."""
    state, views = query.state, query.views
    current = view.current.value if view.current else None
    value = "" if current == UNKNOWN and not view.options else current
    mapping = query.pairs()
    before = [*mapping].index(view.id) if view.id in mapping else len(mapping)
    named = {
        **around(query, view.id),
        "view": view,
        "place": views.place(view, state),
        "hidden": [*mapping.items()][:before],  # so that the answer keeps its place among the others
        "hidden_after": [*mapping.items()][before + 1 :],
        "kept": current,
        "value": typed if problems and typed is not None else value,
        "problems": [listed(problem, view.id) for problem in problems],
        "decimal": view.unit is not None and view.id not in PRICE_OF.values(),
        "can_be_unknown": not view.options and view.id in FIELDS,
        "in_catalogue": _in_catalogue(query, view.id),
        "skipped": views.skipped(view.skipped, state).strip() if view.skipped else "",
        "back_to": _before(query, view.id),
    }
    return page(request, "question", named, 422 if problems else 200)


def around(query: Query, question: str) -> dict[str, Any]:
    """What the pages of a question and of its worksheet have in common."""
    state, views = query.state, query.views
    return {
        "answered": bool(state.order),
        "standing": views.standing(state).strip(),
        "out": views.out(state),
        "why": views.why(question, state).strip(),
        "settled": views.flow.position(state).settled,
        "check": query.string(state.without_estimate()),
        "returns": query.extra.get(BACK) == CHECK,
        "noted": noted(query),
    }


def noted(query: Query, **back: str) -> dict[str, Any] | None:
    """The confirmation of the answer that led here: an amount with its unit, an estimate with its steps.

    ``back`` is the page to return to after a change of it.
    """
    name, state, texts = query.extra.get(NOTED, ""), query.state, query.views.texts
    if name not in FIELDS or name not in state.answers:
        return None
    change = query.string(None, change=name, **back)
    return {"text": texts.wording(name, state).ask, "lines": texts.noted(name, state), "change": change}


def _in_catalogue(query: Query, question: str) -> bool:
    """Whether the catalogue supplies an amount if the user has not answered it."""
    if question not in FIELDS or FIELDS[question].quantity is None:
        return False
    state = query.state
    without = state.answer(question, None) if question in state.answers else state
    return question in query.views.flow.position(without).supplied


def _before(query: Query, question: str) -> str:
    """The address of the question answered before; of the start page for the first one."""
    if query.extra.get(BACK) == CHECK:
        return f"/check?{query.string()}"
    previous = query.state.previous(question)
    return query.start if previous in (None, question) else f"/question?{query.string(change=str(previous))}"


def worksheet_inputs(question: str, typed: Mapping[str, str], state: InterviewState) -> dict[str, Any]:
    """The inputs that an estimate needs, of the typed ones. Raises BadInput with every fault, by input."""
    inputs: dict[str, Any] = {}
    problems: list[Problem] = []
    read: list[str] = []
    while left := [name for name in needed_inputs(question, inputs, state.answers) if name not in read]:
        name = left[0]
        read.append(name)
        text = typed.get(name, "")
        try:
            value = parse_answer(name, text) if text.strip() else blank_value(name, state.answers)
            if value is None:
                needed = words.NO_CHOICE if isinstance(INPUTS[name].kind, tuple) else words.NEEDED
                raise BadInput(Problem(needed, field=name))
            inputs[name] = value
        except BadInput as error:
            problems.append(error.problems[0])
    if problems:
        raise BadInput(problems)
    return inputs


def worksheet_page(
    request: Request,
    query: Query,
    question: str,
    typed: Mapping[str, str] | None = None,
    problems: Sequence[Problem] = (),
) -> Response:
    """The worksheet of a question; with problems it is a 422 that keeps what was typed."""
    views = query.views
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
        **around(query, question),
        "question": views.question(question, state),
        "fields": [field(name) for name in inputs],
        "hidden": [*query.pairs(state).items()],
        "problems": [
            listed(one, place, views.texts.wording(str(place), state).ask)
            for place, one in zip(places, problems, strict=True)
        ],
        "back_to": f"/question?{query.string(change=question)}",
    }
    return page(request, "worksheet", named, 422 if problems else 200)
