"""The decision procedure written out by hand with fractions: shares nothing with the rulebook or its readings.

It follows the prose of the design, route by route, so that an error in the rules, in a reading or in the fold shows
as a disagreement.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Any

SELF, OPEN, CLOSED = "self_host", "open_weight_api", "closed_api"
ROUTES = (SELF, OPEN, CLOSED)
AXES = ("residency", "licensing", "model_access", "control", "latency", "cost", "switching_cost")
LEVELS = ("prompt_only", "pinned_version", "adapters", "latents")
REACH = {SELF: "latents", OPEN: "adapters", CLOSED: "prompt_only"}


@dataclass(frozen=True)
class Answer:
    """The routes left and feasible, and whether the inequality was asked and settled."""

    left: frozenset[str]
    feasible: frozenset[str]
    settled: bool | None


def decide(s: dict[str, Any], silenced: Iterable[str] = ()) -> Answer:
    """Decides a complete scenario (its values as strings, bools and Decimals) with some axes silenced."""
    silent = set(silenced)
    running = {route for route in ROUTES if not (eliminating(s, route) - silent)}
    feasible = frozenset(running)

    if "model_access" not in silent and s["quality"] == "best_preferred" and {OPEN, CLOSED} <= running:
        high = volume(s, "high")
        if SELF not in running or Fraction(s["closed_price"]) * high < own(s, high):
            running.discard(OPEN)

    c = Fraction(s["open_price"] if OPEN in running else s["closed_price"])
    hosted = running & {OPEN, CLOSED}
    wins = [c * volume(s, end) < own(s, volume(s, end)) for end in ("low", "high")]
    settled = (wins[0] == wins[1]) if hosted and SELF in running and "cost" not in silent else None
    if "cost" not in silent and hosted and SELF in running:
        if all(wins):
            running.discard(SELF)
        elif not any(wins):
            running -= hosted

    if "switching_cost" not in silent:
        hosted = running & {OPEN, CLOSED}
        dropped = {CLOSED} if hosted == {OPEN, CLOSED} else set()
        if wins[0] != wins[1] and hosted:
            dropped |= {SELF}
        running -= dropped
    return Answer(frozenset(running), feasible, settled)


Drops = tuple[str, tuple[str, ...], tuple[str, ...]]
"""A preference: the axis it is judged on, the routes preferred, the routes over which they are."""
PREFERENCES: dict[str, Drops] = {
    "best-while-modest": ("model_access", (CLOSED,), (OPEN,)),
    "best-of-the-hosted": ("model_access", (CLOSED,), (OPEN,)),
    "rent-below-crossover": ("cost", (OPEN, CLOSED), (SELF,)),
    "own-above-crossover": ("cost", (SELF,), (OPEN, CLOSED)),
    "rent-closed-below-crossover": ("cost", (CLOSED,), (SELF,)),
    "own-above-closed-crossover": ("cost", (SELF,), (CLOSED,)),
    "open-keeps-the-way-out": ("switching_cost", (OPEN,), (CLOSED,)),
    "rent-while-unsettled": ("switching_cost", (OPEN, CLOSED), (SELF,)),
    "rent-closed-while-unsettled": ("switching_cost", (CLOSED,), (SELF,)),
}


def decide_with(s: dict[str, Any], axes: dict[str, str]) -> Answer:
    """Decides a complete scenario with only these preferences, each judged on this axis instead of its own.

    The inequality is asked when the cost axis is reached: of whichever routes are then still in the running.
    """
    running = {route for route in ROUTES if not eliminating(s, route)}
    feasible, settled = frozenset(running), None
    for axis in AXES:
        if axis == "cost" and SELF in running and running & {OPEN, CLOSED}:
            low, high = wins_at_both_ends(s, OPEN if OPEN in running else CLOSED)
            settled = low == high
        dropped = set()
        for rule, (_, preferred, over) in PREFERENCES.items():
            if axes.get(rule) == axis and holds(rule, s, running) and running & set(preferred):
                dropped |= {route for route in over if running & (set(preferred) - {route})}
        running -= dropped
    return Answer(frozenset(running), feasible, settled)


def wins_at_both_ends(s: dict[str, Any], hosted: str) -> list[bool]:
    """Whether renting wins in the low and in the high month, at the price of this route."""
    c = Fraction(s["open_price"] if hosted == OPEN else s["closed_price"])
    return [c * volume(s, end) < own(s, volume(s, end)) for end in ("low", "high")]


def holds(rule: str, s: dict[str, Any], running: set[str]) -> bool:
    """Whether what a preference asks for is so, with these routes in the running."""
    open_low, open_high = wins_at_both_ends(s, OPEN)
    closed_low, closed_high = wins_at_both_ends(s, CLOSED)
    best, open_runs = s["quality"] == "best_preferred", OPEN in running
    return {
        "best-while-modest": best and SELF in running and closed_high,
        "best-of-the-hosted": best and SELF not in running,
        "rent-below-crossover": open_runs and open_low and open_high,
        "own-above-crossover": open_runs and not open_low and not open_high,
        "rent-closed-below-crossover": not open_runs and closed_low and closed_high,
        "own-above-closed-crossover": not open_runs and not closed_low and not closed_high,
        "open-keeps-the-way-out": True,
        "rent-while-unsettled": open_runs and open_low and not open_high,
        "rent-closed-while-unsettled": not open_runs and closed_low and not closed_high,
    }[rule]


def eliminating(s: dict[str, Any], route: str) -> set[str]:
    """The axes that take a generic route out."""
    axes = set()
    if s["residency"] == "on_premises" and route != SELF:
        axes.add("residency")
    if s["indemnity_required"] and route != CLOSED:
        axes.add("licensing")
    if s["train_on_outputs"] and route == CLOSED:
        axes.add("licensing")
    if s["quality"] == "frontier_only" and route != CLOSED:
        axes.add("model_access")
    if LEVELS.index(s["control"]) > LEVELS.index(REACH[route]):
        axes.add("control")
    if s["latency"] == "predictable" and route != SELF:
        axes.add("latency")
    return axes


def deciding_axes(s: dict[str, Any]) -> tuple[str, ...]:
    """The smallest, then first, set of axes whose silence changes the routes left; none when nothing is feasible."""
    left = decide(s).left
    if not left:
        return ()
    for size in range(1, len(AXES) + 1):
        for axes in combinations(AXES, size):
            if decide(s, axes).left != left:
                return axes
    raise AssertionError("silencing every axis leaves every route")


def volume(s: dict[str, Any], end: str) -> Fraction:
    """The low or the high month; the expected one where it is not given."""
    value = s.get(f"monthly_images_{end}")
    return Fraction(s["monthly_images"] if value is None else value)


def own(s: dict[str, Any], n: Fraction) -> Fraction:
    """The monthly cost of own GPUs in dollars."""
    if s.get("gpu_billing") == "always_on":
        needed = Fraction(s["peak_to_mean"]) * n / (730 * Fraction(s["images_per_gpu_hour"]))
        gpus = max(int(s.get("min_gpus") or 1), -int(-needed // 1))
        return Fraction(s["gpu_hour_price"]) * 730 * gpus + Fraction(s["monthly_overhead"])
    return Fraction(s["gpu_hour_price"]) * n / Fraction(s["images_per_gpu_hour"]) + Fraction(s["monthly_overhead"])
