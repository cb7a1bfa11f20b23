"""The start page: begin, go on from a link, or from a scenario file."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from advisor.common.diagnostics import BadInput, Problem
from advisor.common.files import text_of
from advisor.decision.competition import model_faults
from advisor.domain.scenario import MAX_FILE_BYTES
from advisor.domain.scenario_io import parse_scenario
from advisor.interview.state import InterviewState
from advisor.web.pages import page
from advisor.web.query import pairs_of
from advisor.web.site import Site, site_of
from advisor.wording import web as words

LINK, SCENARIO = "link", "scenario"
_PAGES = ("/check", "/decision")
"""The pages that a link goes on at; any other link goes on at the next question."""


def resumed_or_start(request: Request) -> Response:
    """The start page; with a link in the query, on to the page of the link on this server."""
    link = pairs_of(request).get(LINK, "").strip()
    if not link:
        return start_page(request)
    try:
        found = urlsplit(link)
    except ValueError:
        found = urlsplit("")
    if not found.query:
        return start_page(request, link, [Problem(words.NO_ANSWERS_IN_LINK, field=LINK, help=words.WHOLE_LINK)])
    return RedirectResponse(f"{found.path if found.path in _PAGES else '/question'}?{found.query}", 303)


def start_page(request: Request, link: str = "", problems: Sequence[Problem] = ()) -> Response:
    """The start page; with problems of the link or of the file it is a 422."""
    named = {
        "catalogue": site_of(request).catalogue is not None,
        "link": link,
        "problems": [
            {
                "id": LINK if one.field == LINK else SCENARIO,
                "label": f"{words.LINE} {one.line}" if one.line else "",
                "what": f"`{one.field}`: {one.what}" if one.field and one.field != LINK else one.what,
                "help": one.help,
            }
            for one in problems
        ],
    }
    return page(request, "start", named, 422 if problems else 200)


async def uploaded(request: Request) -> Response:
    """A scenario file: 303 to its answers to check, or 422 with the faults of the file by line and field."""
    async with request.form(max_files=1, max_fields=1) as form:
        file = form.get(SCENARIO)
        data = await file.read(MAX_FILE_BYTES + 1) if isinstance(file, UploadFile) else b""
    try:
        if not data:
            raise BadInput(Problem(words.NO_FILE, help=words.SCENARIO_FILE))
        return await run_in_threadpool(_to_check, data, site_of(request))
    except BadInput as error:
        return start_page(request, problems=error.problems)


def _to_check(data: bytes, site: Site) -> Response:
    text = text_of(data, words.FILE, MAX_FILE_BYTES)
    scenario = parse_scenario(text, words.FILE, check=lambda found: model_faults(site.catalogue, found))
    state = InterviewState().with_answers(scenario.model_dump(exclude_none=True))
    return RedirectResponse(f"/check?{urlencode(state.to_mapping())}", 303)
