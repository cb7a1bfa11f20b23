"""The answer of a question's form: accepted as in the terminal, then on to the next page; else the same page again.

A form carries the answers so far as hidden keys, each at its place, ``asked`` for the question it asks, and ``kept``
for the answer to that one so far. Its own control has the name of the question.
"""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.decision.competition import model_faults
from advisor.domain.scenario import FIELDS
from advisor.interview.estimates import INPUTS, can_be_estimated, estimated_by
from advisor.interview.question_view import InterviewViews, QuestionView, accepted
from advisor.interview.state import ASIDES, CLASH, ESTIMATING, UNKNOWN, InterviewState
from advisor.web.query import ASKED, BACK, CHECK, DO, KEPT, NOTED, Query, read_query
from advisor.web.question_page import question_page
from advisor.web.site import Site
from advisor.web.worksheet_page import worksheet_inputs, worksheet_page
from advisor.wording import web as words

ESTIMATE = "estimate"
_DOES = ("", UNKNOWN, ESTIMATE)


def question_id(text: str, key: str) -> str:
    """The id of a question in a key of the link. Raises BadInput."""
    known = (*FIELDS, *ASIDES)
    if text not in known:
        what = f"{quoted(text)} is not a question of the interview"
        raise BadInput(Problem(what, field=key, help=did_you_mean(text, known)))
    return text


def answered(request: Request, site: Site, pairs: dict[str, str]) -> Response:
    """The answer of a form: 303 to the next page, or 422 with the same question. Raises BadInput for another fault."""
    pairs = dict(pairs)
    asked, do, kept = question_id(pairs.pop(ASKED), ASKED), pairs.pop(DO, ""), pairs.pop(KEPT, "")
    if do not in _DOES:
        raise BadInput(Problem(f"{quoted(do)} is not something that a form does", field=DO))
    if pairs.get(ESTIMATING) == asked:
        return _worksheet_answered(request, site, pairs, asked)
    text = pairs.get(asked, "")
    if kept:
        pairs[asked] = kept
    else:
        pairs.pop(asked, None)
    query = read_query(pairs, site, BACK)
    query = replace(query, state=query.state.without_estimate())
    views, state = site.views(query.decided_on), query.state
    if asked == CLASH and views.flow.position(state).outcomes != {None}:
        return RedirectResponse(f"/question?{query.string()}", 303)
    view = views.question(asked, state)
    try:
        changed = _changed(site, view, state, UNKNOWN if do == UNKNOWN else text, estimate=do == ESTIMATE)
    except BadInput as error:
        return question_page(request, query, views, view, text, error.problems)
    typed = not do and text.strip() and not view.options
    return _onward(query, views, changed, asked if typed and asked in changed.answers else None)


def _changed(site: Site, view: QuestionView, state: InterviewState, text: str, *, estimate: bool) -> InterviewState:
    """The state with the answer of a form. Raises BadInput for a fault of the answer."""
    if estimate and view.estimable:
        return state.estimate(view.id)
    if view.options and not text.strip() and not view.current:
        raise BadInput(Problem(words.NO_CHOICE, field=view.id))
    changed = accepted(view, text, state)
    if faults := model_faults(site.catalogue, changed.scenario()):
        raise BadInput(faults)
    return changed


def _worksheet_answered(request: Request, site: Site, pairs: dict[str, str], asked: str) -> Response:
    """The inputs of a worksheet: 303 to the next page, or 422 with the worksheet."""
    typed = {name: pairs.pop(name) for name in INPUTS if estimated_by(name) == asked and name in pairs}
    pairs.pop(ESTIMATING)
    query = read_query(pairs, site, BACK)
    views, state = site.views(query.decided_on), query.state
    if not can_be_estimated(asked, state.answers):
        raise BadInput(Problem(f"{quoted(asked)} cannot be estimated from these answers", field=ESTIMATING))
    try:
        changed = state.estimated(asked, worksheet_inputs(views, asked, typed, state))
    except BadInput as error:
        return worksheet_page(request, query, views, asked, typed, error.problems)
    return _onward(query, views, changed, asked)


def _onward(query: Query, views: InterviewViews, changed: InterviewState, noted: str | None) -> Response:
    """On to the next question, to a worksheet, or to the answers to check.

    A change made from there leads back there, unless it opens questions that did not wait before.
    """
    more = {NOTED: noted} if noted else {}
    back = (query.extra or {}).get(BACK) == CHECK
    if changed.estimating:
        return RedirectResponse(f"/question?{query.string(changed, **({BACK: CHECK} if back else {}))}", 303)
    waiting = views.flow.waiting(changed)
    done = not waiting or (back and set(waiting) <= set(views.flow.waiting(query.state)))
    return RedirectResponse(f"/{'check' if done else 'question'}?{query.string(changed, **more)}", 303)
