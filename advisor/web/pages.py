"""Pages from templates in ``reports/templates/web``, and the page of an error."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from advisor.common.diagnostics import BadInput, Problem
from advisor.report.templates import fill
from advisor.wording import web as words

API = "/api/"
_CONTROL = re.compile(r"[\x01-\x08\x0b-\x1f\x7f]")


def page(request: Request, name: str, named: dict[str, Any], status: int = 200) -> Response:
    """The page ``web/NAME.html.j2``; ``here`` is the path of the request.

    Control characters, which a form has to send back as they are, become character references.
    """
    text = fill(f"web/{name}.html.j2", {"here": request.url.path, **named})
    return HTMLResponse(_CONTROL.sub(lambda found: f"&#{ord(found[0])};", text), status)


def error_page(request: Request, status: int, what: str, problems: Sequence[Problem] = ()) -> Response:
    """The page of an error: what is wrong, in which field, and what to do. Nothing of the server is in it.

    Below ``/api/`` the same as JSON: ``{"errors": [{"field", "message", "help"}]}``, one at least.
    """
    if request.url.path.startswith(API):
        return JSONResponse({"errors": [_as_json(one) for one in problems or [Problem(what)]]}, status)
    named = {
        "status": status,
        "what": what,
        "problems": [{"what": one.what, "field": one.field, "help": one.help} for one in problems],
        "query": request.url.query,
    }
    return page(request, "error", named, status)


def busy_page(request: Request) -> Response:
    """503: as many requests as the server takes are being worked on."""
    found = error_page(request, 503, words.BUSY)
    found.headers["retry-after"] = "60"
    return found


async def on_bad_input(request: Request, error: Exception) -> Response:
    """422: the problems of an input, by field."""
    assert isinstance(error, BadInput)
    return error_page(request, 422, words.UNUSABLE, error.problems)


def _as_json(problem: Problem) -> dict[str, str | None]:
    field = problem.field or problem.key
    line = f" (line {problem.line})" if problem.line and not field else ""
    return {"field": field, "message": problem.what + line, "help": problem.help}
