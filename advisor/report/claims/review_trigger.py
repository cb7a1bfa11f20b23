"""When to look again: the volume that ``advisor monitor`` compares the bill with."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.decision.break_even import (
    compared_route,
    owns_already,
    rents_for_its_price,
    watched_route,
    whatever_the_volume,
)
from advisor.domain.record import Decision, Status
from advisor.domain.scenario import Route, Scenario, validated
from advisor.report.claims.amounts import missing_amounts
from advisor.report.claims.model import Claim
from advisor.rulebook.model import Rulebook


def lookout_claims(decision: Decision, rulebook: Rulebook) -> Iterator[Claim]:
    """The crossover to watch and from which side; or why there is none."""
    if decision.status is not Status.RECOMMENDED:
        return
    scenario = validated(decision.scenario, "the record")
    watched = watched_route(decision, scenario)
    always = whatever_the_volume(scenario, rulebook) if watched else None
    kind = _kind(decision, scenario, watched, always)
    figures = {
        "route": watched,
        "volume": decision.crossovers.get(watched) if watched else None,
        "missing": missing_amounts(decision, (watched, Route.SELF_HOST)) if watched else (),
        "cheaper_than": compared_route(always) if kind == "always" and always else watched,
    }
    yield Claim("lookout", "lookout", kind, (), ("monthly_images",), figures)


def _kind(decision: Decision, scenario: Scenario, watched: Route | None, always: Decision | None) -> str:
    if watched is None:
        return "no_crossover"
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
    """Whether own GPUs are recommended after a comparison with a hosted price."""
    return decision.route is Route.SELF_HOST and compared_route(decision) is not None
