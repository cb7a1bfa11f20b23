"""The decision, and the files of it: the same bytes as the command line writes."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from advisor.report.html import memo_html
from advisor.web.query import query_of
from advisor.web.security import policy_of
from advisor.web.site import site_of


def memo_page(request: Request) -> Response:
    """The memo as a page. Its own style sheet is allowed by its hash."""
    site = site_of(request)
    query = query_of(request, site)
    text = memo_html(site.decide(query.state.scenario(), query.decided_on))
    return HTMLResponse(text, headers={"content-security-policy": policy_of(text)})


ROUTES = [Route("/memo.html", memo_page)]
