"""The consequences of a recommendation: good, bad, and how to leave the route."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from advisor.domain.record import Decision, Elimination, PreferenceApplied
from advisor.domain.scenario import Route
from advisor.report.claims.model import Claim


def consequence_claims(decision: Decision) -> Iterator[Claim]:
    """Gains and drawbacks of the route, its cost against the other feasible routes, and the cost of leaving."""
    route = decision.route
    if route is None:
        return
    yield Claim("good.route", "good", "gained", figures={"route": route})
    yield from _cost(decision, route, others_cost_more=True)
    yield Claim("bad.route", "bad", "accepted", figures={"route": route})
    yield from _cost(decision, route, others_cost_more=False)
    stated = {offer.traits.get("switching_cost") for offer in decision.offers if offer.route is route}
    leaving = stated.pop() if len(stated) == 1 else None
    yield Claim("exit", "exit", "exit", figures={"route": route, "leaving": leaving})


def forgone_claims(decision: Decision) -> Iterator[Claim]:
    """The routes that would cost less than the recommended one, how much less, and why they are not taken."""
    for route in Route:
        savings = _more(decision, decision.route, route)
        if decision.route is None or not savings or min(savings.values()) <= 0:
            continue
        gone = [step for step in decision.eliminated if step.route is route]
        lost = [step for step in decision.preferences if step.over is route]
        steps: Sequence[Elimination | PreferenceApplied] = lost if route in decision.feasible_routes else gone
        reasons = {step.rule: {"axis": step.axis, "because": step.because} for step in steps}
        figures = {
            "route": route,
            "savings": {month: str(saving) for month, saving in savings.items()},
            "mine": decision.monthly_costs[decision.route].months,
            "theirs": decision.monthly_costs[route].months,
            "how": "preferred" if route in decision.feasible_routes else "eliminated",
            "reasons": list(reasons.values()),
        }
        yield Claim(f"forgone.{route}", "forgone", "forgone", tuple(reasons), figures=figures)


def _more(decision: Decision, route: Route | None, other: Route) -> dict[str, Decimal]:
    """How much more a route costs than another in each known month; empty if one of the costs is unknown."""
    if route is None or not {route, other} <= decision.monthly_costs.keys():
        return {}
    mine, theirs = (decision.monthly_costs[which].months for which in (route, other))
    return {month: Decimal(mine[month]) - Decimal(theirs[month]) for month in mine}


def _cost(decision: Decision, route: Route, others_cost_more: bool) -> Iterator[Claim]:
    """The feasible routes that cost more, or less, than the recommended one in every known month."""
    others = []
    for other in decision.feasible_routes:
        differences = _more(decision, route, other).values()
        if differences and all(more < 0 if others_cost_more else more > 0 for more in differences):
            others.append({"route": other, "months": decision.monthly_costs[other].months})
    if others:
        section, kind = ("good", "cheaper") if others_cost_more else ("bad", "dearer")
        figures = {"route": route, "months": decision.monthly_costs[route].months, "others": others}
        yield Claim(f"{section}.cost", section, kind, figures=figures)
