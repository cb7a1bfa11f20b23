"""When to look again: the volume that ``advisor monitor`` compares the bill with."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.record import Decision, Status
from advisor.report.claim import Claim
from advisor.report.confidence import compared_route
from advisor.scenario import Route


def lookout_claims(decision: Decision) -> Iterator[Claim]:
    """The crossover to watch and from which side; or why there is none."""
    if decision.status is not Status.RECOMMENDED:
        return
    asked = compared_route(decision)
    owning = decision.route is Route.SELF_HOST
    if asked is None:
        kind = "no_crossover"
    elif asked not in decision.crossovers:
        kind = "no_amounts"
    elif decision.crossovers[asked] is None:
        kind = "never"
    else:
        kind = "falls_below" if owning else "rises_above"
    figures = {"route": asked, "volume": decision.crossovers.get(asked) if asked else None}
    yield Claim("lookout", "lookout", kind, (), ("monthly_images",), figures)
