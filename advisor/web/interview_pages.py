"""The start page, one question a page, worksheets, and the answers to check.

A form carries the answers so far as hidden keys, each at its place, ``asked`` for the question it asks, and ``kept``
for the answer to that one so far. Its own control has the name of the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.common.files import text_of
from advisor.decision.competition import model_faults
from advisor.domain.scenario import FIELDS, MAX_FILE_BYTES
from advisor.domain.scenario_io import parse_scenario
from advisor.interview.estimates import INPUTS, can_be_estimated, estimated_by
from advisor.interview.question_view import InterviewViews, QuestionView, ReviewView, accepted
from advisor.interview.state import ASIDES, CLASH, ESTIMATING, UNKNOWN, InterviewState
from advisor.web.pages import page
from advisor.web.query import ASKED, BACK, CHANGE, CHECK, DO, KEPT, NOTED, Query, pairs_of, query_of, read_query
from advisor.web.question_pages import noted, question_page, worksheet_inputs, worksheet_page
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
