"""Usage files in, the dashboard out; nothing is kept."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route as Path_

from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.domain.scenario import Route
from advisor.domain.scenario_io import scenario_text
from advisor.web.child_process import Busy, place
from advisor.web.pages import busy_page, error_page, page
from advisor.web.query import DATE, Query, date_of, known_pairs, query_of
from advisor.web.security import policy_of
from advisor.web.site import Site, site_of
from advisor.web.usage_upload import Job, dashboard_of, stored, upload_folder
from advisor.wording import web as words

MAX_FILES = 20
MAX_TEXT = 2_000
"""Characters of one option."""
EXAMPLE_DAY = datetime.date(2026, 11, 2)
_EXAMPLES = Path(__file__).with_name("examples")
_EXAMPLE = ("startup-bill.csv", "startup.scenario.yaml")
_ANSWERS = "answers.scenario.yaml"
_USAGE, _DECISION, _MAPPING = "usage", "decision", "mapping"
_CHOICES = {
    "route": (Route.OPEN_WEIGHT_API.value, Route.CLOSED_API.value),
    "date_order": ("day-first", "month-first"),
}
_TEXTS = ("format", "only", "makes_images", "request_path", "covers", "rate")
_FIELDS = (_USAGE, _DECISION, _MAPPING, *_CHOICES, *_TEXTS)
_YEARS = (2000, 9000)


@dataclass(frozen=True)
class Form:
    """What was sent: files with their names, and options that are not empty."""

    usage: tuple[UploadFile, ...]
    decision: UploadFile | None
    mapping: UploadFile | None
    options: Mapping[str, str]


async def monitor(request: Request) -> Response:
    """The form; of what it sends the dashboard, or the form with what is wrong. 503 while others are being read."""
    query = _query(request)
    if request.method != "POST":
        return _form_page(request, query, {})
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "multipart/form-data":
        return error_page(request, 415, words.UNUSABLE, [Problem("this is not a form with files", help=words.FORM)])
    filled: dict[str, str] = {}
    try:
        limits = {"max_files": MAX_FILES + 2, "max_fields": len(_FIELDS), "max_part_size": 4 * MAX_TEXT}
        with place():
            async with request.form(**limits) as sent:
                filled |= {name: text for name, text in sent.items() if isinstance(text, str)}
                text = await run_in_threadpool(_dashboard, site_of(request), query, _read(sent))
    except HTTPException as error:  # of the reader of forms
        what = f"the form cannot be read: {error.detail.lower().rstrip('.')}"
        return error_page(request, 422, words.UNUSABLE, [Problem(what, help=words.FORM)])
    except BadInput as error:
        return _form_page(request, query, filled, error, 422)
    except Busy:
        return busy_page(request)
    return _served(text)


def example(request: Request) -> Response:
    """The dashboard of a bundled example, of a day on which its year is over."""
    decided_on, dated = date_of(known_pairs(request))
    try:
        return _served(_example(site_of(request), _usable(decided_on) if dated else EXAMPLE_DAY))
    except Busy:
        return busy_page(request)


@lru_cache(maxsize=4)
def _example(site: Site, today: datetime.date) -> str:
    usage, decision = _EXAMPLE
    with place(), upload_folder() as folder:
        for name in _EXAMPLE:
            (folder / name).write_bytes((_EXAMPLES / name).read_bytes())
        return dashboard_of(folder, _job(site, today, (usage,), decision))


def _served(text: str) -> Response:
    return HTMLResponse(text, headers={"content-security-policy": policy_of(text)})


def _query(request: Request) -> Query:
    query = query_of(request, site_of(request))
    _usable(query.decided_on)
    return query


def _usable(day: datetime.date) -> datetime.date:
    """The day, if usage can be of the days around it. Raises BadInput."""
    first, last = _YEARS
    if not first <= day.year <= last:
        raise BadInput(Problem(f"{quoted(day)} is too far away", field=DATE, help="check the year"))
    return day


def _form_page(
    request: Request, query: Query, filled: Mapping[str, str], error: BadInput | None = None, status: int = 200
) -> Response:
    named = {
        "query": query.string(),
        "answers": bool(query.state.scenario().answers()),
        "most": MAX_FILES,
        "choices": _CHOICES,
        "filled": {name: filled.get(name, "") for name in (*_CHOICES, *_TEXTS)},
        "problems": [problem._asdict() for problem in error.problems] if error else [],
    }
    return page(request, "monitor", named, status)


def _placed(problem: Problem, fields: Mapping[str, str]) -> Problem:
    """A problem at its part of the form, with file, line and answer in front; ``fields`` are those of the files."""
    option = (problem.file or "").removeprefix("--").replace("-", "_")
    if option in _FIELDS:
        return problem._replace(field=option)
    answer = f"`{problem.field}`" if problem.field else None
    parts = (problem.file, f"line {problem.line}" if problem.line else None, answer)
    place = ", ".join(part for part in parts if part)
    what = f"{place}: {problem.what}" if place else problem.what
    return problem._replace(what=what, field=fields.get(problem.file or "", _USAGE))


def _read(sent: FormData) -> Form:
    """The form. Raises BadInput for fields it does not have, text in place of a file, and the reverse."""
    problems: list[Problem] = []
    files: dict[str, list[UploadFile]] = {_USAGE: [], _DECISION: [], _MAPPING: []}
    options: dict[str, str] = {}
    for name, value in sent.multi_items():
        if name not in _FIELDS:
            what = f"{quoted(name)} is not a field of this form"
            problems.append(Problem(what, field=_USAGE, help=did_you_mean(name, _FIELDS) or words.FORM))
        elif isinstance(value, UploadFile) != (name in files):
            kind = "text" if name in files else "a file"
            problems.append(Problem(f"{quoted(name)} is sent as {kind}", field=name, help=words.FORM))
        elif isinstance(value, UploadFile):
            files[name] += [value] if value.filename or value.size else []
        elif name in options or len(value) > MAX_TEXT:
            what = f"{quoted(name)} comes twice" if name in options else f"there are more than {MAX_TEXT:,} characters"
            problems.append(Problem(what, field=name, help=words.FORM))
        elif text := value.strip():
            options[name] = text
    problems += [
        Problem(f"{quoted(options[name])} is not an option", field=name, help=f"write {' or '.join(known)}")
        for name, known in _CHOICES.items()
        if name in options and options[name] not in known
    ]
    if not files[_USAGE]:
        problems.append(Problem("no usage file is chosen", field=_USAGE, help=words.USAGE))
    if len(files[_USAGE]) > MAX_FILES:
        problems.append(Problem(f"there are more than {MAX_FILES} files", field=_USAGE, help="put them together"))
    problems += [
        Problem("there is more than one file", field=name, help="choose one")
        for name in (_DECISION, _MAPPING)
        if len(files[name]) > 1
    ]
    if problems:
        raise BadInput(problems)
    decision, mapping = next(iter(files[_DECISION]), None), next(iter(files[_MAPPING]), None)
    return Form(tuple(files[_USAGE]), decision, mapping, options)


def _dashboard(site: Site, query: Query, form: Form) -> str:
    """Raises BadInput, Busy."""
    answers = query.state.scenario()
    if form.decision is None and not answers.answers():
        raise BadInput(Problem("no decision is chosen", field=_DECISION, help=words.DECISION))
    with upload_folder() as folder:

        def kept(file: UploadFile) -> str:
            return stored(folder, file.filename or "", file.file)

        usage = tuple(kept(file) for file in form.usage)
        text = BytesIO(scenario_text(answers).encode())
        decision = kept(form.decision) if form.decision else stored(folder, _ANSWERS, text)
        mapping = kept(form.mapping) if form.mapping else None
        try:
            return dashboard_of(folder, _job(site, query.decided_on, usage, decision, mapping, form.options))
        except BadInput as error:
            fields = {decision: _DECISION, mapping or "": _MAPPING}
            raise BadInput(_placed(problem, fields) for problem in error.problems) from None


def _job(
    site: Site,
    today: datetime.date,
    usage: tuple[str, ...],
    decision: str,
    mapping: str | None = None,
    options: Mapping[str, str] | None = None,
) -> Job:
    return Job(site.rulebook, site.catalogue, today, usage, decision, mapping, dict(options or {}))


ROUTES = [
    Path_("/monitor", monitor, methods=["GET", "POST"]),
    Path_("/monitor/example", example),
]
