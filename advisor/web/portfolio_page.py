"""A portfolio in, the plan out; nothing is kept."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.common.files import text_of
from advisor.decision.competition import model_faults
from advisor.portfolio.memo import identifier, plan_body
from advisor.portfolio.plan import plan
from advisor.portfolio.portfolio import parse_portfolio
from advisor.portfolio.record import PortfolioPlan
from advisor.web.child_process import TooMuch, answer_of, turn
from advisor.web.pages import file_to_save, of_text, page, sent_form
from advisor.web.query import date_of, known_pairs
from advisor.web.site import Site, site_of
from advisor.wording import web as words

MAX_BYTES = 200_000
MAX_WORKLOADS = 100
EXAMPLE = Path(__file__).with_name("examples") / "film-studio.portfolio.yaml"
_TEXT, _FILE, _DO, _SAVE = "text", "file", "do", "save"
_FIELDS = (_TEXT, _FILE, _DO)
_TOO_MUCH = TooMuch(
    "portfolios like this one",
    "this portfolio needs more memory than there is here",
    "leave some workloads out, or use `advisor portfolio` on your own machine",
)


async def portfolio(request: Request) -> Response:
    """The form; of what it sends the plan, or the form with what is wrong. 503 while others are planned."""
    decided_on = date_of(known_pairs(request))[0]
    if request.method != "POST":
        return _form(request, "")
    text = ""
    limits = {"max_files": 1, "max_fields": len(_FIELDS), "max_part_size": MAX_BYTES}
    try:
        async with sent_form(request, "a portfolio", words.PORTFOLIO_FORM, **limits) as sent:
            if strange := [name for name in sent if name not in _FIELDS]:
                what = f"{quoted(strange[0])} is not a field of this form"
                raise BadInput(Problem(what, help=words.PORTFOLIO_FORM))
            file, typed = sent.get(_FILE), sent.get(_TEXT)
            data = await file.read(MAX_BYTES + 1) if isinstance(file, UploadFile) else b""
            text = typed if isinstance(typed, str) else ""
            if data:
                text = text_of(data, words.FILE, MAX_BYTES)
            found = await run_in_threadpool(_planned, site_of(request), text, decided_on)
    except BadInput as error:
        return _form(request, text, problems=error.problems)
    if sent.get(_DO) == _SAVE:
        return file_to_save(f"{identifier(found)}.portfolio.json", found.to_json(), "application/json")
    return _form(request, text, found)


def example(request: Request) -> Response:
    """The form, with an example to plan."""
    known_pairs(request)
    return _form(request, EXAMPLE.read_text(encoding="utf-8"))


@lru_cache(maxsize=16)
def _planned(site: Site, text: str, decided_on: datetime.date) -> PortfolioPlan:
    """The plan as the command line makes it. Raises BadInput, Busy."""
    if not text.strip():
        raise BadInput(Problem(words.NO_PORTFOLIO, help=words.PORTFOLIO))
    with turn():
        record = answer_of(_TOO_MUCH, _record, site, decided_on, text)
    return PortfolioPlan.model_validate_json(record)


def _record(site: Site, decided_on: datetime.date, text: str) -> str:
    """In a process of its own, as proving a plan may take minutes: the record of the plan. Raises BadInput."""
    stated = parse_portfolio(text, words.FILE, check=partial(model_faults, site.catalogue))
    if len(stated.workloads) > MAX_WORKLOADS:
        what = f"there are {len(stated.workloads):,} workloads, and this page plans {MAX_WORKLOADS} at most"
        raise BadInput(Problem(what, help=_TOO_MUCH.help))
    return plan(stated, site.rulebook, catalogue=site.catalogue, decided_on=decided_on).to_json()


def _form(
    request: Request, text: str, found: PortfolioPlan | None = None, problems: Sequence[Problem] = ()
) -> Response:
    """The plan, if there is one, and the form with what was sent; with problems it is a 422."""
    named = {
        "title": (found.portfolio.get("title") or "") if found else "",
        "body": Markup(plan_body(found)) if found else "",
        "text": text.replace("\r\n", "\n"),
        "query": request.url.query,
        "most": MAX_WORKLOADS,
        "problems": [of_text(problem, _TEXT) for problem in problems],
    }
    return page(request, "portfolio", named, 422 if problems else 200)


ROUTES = [
    Route("/portfolio", portfolio, methods=["GET", "POST"]),
    Route("/portfolio/example", example),
]
