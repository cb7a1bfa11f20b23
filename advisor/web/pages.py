"""Pages from templates in ``reports/templates/web``, the page of an error, and the forms that pages send."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from advisor.common.diagnostics import BadInput, Problem
from advisor.report.templates import fill
from advisor.web.child_process import place
from advisor.web.security import HEADERS, policy_of
from advisor.wording import web as words

API = "/api/"
_CONTROL = re.compile(r"[\x01-\x08\x0b-\x1f\x7f]")
_WHAT = {
    404: words.NO_PAGE,
    405: words.NO_METHOD,
    408: words.TOO_SLOW,
    413: words.TOO_LARGE,
    500: words.DEFECT,
    503: words.BUSY,
}
"""What a status says; of any other error, that the link or the form cannot be used."""


def page(request: Request, name: str, named: dict[str, Any], status: int = 200) -> Response:
    """The page ``web/NAME.html.j2``; ``here`` is the path of the request.

    Control characters, which a form has to send back as they are, become character references.
    """
    text = fill(f"web/{name}.html.j2", {"here": request.url.path, **named})
    return HTMLResponse(_CONTROL.sub(lambda found: f"&#{ord(found[0])};", text), status)


def whole_page(text: str) -> Response:
    """A page made by another package. Its own style sheet is allowed by its hash."""
    return HTMLResponse(text, headers={"content-security-policy": policy_of(text)})


def file_to_save(name: str, text: str, media_type: str) -> Response:
    """A file; its name has ASCII letters, digits and dashes only."""
    return Response(text, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})


def listed(problem: Problem, id: str | None, label: str = "") -> dict[str, Any]:
    """A problem as the summary of faults lists it: it leads to the part ``id`` of the form."""
    return {"id": id, "label": label, "what": problem.what, "help": problem.help}


def of_text(problem: Problem, id: str) -> dict[str, Any]:
    """A problem of a text, such as a file, with line and field in front."""
    what = f"`{problem.field}`: {problem.what}" if problem.field else problem.what
    return listed(problem._replace(what=what), id, f"{words.LINE} {problem.line}" if problem.line else "")


class Refusal(HTTPException):
    """A request that is answered by the page of an error."""

    def __init__(self, status: int, *problems: Problem) -> None:
        super().__init__(status)
        self.problems = problems


def error_page(
    request: Request, status: int, problems: Sequence[Problem] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """The page of an error: what is wrong, in which field, and what to do. Nothing of the server is in it.

    Below ``/api/`` the same as JSON: ``{"errors": [{"field", "message", "help"}]}``, one at least.
    """
    what = _WHAT.get(status, words.UNUSABLE)
    if request.url.path.startswith(API):
        return JSONResponse(
            {"errors": [_as_json(one) for one in problems or [Problem(what, help=words.API)]]}, status, headers
        )
    shown = [{"what": one.what, "field": one.field, "help": one.help} for one in problems]
    found = page(request, "error", {"what": what, "problems": shown}, status)
    found.headers.update(headers or {})
    return found


def _as_json(problem: Problem) -> dict[str, str | None]:
    field = problem.field or problem.key
    line = f" (line {problem.line})" if problem.line and not field else ""
    return {"field": field, "message": problem.what + line, "help": problem.help}


async def on_error(request: Request, error: Exception) -> Response:
    """The page of what was raised: 422 for problems of an input, 500 for a defect."""
    if isinstance(error, BadInput):
        return error_page(request, 422, error.problems)
    if isinstance(error, HTTPException):
        return error_page(request, error.status_code, getattr(error, "problems", ()), error.headers)
    return error_page(request, 500, headers=HEADERS)  # it is answered outside the middleware


@asynccontextmanager
async def sent_form(request: Request, of: str, help: str, **limits: int) -> AsyncIterator[FormData]:
    """A form with files, which end with it, and a place for the work on it.

    Raises Refusal for what is no form ``of`` this kind, and HTTPException while all places are taken.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "multipart/form-data":
        raise Refusal(415, Problem(f"this is not a form with {of}", help=help))
    with place():
        try:
            form = await request.form(**limits)
        except HTTPException as error:
            if error.status_code != 400:
                raise
            what = f"the form cannot be read: {error.detail.lower().rstrip('.')}"
            raise Refusal(422, Problem(what, help=help)) from None
        try:
            yield form
        finally:
            await form.close()
