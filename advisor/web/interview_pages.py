"""The start page, one question a page, worksheets, and the answers to check.

A form carries the answers so far as hidden keys, each at its place, ``asked`` for the question it asks, and ``kept``
for the answer to that one so far. Its own control has the name of the question. An answer is accepted as in the
terminal, then on to the next page; else the same page again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

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
from advisor.interview.question_view import QuestionView, ReviewView, accepted
from advisor.interview.state import ASIDES, CLASH, ESTIMATING, UNKNOWN, InterviewState
from advisor.web.pages import listed, of_text, page, sent_form
from advisor.web.query import (
    ASKED,
    BACK,
    CHANGE,
    CHECK,
    DATE,
    DO,
    KEPT,
    NOTED,
    Query,
    day_of,
    known_pairs,
    pairs_of,
    query_of,
    read_query,
)
from advisor.web.question_pages import noted, question_page, worksheet_inputs, worksheet_page
from advisor.web.site import Site, site_of
from advisor.wording import web as words

LINK, SCENARIO = "link", "scenario"
_PAGES = ("/check", "/decision")
"""The pages that a link goes on at; any other link goes on at the next question."""
ESTIMATE = "estimate"
_DOES = ("", UNKNOWN, ESTIMATE)


def start(request: Request) -> Response:
    """The start page; with a link in the query, on to the page of the link on this server.

    The day of the query goes on to the page that follows, unless the link has its own.
    """
    pairs = known_pairs(request, LINK)
    link, day = pairs.get(LINK, "").strip(), day_of(pairs)
    if not link:
        return _start_page(request)
    try:
        found = urlsplit(link)
    except ValueError:
        found = urlsplit("")
    if not found.query:
        return _start_page(request, link, [Problem(words.NO_ANSWERS_IN_LINK, field=LINK, help=words.WHOLE_LINK)])
    query = found.query if DATE in parse_qs(found.query) else "&".join(filter(None, (found.query, urlencode(day))))
    return _on(found.path if found.path in _PAGES else "/question", query)


def _start_page(request: Request, link: str = "", problems: Sequence[Problem] = ()) -> Response:
    """The start page; with problems of the link or of the file it is a 422."""
    shown = [listed(one, LINK) if one.field == LINK else of_text(one, SCENARIO) for one in problems]
    day = day_of(known_pairs(request, LINK))
    named = {"catalogue": site_of(request).catalogue is not None, "link": link, "problems": shown, "day": day}
    return page(request, "start", named, 422 if problems else 200)


async def uploaded(request: Request) -> Response:
    """A scenario file: 303 to its answers to check, or 422 with the faults of the file by line and field."""
    day = day_of(known_pairs(request))
    async with sent_form(request, "a file", words.SCENARIO_FILE, max_files=1, max_fields=1) as form:
        file = form.get(SCENARIO)
        data = await file.read(MAX_FILE_BYTES + 1) if isinstance(file, UploadFile) else b""
    try:
        if not data:
            raise BadInput(Problem(words.NO_FILE, help=words.SCENARIO_FILE))
        return await run_in_threadpool(_to_check, data, site_of(request), day)
    except BadInput as error:
        return _start_page(request, problems=error.problems)


def _to_check(data: bytes, site: Site, day: Mapping[str, str]) -> Response:
    text = text_of(data, words.FILE, MAX_FILE_BYTES)
    scenario = parse_scenario(text, words.FILE, check=lambda found: model_faults(site.catalogue, found))
    state = InterviewState().with_answers(scenario.model_dump(exclude_none=True))
    return _on("/check", urlencode({**state.to_mapping(), **day}))


def _on(path: str, query: str) -> Response:
    return RedirectResponse(f"{path}?{query}", 303)


def question(request: Request) -> Response:
    """The next question, or the one to change; the answers to check after the last. Takes the answer of its form."""
    site, pairs = site_of(request), pairs_of(request)
    if ASKED in pairs:
        return _answered(request, site, pairs)
    query = read_query(pairs, site, BACK, NOTED)
    change = _question_id(query.change, CHANGE) if query.change else None
    if query.state.estimating and not change:
        return worksheet_page(request, query, estimated_by(query.state.estimating))
    query = replace(query, state=query.state.without_estimate())
    if change == CLASH and not _clashes(query):
        change = None
    view = query.views.next(query.state, change)
    return _on("/check", query.string()) if isinstance(view, ReviewView) else question_page(request, query, view)


def _clashes(query: Query) -> bool:
    """Whether no route is left, so that the question which answers cannot hold together is asked."""
    return query.views.flow.position(query.state).outcomes == {None}


def _question_id(text: str, key: str) -> str:
    """The id of a question in a key of the link. Raises BadInput."""
    known = (*FIELDS, *ASIDES)
    if text not in known:
        what = f"{quoted(text)} is not a question of the interview"
        raise BadInput(Problem(what, field=key, help=did_you_mean(text, known)))
    return text


def _answered(request: Request, site: Site, pairs: dict[str, str]) -> Response:
    """The answer of a form: 303 to the next page, or 422 with the same question. Raises BadInput for another fault."""
    asked, do, kept = _question_id(pairs.pop(ASKED), ASKED), pairs.pop(DO, ""), pairs.pop(KEPT, "")
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
    if asked == CLASH and not _clashes(query):
        return _on("/question", query.string())
    view = query.views.question(asked, query.state)
    try:
        changed = _changed(query, view, UNKNOWN if do == UNKNOWN else text, estimate=do == ESTIMATE)
    except BadInput as error:
        return question_page(request, query, view, text, error.problems)
    typed = not do and text.strip() and not view.options
    return _onward(query, changed, asked if typed and asked in changed.answers else None)


def _changed(query: Query, view: QuestionView, text: str, *, estimate: bool) -> InterviewState:
    """The state with the answer of a form. Raises BadInput for a fault of the answer."""
    if estimate and view.estimable:
        return query.state.estimate(view.id)
    if view.options and not text.strip() and not view.current:
        raise BadInput(Problem(words.NO_CHOICE, field=view.id))
    changed = accepted(view, text, query.state)
    if faults := model_faults(query.site.catalogue, changed.scenario()):
        raise BadInput(faults)
    return changed


def _worksheet_answered(request: Request, site: Site, pairs: dict[str, str], asked: str) -> Response:
    """The inputs of a worksheet: 303 to the next page, or 422 with the worksheet."""
    typed = {name: pairs.pop(name) for name in INPUTS if estimated_by(name) == asked and name in pairs}
    pairs.pop(ESTIMATING)
    query = read_query(pairs, site, BACK)
    state = query.state
    if not can_be_estimated(asked, state.answers):
        raise BadInput(Problem(f"{quoted(asked)} cannot be estimated from these answers", field=ESTIMATING))
    try:
        changed = state.estimated(asked, worksheet_inputs(asked, typed, state))
    except BadInput as error:
        return worksheet_page(request, query, asked, typed, error.problems)
    return _onward(query, changed, asked)


def _onward(query: Query, changed: InterviewState, noted: str | None) -> Response:
    """On to the next question, to a worksheet, or to the answers to check.

    A change made from there leads back there, unless it opens questions that did not wait before.
    """
    back = query.extra.get(BACK) == CHECK
    if changed.estimating:
        return _on("/question", query.string(changed, **({BACK: CHECK} if back else {})))
    flow = query.views.flow
    waiting = flow.waiting(changed)
    done = not waiting or (back and set(waiting) <= set(flow.waiting(query.state)))
    return _on("/check" if done else "/question", query.string(changed, **({NOTED: noted} if noted else {})))


def check(request: Request) -> Response:
    """Check your answers: what was answered, what the catalogue supplies, what is open, and what was skipped."""
    query = query_of(request, NOTED)
    query = replace(query, state=query.state.without_estimate())
    state, views = query.state, query.views
    position, review = views.flow.position(state), views.review(state)
    supplied = [line for line in review.lines if line.id in position.supplied and line.id not in state.answers]
    waiting = [name for name in views.flow.waiting(state) if name not in ASIDES]
    skipped = [name for name in views.flow.skipped(state) if name not in (*waiting, *position.open, *position.supplied)]
    previous = state.previous(None)
    named = {
        "review": review,
        "lines": [(line, views.texts.steps(line.id, state)) for line in review.lines if line not in supplied],
        "supplied": supplied,
        "waiting": [(name, views.texts.wording(name, state).ask) for name in waiting],
        "skipped": views.skipped(skipped, state).strip() if skipped and not waiting else "",
        "settled": position.settled,
        "query": query.string(),
        "noted": noted(query, back=CHECK),
        "back_to": f"/question?{query.string(change=previous)}" if previous else query.start,
        "address": f"{request.base_url}check?{query.string()}",
    }
    return page(request, "check", named)


ROUTES = [
    Route("/", start),
    Route("/", uploaded, methods=["POST"]),
    Route("/question", question),
    Route("/check", check),
]
