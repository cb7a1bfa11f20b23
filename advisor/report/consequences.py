"""What follows from a recommendation: the good, the bad, and the way out."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from advisor.record import Decision, MonthlyCost
from advisor.report.claim import Claim
from advisor.rulebook.model import Rulebook
from advisor.scenario import Route


def consequence_claims(decision: Decision, rulebook: Rulebook) -> Iterator[Claim]:
    """What the route brings and takes, how its cost compares with the other feasible ones, and what leaving costs."""
    route = decision.route
    if route is None:
        return
    yield Claim("good.route", "good", "gained", figures={"route": route})
    yield from _cost(decision, route, dearer=True)
    yield Claim("bad.route", "bad", "accepted", figures={"route": route})
    yield from _cost(decision, route, dearer=False)
    stated = {offer.stated.get("switching_cost") for offer in rulebook.offers if offer.route is route}
    leaving = stated.pop() if len(stated) == 1 else None
    yield Claim("exit", "exit", "exit", figures={"route": route, "leaving": leaving})


def _cost(decision: Decision, route: Route, dearer: bool) -> Iterator[Claim]:
    """The feasible routes that cost more, or less, than the recommended one in every month that is known."""
    if route not in decision.monthly_costs:
        return
    mine = _months(decision.monthly_costs[route])
    others = []
    for other in decision.feasible_routes:
        if other is not route and other in decision.monthly_costs:
            theirs = _months(decision.monthly_costs[other])
            differences = [Decimal(theirs[month]) - Decimal(mine[month]) for month in mine]
            if all(difference > 0 if dearer else difference < 0 for difference in differences):
                others.append({"route": other, "months": theirs})
    if others:
        section = "good" if dearer else "bad"
        figures = {"route": route, "months": mine, "others": others}
        yield Claim(f"{section}.cost", section, "cheaper" if dearer else "dearer", figures=figures)


def _months(cost: MonthlyCost) -> dict[str, str]:
    """The expected month, or both ends where none is expected."""
    return {"low": cost.low, "high": cost.high} if cost.expected is None else {"expected": cost.expected}
