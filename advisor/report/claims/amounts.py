"""Which amounts the cost of a route takes, and which of them a decision lacks."""

from __future__ import annotations

from collections.abc import Iterable

from advisor.domain.record import Decision
from advisor.domain.scenario import FIELDS, Route

PRICED_BY = {
    Route.SELF_HOST: ("gpu_hour_price", "images_per_gpu_hour", "monthly_overhead"),
    Route.OPEN_WEIGHT_API: ("open_price",),
    Route.CLOSED_API: ("closed_price",),
}
HOSTED = (Route.OPEN_WEIGHT_API, Route.CLOSED_API)


def missing_amounts(decision: Decision, routes: Iterable[Route], ends: Iterable[str] = ()) -> tuple[str, ...]:
    """The amounts behind the cost of these routes that are not known, in the order of the scenario.

    ``ends`` are the months it is wanted for, ``low`` or ``high``; one that is not known is the expected month.
    """
    wanted = {name for route in routes for name in PRICED_BY[route]}
    wanted |= {"monthly_images" for end in ends if f"monthly_images_{end}" not in decision.scenario}
    return tuple(name for name in FIELDS if name in wanted and name not in decision.scenario)
