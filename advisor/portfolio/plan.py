"""Portfolio -> plan: who owns is chosen jointly, so that the total of the expected months is least."""

from __future__ import annotations

import datetime

from advisor.catalogue.loader import Catalogue
from advisor.portfolio.candidates import candidates_of
from advisor.portfolio.plan_builder import PlanBuilder
from advisor.portfolio.portfolio import Portfolio
from advisor.portfolio.record import PortfolioPlan
from advisor.rulebook.loader import bundled_rulebook
from advisor.rulebook.model import Rulebook


def plan(
    portfolio: Portfolio,
    rulebook: Rulebook | None = None,
    *,
    catalogue: Catalogue | None = None,
    decided_on: datetime.date | None = None,
) -> PortfolioPlan:
    """Plans a portfolio, by default with the bundled rulebook; the same input gives the same record.

    Each workload is judged as ``decide`` judges it; only whether it is owned is chosen anew, jointly. Without a
    catalogue a price that is not stated is a missing answer. ``decided_on`` is today by default.

    Raises what ``decide`` raises, naming the workload, and BadInput for a large pool without the extra ``portfolio``.
    """
    rulebook = rulebook or bundled_rulebook()
    decided_on = decided_on or datetime.date.today()
    candidates = candidates_of(portfolio, rulebook, catalogue, decided_on)
    return PlanBuilder(portfolio, candidates, catalogue).record(rulebook, decided_on)
