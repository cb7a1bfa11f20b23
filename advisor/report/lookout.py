"""When to look again: the volume that ``advisor monitor`` compares the bill with."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.record import Decision, Status
from advisor.report.claim import Claim
from advisor.report.watching import owns_already, rents_for_its_price, watched_route, whatever_the_volume
from advisor.rulebook.model import Rulebook
from advisor.scenario import Route, Scenario, validated


def lookout_claims(decision: Decision, rulebook: Rulebook) -> Iterator[Claim]:
    """The crossover to watch and from which side; or why there is none."""
    if decision.status is not Status.RECOMMENDED:
        return
    scenario = validated(decision.scenario, "the record")
    watched = watched_route(decision, scenario)
    kind = _kind(decision, scenario, watched, rulebook)
    figures = {"route": watched, "volume": decision.crossovers.get(watched) if watched else None}
    yield Claim("lookout", "lookout", kind, (), ("monthly_images",), figures)


def _kind(decision: Decision, scenario: Scenario, watched: Route | None, rulebook: Rulebook) -> str:
    if watched is None:
        return "no_crossover"
    always = whatever_the_volume(scenario, rulebook)
    crossover = decision.crossovers.get(watched)
    if always and always.status is not Status.OPEN:
        if watched in decision.crossovers and crossover is None and rents_for_its_price(always):
            return "never"
        return "always" if _owns_for_its_cost(always) else "no_crossover"
    if watched not in decision.crossovers:
        return "no_amounts"
    if crossover is None:
        return "never"
    if owns_already(decision, scenario):
        return "falls_below"
    return "moving" if decision.route is Route.SELF_HOST else "rises_above"


def _owns_for_its_cost(decision: Decision) -> bool:
    """Whether own GPUs are recommended, and not because the gates leave nothing else."""
    return decision.route is Route.SELF_HOST and len(decision.feasible_routes) > 1
