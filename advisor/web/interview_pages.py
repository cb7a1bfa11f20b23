"""The start page, one question a page, worksheets, and the answers to check."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from advisor.interview.estimates import estimated_by
from advisor.interview.question_view import ReviewView
from advisor.interview.state import CLASH
from advisor.web.answer_forms import answered, question_id
from advisor.web.check_page import check
from advisor.web.query import ASKED, BACK, CHANGE, NOTED, pairs_of, read_query
from advisor.web.question_page import question_page
from advisor.web.site import site_of
from advisor.web.start_page import resumed_or_start, uploaded
from advisor.web.worksheet_page import worksheet_page


def question(request: Request) -> Response:
    """The next question, or the one to change; the answers to check after the last. Takes the answer of its form."""
    site, pairs = site_of(request), pairs_of(request)
    if ASKED in pairs:
        return answered(request, site, pairs)
    query = read_query(pairs, site, BACK, NOTED)
    views = site.views(query.decided_on)
    change = question_id(query.change, CHANGE) if query.change else None
    if query.state.estimating and not change:
        return worksheet_page(request, query, views, estimated_by(query.state.estimating))
    query = replace(query, state=query.state.without_estimate())
    if change == CLASH and views.flow.position(query.state).outcomes != {None}:
        change = None
    view = views.next(query.state, change)
    if isinstance(view, ReviewView):
        return RedirectResponse(f"/check?{query.string()}", 303)
    return question_page(request, query, views, view)


ROUTES = [
    Route("/", resumed_or_start),
    Route("/", uploaded, methods=["POST"]),
    Route("/question", question),
    Route("/check", check),
]
