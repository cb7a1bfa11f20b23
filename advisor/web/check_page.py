"""The answers to check, each with a link to change it, before the decision."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from advisor.interview.question_view import InterviewViews
from advisor.interview.state import ASIDES
from advisor.web.pages import page
from advisor.web.query import CHECK, NOTED, Query, query_of
from advisor.web.question_page import noted
from advisor.web.site import site_of


def check(request: Request) -> Response:
    """Check your answers: what was answered, what the catalogue supplies, what is open, and what was skipped."""
    site = site_of(request)
    query = query_of(request, site, NOTED)
    query = replace(query, state=query.state.without_estimate())
    views = site.views(query.decided_on)
    return page(request, "check", {**_named(query, views), "address": f"{request.base_url}check?{query.string()}"})


def _named(query: Query, views: InterviewViews) -> dict[str, Any]:
    state = query.state
    position, review = views.flow.position(state), views.review(state)
    supplied = [line for line in review.lines if line.id in position.supplied and line.id not in state.answers]
    waiting = [name for name in views.flow.waiting(state) if name not in ASIDES]
    skipped = [name for name in views.flow.skipped(state) if name not in (*waiting, *position.open, *position.supplied)]
    previous = state.previous(None)
    return {
        "review": review,
        "lines": [(line, views.texts.steps(line.id, state)) for line in review.lines if line not in supplied],
        "supplied": supplied,
        "waiting": [(name, views.texts.wording(name, state).ask) for name in waiting],
        "skipped": views.skipped(skipped, state).strip() if skipped and not waiting else "",
        "settled": position.settled,
        "query": query.string(),
        "noted": noted(query, views, back=CHECK),
        "back_to": f"/question?{query.string(change=previous)}" if previous else "/",
    }
