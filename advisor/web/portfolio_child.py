"""The process that plans a portfolio: proving a plan may take minutes, so it is stopped after some time."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection

from advisor.catalogue.loader import Catalogue
from advisor.common.diagnostics import BadInput, Problem
from advisor.rulebook.model import Rulebook
from advisor.web.child_process import send

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
    send(connection, lambda: _record(job), _OUT_OF_MEMORY)


def _record(job: PortfolioJob) -> str:
    from advisor.decision.competition import model_faults
    from advisor.portfolio.plan import plan
    from advisor.portfolio.portfolio import parse_portfolio

    stated = parse_portfolio(job.text, job.file, check=partial(model_faults, job.catalogue))
    if len(stated.workloads) > MAX_WORKLOADS:
        what = f"there are {len(stated.workloads):,} workloads, and this page plans {MAX_WORKLOADS} at most"
        raise BadInput(Problem(what, help=HELP))
    return plan(stated, job.rulebook, catalogue=job.catalogue, decided_on=job.decided_on).to_json()
