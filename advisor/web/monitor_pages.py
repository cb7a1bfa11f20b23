"""Usage files in, the dashboard out; nothing is kept."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Path_

from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.domain.scenario import Route
from advisor.domain.scenario_io import scenario_text
from advisor.monitor.model import Guess
from advisor.web.child_process import answer_of, place
from advisor.web.pages import listed, page, sent_form, whole_page
from advisor.web.query import DATE, Query, date_of, known_pairs, query_of
from advisor.web.site import Site, site_of
from advisor.web.usage_upload import TOO_MUCH, dashboard, stored, upload_folder
from advisor.wording import web as words

MAX_FILES, _MAX_PARTS = 20, 1_000
"""Usage files that are read, and files that a form may send: more than the page reads are refused with the form."""
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
_TEXTS = (
    *("format", "only", "makes_images", "request_path", "covers", "rate", "images_from", "cost_from"),
    *Guess,
)
_FIELDS = (_USAGE, _DECISION, _MAPPING, *_CHOICES, *_TEXTS)
_YEARS = (2000, 9000)


Files = Mapping[str, Sequence[UploadFile]]
"""What was sent, by field."""


async def monitor(request: Request) -> Response:
    """The form; of what it sends the dashboard, or the form with what is wrong."""
    query = query_of(request)
    _usable(query.decided_on)
    if request.method != "POST":
        return _form_page(request, query, {})
    filled: dict[str, str] = {}
    limits = {"max_files": _MAX_PARTS, "max_fields": len(_FIELDS), "max_part_size": 4 * MAX_TEXT}
    try:
        async with sent_form(request, "files", words.FORM, **limits) as sent:
            filled |= {name: text for name, text in sent.items() if isinstance(text, str)}
            return whole_page(await run_in_threadpool(_dashboard, query, *_read(sent)))
    except BadInput as error:
        return _form_page(request, query, filled, error.problems)


def example(request: Request) -> Response:
    """The dashboard of a bundled example, of a day on which its year is over."""
    decided_on, dated = date_of(known_pairs(request))
    return whole_page(_example(site_of(request), _usable(decided_on) if dated else EXAMPLE_DAY))


@lru_cache(maxsize=4)
def _example(site: Site, today: datetime.date) -> str:
    usage, decision = _EXAMPLE
    with place(), upload_folder() as folder:
        for name in _EXAMPLE:
            (folder / name).write_bytes((_EXAMPLES / name).read_bytes())
        return answer_of(TOO_MUCH, dashboard, str(folder), site, today, (usage,), decision, None, {})


def _usable(day: datetime.date) -> datetime.date:
    """The day, if usage can be of the days around it. Raises BadInput."""
    first, last = _YEARS
    if not first <= day.year <= last:
        raise BadInput(Problem(f"{quoted(day)} is too far away", field=DATE, help="check the year"))
    return day


def _form_page(request: Request, query: Query, filled: Mapping[str, str], problems: Sequence[Problem] = ()) -> Response:
    named = {
        "query": query.string(),
        "answers": bool(query.state.scenario().answers()),
        "most": MAX_FILES,
        "choices": _CHOICES,
        "filled": {name: filled.get(name, "") for name in (*_CHOICES, *_TEXTS)},
        "problems": [listed(problem, problem.field) for problem in problems],
    }
    return page(request, "monitor", named, 422 if problems else 200)


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


def _read(sent: FormData) -> tuple[Files, Mapping[str, str]]:
    """The files, and the options that are not empty. Raises BadInput for what the form does not send."""
    problems: list[Problem] = []
    files: dict[str, list[UploadFile]] = {_USAGE: [], _DECISION: [], _MAPPING: []}
    options: dict[str, str] = {}

    def wrong(what: str, field: str, help: str = words.FORM) -> None:
        problems.append(Problem(what, field=field, help=help))

    for name, value in sent.multi_items():
        if name not in _FIELDS:
            wrong(f"{quoted(name)} is not a field of this form", _USAGE, did_you_mean(name, _FIELDS) or words.FORM)
        elif isinstance(value, UploadFile) != (name in files):
            wrong(f"{quoted(name)} is sent as {'text' if name in files else 'a file'}", name)
        elif isinstance(value, UploadFile):
            files[name] += [value] if value.filename or value.size else []
        elif name in options:
            wrong(f"{quoted(name)} comes twice", name)
        elif len(value) > MAX_TEXT:
            wrong(f"there are more than {MAX_TEXT:,} characters", name)
        elif text := value.strip():
            options[name] = text
    for name, known in _CHOICES.items():
        if name in options and options[name] not in known:
            wrong(f"{quoted(options[name])} is not an option", name, f"write {' or '.join(known)}")
    if not files[_USAGE]:
        wrong("no usage file is chosen", _USAGE, words.USAGE)
    if len(files[_USAGE]) > MAX_FILES:
        wrong(f"there are more than {MAX_FILES} files", _USAGE, words.FEWER_FILES)
    for name in (_DECISION, _MAPPING):
        if len(files[name]) > 1:
            wrong("there is more than one file", name, "choose one")
    if problems:
        raise BadInput(problems)
    return files, options


def _dashboard(query: Query, files: Files, options: Mapping[str, str]) -> str:
    """The dashboard of what was sent. Raises BadInput, HTTPException while others are being read."""
    answers = query.state.scenario()
    if not files[_DECISION] and not answers.answers():
        raise BadInput(Problem("no decision is chosen", field=_DECISION, help=words.DECISION))
    with upload_folder() as folder:
        names = {
            field: [stored(folder, file.filename or "", file.file) for file in found] for field, found in files.items()
        }
        decision = (names[_DECISION] or [stored(folder, _ANSWERS, BytesIO(scenario_text(answers).encode()))])[0]
        mapping = names[_MAPPING][0] if names[_MAPPING] else None
        named = (tuple(names[_USAGE]), decision, mapping, options)
        try:
            return answer_of(TOO_MUCH, dashboard, str(folder), query.site, query.decided_on, *named)
        except BadInput as error:
            fields = {decision: _DECISION, mapping or "": _MAPPING}
            raise BadInput(_placed(problem, fields) for problem in error.problems) from None


ROUTES = [
    Path_("/monitor", monitor, methods=["GET", "POST"]),
    Path_("/monitor/example", example),
]
