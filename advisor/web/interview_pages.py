"""The start page, one question a page, and the answers to check."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from advisor.interview.question_view import ReviewView
from advisor.web.pages import page
from advisor.web.query import query_of
from advisor.web.site import site_of


async def start(request: Request) -> Response:
    """What the page does, and where to begin."""
    return page(request, "start", {})


async def question(request: Request) -> Response:
    """The next question, or the one to change; the answers to check after the last."""
    site = site_of(request)
    query = query_of(request, site)
    view = site.views(query.decided_on).next(query.state, query.change)
    if isinstance(view, ReviewView):
        return RedirectResponse(f"/check?{query.string()}", 303)
    return page(request, "question", {"view": view, "query": query})


ROUTES = [Route("/", start), Route("/question", question)]
