"""Why the other routes are not recommended, and what that forgoes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from advisor.domain.record import Decision, Elimination, PreferenceApplied
from advisor.domain.scenario import Axis, Route
from advisor.report.claims.model import Claim


def reason_claims(decision: Decision) -> Iterator[Claim]:
    """What the recommended route costs, and each other route with its cost and how it left the running."""
    if decision.route is None:
        return
    figures = {"months": _months(decision, decision.route)}
    yield Claim("why", "why", "why", figures=figures)
    for route in Route:
        if route is not decision.route:
            yield _left(decision, route)
    kind = {0: "no_axis", 1: "one_axis"}.get(len(decision.deciding_axes), "over_determined")
    axes = {"axes": decision.deciding_axes}
    yield Claim(f"why.{kind}", "deciding", kind, figures=axes)


def forgone_claims(decision: Decision) -> Iterator[Claim]:
    """The routes that would cost less than the recommended one, how much less, and why they are not taken."""
    for route in Route:
        savings = _more(decision, decision.route, route)
        if savings and min(savings.values()) > 0:
            reasons, how = _steps(decision, route)
            figures = {
                "route": route,
                "savings": {month: str(saving) for month, saving in savings.items()},
                "how": how,
                "reasons": list(reasons.values()),
            }
            yield Claim(f"forgone.{route}", "forgone", "forgone", tuple(reasons), figures=figures)


def _left(decision: Decision, route: Route) -> Claim:
    reasons, how = _steps(decision, route)
    axes: list[Axis] = list(dict.fromkeys(reason["axis"] for reason in reasons.values()))
    figures = {"route": route, "months": _months(decision, route), "how": how, "axes": axes}
    return Claim(f"why.{route}", "others", "other", tuple(reasons), figures=figures)


def _steps(decision: Decision, route: Route) -> tuple[dict[str, dict[str, Any]], str]:
    """The rules that took a route out, with axis and reason, and whether they are gates or preferences."""
    feasible = route in decision.feasible_routes
    gone = [step for step in decision.eliminated if step.route is route]
    lost = [step for step in decision.preferences if step.over is route]
    steps: Sequence[Elimination | PreferenceApplied] = lost if feasible else gone
    reasons = {step.rule: {"axis": step.axis, "because": step.because} for step in steps}
    return reasons, "preferred" if feasible else "eliminated"


def _months(decision: Decision, route: Route) -> dict[str, str]:
    cost = decision.monthly_costs.get(route)
    return cost.months if cost else {}


def _more(decision: Decision, route: Route | None, other: Route) -> dict[str, Decimal]:
    """How much more a route costs than another in each known month; empty if one of the costs is unknown."""
    if route is None or not {route, other} <= decision.monthly_costs.keys():
        return {}
    mine, theirs = (_months(decision, which) for which in (route, other))
    return {month: Decimal(mine[month]) - Decimal(theirs[month]) for month in mine}
