"""What every page reads: the rules and the catalogue in use, and the decision and the interview over them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from starlette.requests import Request

from advisor.catalogue.loader import Catalogue
from advisor.decision.decide import decide
from advisor.domain.record import Decision
from advisor.domain.scenario import Scenario
from advisor.interview.flow import flow_of
from advisor.interview.question_view import InterviewViews
from advisor.rulebook.model import Rulebook
from advisor.wording.interview import ON_PAGE


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
        return decide(scenario, self.rulebook, catalogue=self.catalogue, decided_on=decided_on)


def site_of(request: Request) -> Site:
    """The site that a request is for."""
    site: Site = request.app.state.site
    return site
