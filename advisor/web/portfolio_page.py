"""A portfolio in, the plan out; nothing is kept."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from multiprocessing.connection import Connection
from pathlib import Path

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from advisor.catalogue.loader import Catalogue
from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.common.files import text_of
from advisor.portfolio.memo import identifier, plan_body
from advisor.portfolio.record import PortfolioPlan
from advisor.rulebook.model import Rulebook
from advisor.web.child_process import Busy, answer_of, place, send, turn
from advisor.web.pages import busy_page, error_page, page
from advisor.web.query import date_of, known_pairs
from advisor.web.site import Site, site_of
from advisor.wording import web as words

MAX_WORKLOADS = 100
HELP = "leave some workloads out, or use `advisor portfolio` on your own machine"
_OUT_OF_MEMORY = Problem("this portfolio needs more memory than there is here", help=HELP)


@dataclass(frozen=True)
class PortfolioJob:
    """The text of a portfolio file, and the name of the file in messages."""

    rulebook: Rulebook
    catalogue: Catalogue | None
    decided_on: datetime.date
    text: str
    file: str


def answer(connection: Connection, job: PortfolioJob) -> None:
    """Sends the record of the plan, or problems."""
    send(connection, lambda: _record_of(job), _OUT_OF_MEMORY)


def _record_of(job: PortfolioJob) -> str:
    from advisor.decision.competition import model_faults
    from advisor.portfolio.plan import plan
    from advisor.portfolio.portfolio import parse_portfolio

    stated = parse_portfolio(job.text, job.file, check=partial(model_faults, job.catalogue))
    if len(stated.workloads) > MAX_WORKLOADS:
        what = f"there are {len(stated.workloads):,} workloads, and this page plans {MAX_WORKLOADS} at most"
        raise BadInput(Problem(what, help=HELP))
    return plan(stated, job.rulebook, catalogue=job.catalogue, decided_on=job.decided_on).to_json()


MAX_BYTES = 200_000
EXAMPLE = Path(__file__).with_name("examples") / "film-studio.portfolio.yaml"
_TEXT, _FILE, _DO, _SAVE = "text", "file", "do", "save"
_FIELDS = (_TEXT, _FILE, _DO)


async def portfolio(request: Request) -> Response:
    """The form; of what it sends the plan, or the form with what is wrong. 503 while others are planned."""
    decided_on = date_of(known_pairs(request))[0]
    if request.method != "POST":
        return _form(request, "")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "multipart/form-data":
        problem = Problem("this is not a form with a portfolio", help=words.PORTFOLIO_FORM)
        return error_page(request, 415, words.UNUSABLE, [problem])
    text = ""
    try:
        with place():
            async with request.form(max_files=1, max_fields=len(_FIELDS), max_part_size=MAX_BYTES) as sent:
                if strange := [name for name in sent if name not in _FIELDS]:
                    what = f"{quoted(strange[0])} is not a field of this form"
                    raise BadInput(Problem(what, help=words.PORTFOLIO_FORM))
                file, typed = sent.get(_FILE), sent.get(_TEXT)
                data = await file.read(MAX_BYTES + 1) if isinstance(file, UploadFile) else b""
                text = typed if isinstance(typed, str) else ""
                saves = sent.get(_DO) == _SAVE
            if data:
                text = text_of(data, words.FILE, MAX_BYTES)
            found = await run_in_threadpool(_planned, site_of(request), text, decided_on)
    except HTTPException as error:  # of the reader of forms
        what = f"the form cannot be read: {error.detail.lower().rstrip('.')}"
        return error_page(request, 422, words.UNUSABLE, [Problem(what, help=words.PORTFOLIO_FORM)])
    except BadInput as error:
        return _form(request, text, problems=error.problems)
    except Busy:
        return busy_page(request)
    return _record(found) if saves else _form(request, text, found)


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
        job = PortfolioJob(site.rulebook, site.catalogue, decided_on, text, words.FILE)
        record = answer_of(answer, job, what="portfolios like this one", help=HELP)
    return PortfolioPlan.model_validate_json(record)


def _form(
    request: Request, text: str, found: PortfolioPlan | None = None, problems: Sequence[Problem] = ()
) -> Response:
    """The plan, if there is one, and the form with what was sent; with problems it is a 422."""
    named = (
        {
            "title": found.portfolio.get("title") or "",
            "body": Markup(plan_body(found)),
        }
        if found
        else {"title": "", "body": ""}
    )
    named |= {
        "text": text.replace("\r\n", "\n"),
        "query": request.url.query,
        "most": MAX_WORKLOADS,
        "problems": [
            {
                "id": _TEXT,
                "label": f"{words.LINE} {one.line}" if one.line else "",
                "what": f"`{one.field}`: {one.what}" if one.field else one.what,
                "help": one.help,
            }
            for one in problems
        ],
    }
    return page(request, "portfolio", named, 422 if problems else 200)


def _record(found: PortfolioPlan) -> Response:
    """The record, as a file to save."""
    disposition = f'attachment; filename="{identifier(found)}.portfolio.json"'
    return Response(found.to_json(), media_type="application/json", headers={"content-disposition": disposition})


ROUTES = [
    Route("/portfolio", portfolio, methods=["GET", "POST"]),
    Route("/portfolio/example", example),
]
