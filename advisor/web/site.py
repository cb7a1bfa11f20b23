"""What every page reads: the rules and the catalogue in use, and the decision and the interview over them.

Requests run in several threads. What decides keeps results in memory that it shares, and charts are drawn by one thread
at a time, so one thread does both, in the order of the requests: a lock would let some of them wait for ever.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from starlette.requests import Request

from advisor.catalogue.loader import Catalogue
from advisor.decision.assessment import Assessment
from advisor.decision.competition import competing
from advisor.decision.decide import decide
from advisor.domain.record import Decision
from advisor.domain.scenario import Scenario
from advisor.evaluation.compiler import PlainReading
from advisor.interview.flow import flow_of
from advisor.interview.question_view import InterviewViews
from advisor.report.html import cost_figures
from advisor.rulebook.model import Rulebook
from advisor.wording.interview import ON_PAGE

_T = TypeVar("_T")
_worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="deciding")
_KEPT, _CHARTS_KEPT = 64, 32
"""How many decisions, and how many pairs of charts, are kept for the next request about the same answers."""


@dataclass(frozen=True)
class Site:
    """The rules and the catalogue that one server decides with."""

    rulebook: Rulebook
    catalogue: Catalogue | None

    def views(self, decided_on: datetime.date) -> InterviewViews:
        """The interview as of a day."""
        return InterviewViews(flow_of(self.rulebook, self.catalogue, decided_on), hints=ON_PAGE)

    def decide(self, scenario: Scenario, decided_on: datetime.date) -> Decision:
        """The decision on a scenario as the command line makes it. Raises what ``decide`` raises."""
        return _decided(self, scenario, decided_on)

    def cost_figures(self, scenario: Scenario, decided_on: datetime.date) -> str:
        """The cost curves and the route map of the decision, as HTML."""
        return _cost_figures(self, scenario, decided_on)

    def assess(self, scenario: Scenario, decided_on: datetime.date) -> Assessment:
        """The outcome of ``decide`` without its explanations, in a few milliseconds. Raises what ``decide`` raises."""

        def assessed() -> Assessment:
            rulebook = competing(self.rulebook, self.catalogue, scenario, decided_on)
            return Assessment(scenario, rulebook, _reading(rulebook))

        return in_turn(assessed)


def in_turn(work: Callable[[], _T]) -> _T:
    """What a function returns or raises, run after those that other requests have handed over before."""
    return _worker.submit(work).result()


@lru_cache(maxsize=_KEPT)
def _decided(site: Site, scenario: Scenario, decided_on: datetime.date) -> Decision:
    return in_turn(lambda: decide(scenario, site.rulebook, catalogue=site.catalogue, decided_on=decided_on))


@lru_cache(maxsize=_CHARTS_KEPT)
def _cost_figures(site: Site, scenario: Scenario, decided_on: datetime.date) -> str:
    decision = site.decide(scenario, decided_on)
    return in_turn(lambda: cost_figures(decision))


@lru_cache(maxsize=32)
def _reading(rulebook: Rulebook) -> PlainReading:
    return PlainReading(rulebook)


def site_of(request: Request) -> Site:
    """The site that a request is for."""
    site: Site = request.app.state.site
    return site
