"""What the monitor may find: one case for each verdict, and a strategy over all of them.

Figures follow from the scenario as they do in a run, or nearly so: what is tested here is how they are told.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from advisor.decision.decide import decide
from advisor.domain.cost_model import Costs, exact
from advisor.domain.record import Decision
from advisor.domain.scenario import Axis, Route, Scenario, validated
from advisor.domain.scenario_io import read_scenario
from advisor.evaluation.compiler import PlainReading
from advisor.monitor.model import Guess, MonitorResult, Month, NotComparable, Overspend, Span, Thresholds, Trend
from advisor.monitor.model import MonitorVerdict as Verdict
from advisor.monitor.model import NotComparableReason as Reason
from advisor.monitor.trigger import moved
from advisor.rulebook.loader import bundled_rulebook
from advisor.usage.model import Basis
from tests.helpers.strategies import EXERCISE

EXAMPLES = Path(__file__).parents[2] / "examples"
RULEBOOK = bundled_rulebook()
FEW_STEP = 5
START = "2025-11"


def decided(scenario: Scenario, day: str = "2025-11-02") -> Decision:
    """The decision of a scenario; the readings agree, and this one is quick."""
    return decide(scenario, RULEBOOK, decided_on=datetime.date.fromisoformat(day), matcher=PlainReading(RULEBOOK))


def example(name: str) -> Scenario:
    """One of the bundled examples."""
    return read_scenario(str(EXAMPLES / f"{name}.scenario.yaml"))


def sure(value: int | str | Fraction) -> Span:
    """A number known exactly."""
    return Span(Fraction(value), Fraction(value), Fraction(value))


def counted(place: int, volume: int, cost: str | None = None, **more: Any) -> Month:
    """A complete month of counted images."""
    return Month(moved(START, place), sure(volume), None, Fraction(cost) if cost else None, Basis.COUNTED, True, **more)


def by_requests(place: int, requests: int, complete: bool = True, **more: Any) -> Month:
    """A month of which the requests are known, from one to four images each."""
    images = Span(Fraction(requests), Fraction(2 * requests), Fraction(4 * requests))
    return Month(moved(START, place), images, requests, None, Basis.REQUESTS, complete, **more)


def gap(place: int) -> Month:
    """A month of which nothing is known."""
    return Month(moved(START, place), None, None, None, None, False, missing=True)


def _watched(scenario: Scenario, verdict: Verdict, months: list[Month], route: Route, **more: Any) -> MonitorResult:
    costs = Costs(scenario)
    at, faster = costs.crossover(route), costs.crossover(route, FEW_STEP)
    price = costs.price(route)
    found: dict[str, Any] = {
        "decision": decided(scenario),
        "decision_file": "photos.decision.json",
        "on": "2026-11-23",
        "verdict": verdict,
        "why_not_comparable": None,
        "compared": route,
        "list_price": None if price is None else exact(price),
        "paid_price": None,
        "crossover": sure(at.volume) if at and at.volume is not None else None,
        "list_crossover": at.volume if at else None,
        "few_step_crossover": faster.volume if faster else None,
        "few_step_speedup": FEW_STEP,
        "months": tuple(months),
        "trailing_volume": None,
        "trailing_months": (),
        "thresholds": Thresholds(),
        "now": None,
        "months_since_crossing": None,
        "crossed_in": None,
        "overspend": (),
        "payback_months": None,
        "migration_cost": None if scenario.migration_cost is None else exact(scenario.migration_cost),
        "trend": None,
        "own_amounts": None if at is None else _own_amounts(scenario),
        "overhead": None if at is None else sure(_own_amounts(scenario)[2]),
    }
    return MonitorResult(**{**found, **more})


def _own_amounts(scenario: Scenario) -> tuple[Fraction, ...]:
    amounts = (scenario.gpu_hour_price, scenario.images_per_gpu_hour, scenario.monthly_overhead)
    return tuple(exact(amount or 0) for amount in amounts)


def _again(scenario: Scenario, volume: Span) -> dict[str, Any]:
    """The decision made anew with a volume."""
    ends = {"monthly_images": volume.expected}
    if not volume.exact:
        ends |= {"monthly_images_low": volume.low, "monthly_images_high": volume.high}
    now = decided(scenario.changed(**{name: int(value) for name, value in ends.items()}), "2026-11-23")
    return {"now": now}


def startup() -> MonitorResult:
    """The startup's first year on the closed API: thousands to two million, and nobody looked."""
    base = example("startup-first-month").changed(current_route=Route.CLOSED_API, migration_cost=60_000)
    volumes = [
        4_000,
        7_500,
        14_000,
        26_000,
        61_000,
        118_000,
        240_000,
        455_000,
        810_000,
        1_240_000,
        1_700_000,
        1_980_000,
    ]
    months = [counted(place, volume, str(volume * 4 // 100)) for place, volume in enumerate(volumes)]
    states = [Verdict.BELOW] * 4 + [Verdict.CROSSED] * 2 + [Verdict.CROSSED_AND_STABLE] * 6
    months = [replace(month, state=state) for month, state in zip(months, states, strict=True)]
    months.append(counted(12, 1_502_113, "60084.52"))
    months[-1] = replace(months[-1], complete=False, why_partial="it is still running")
    trailing = sure(Fraction(sum(volumes[-3:]), 3))
    over: list[Overspend] = []
    so_far = Fraction(0)
    for month, volume in zip(months[4:12], volumes[4:], strict=True):
        saved = Fraction(38, 1000) * volume - 2000
        so_far += saved
        over.append(Overspend(month.month, sure(saved), sure(so_far), False))
    return _watched(
        base,
        Verdict.CROSSED_AND_STABLE,
        months,
        Route.CLOSED_API,
        paid_price=sure("0.04"),
        trailing_volume=trailing,
        trailing_months=tuple(month.month for month in months[9:12]),
        months_since_crossing=8,
        crossed_in=months[4].month,
        overspend=tuple(over),
        payback_months=Fraction(60_000) / (Fraction(38, 1000) * trailing.expected - 2000),
        notes=("412 rows stand in two of the files; each was counted once",),
        **_again(base, sure(round(trailing.expected))),
    )


def approaching() -> MonitorResult:
    """Known only by its requests: near N*, one month missing, the last one not complete."""
    base = validated(
        {**EXERCISE, "title": "Product photos", "migration_cost": 5_000, "current_route": "open_weight_api"}, ""
    )
    months = [by_requests(place, count) for place, count in enumerate([9_000, 12_500, 16_200], 4)]
    months += [gap(7), *(by_requests(place, count) for place, count in enumerate([24_000, 29_500, 33_000], 8))]
    months = [
        replace(month, state=Verdict.APPROACHING if place > 3 else Verdict.BELOW) if month.complete else month
        for place, month in enumerate(months)
    ]
    months.append(by_requests(11, 21_700, False, why_partial="it is still running"))
    return _watched(
        base,
        Verdict.APPROACHING,
        months,
        Route.OPEN_WEIGHT_API,
        crossover=Span(Fraction(60_000), Fraction(500_000, 7), Fraction(88_000)),
        trailing_volume=Span(Fraction(28_833), Fraction(57_667), Fraction(115_333)),
        trailing_months=tuple(month.month for month in months[4:7]),
        payback_months=None,
        trend=Trend(0.203, 6, 1, 2, None, 24),
        notes=("requests were taken as 1 to 4 images each; say how many with `--images-per-request`",),
        on="2026-10-20",
        **_again(base, Span(Fraction(28_833), Fraction(57_667), Fraction(115_333))),
    )


def not_comparable() -> MonitorResult:
    """A gate decides."""
    base = example("exercise-38-3-3-a")
    return _watched(
        base,
        Verdict.NOT_COMPARABLE,
        [counted(place, volume) for place, volume in enumerate([2_800, 3_100, 2_950])],
        Route.OPEN_WEIGHT_API,
        why_not_comparable=NotComparable(Reason.DECIDED, axis=Axis.RESIDENCY, route=Route.SELF_HOST),
        crossover=None,
        list_crossover=None,
        few_step_crossover=None,
        compared=None,
        list_price=None,
        trailing_volume=sure(2_950),
        trailing_months=tuple(moved(START, place) for place in range(3)),
        **_again(base, sure(2_950)),
    )


def insufficient() -> MonitorResult:
    """One month and a bit, from a bill that states only its cost."""
    base = validated({**EXERCISE, "title": "Product photos"}, "")
    first = Month(
        "2026-09",
        Span(Fraction(30_000), Fraction(33_333), Fraction(40_000)),
        None,
        Fraction("999.99"),
        Basis.DERIVED,
        True,
        guessed=frozenset({Guess.PRICE_PER_IMAGE}),
    )
    second = replace(
        first,
        month="2026-10",
        cost=Fraction("412.07"),
        complete=False,
        why_partial="nothing is known after 2026-10-12",
        images=Span(Fraction(12_000), Fraction(13_736), Fraction(16_000)),
    )
    return _watched(base, Verdict.INSUFFICIENT_DATA, [first, second], Route.OPEN_WEIGHT_API, on="2026-10-13")


def below() -> MonitorResult:
    """Well below, and shrinking."""
    base = validated(EXERCISE, "")
    months = [
        counted(place, volume, str(volume * 3 // 100), state=Verdict.BELOW)
        for place, volume in enumerate([20_000, 18_000, 17_500, 15_000])
    ]
    return _watched(
        base,
        Verdict.BELOW,
        months,
        Route.OPEN_WEIGHT_API,
        paid_price=Span(Fraction("0.027"), Fraction("0.0295"), Fraction("0.031")),
        trailing_volume=sure(16_833),
        trailing_months=tuple(month.month for month in months[1:]),
        trend=Trend(-0.08, 4, None, None, None, 24),
        **_again(base, sure(16_833)),
    )


def crossed() -> MonitorResult:
    """Above N* for one month."""
    base = validated({**EXERCISE, "migration_cost": 90_000, "current_route": "open_weight_api"}, "")
    months = [counted(0, 40_000), counted(1, 66_000), replace(counted(2, 90_000), state=Verdict.CROSSED)]
    over = Fraction(28, 1000) * 90_000 - 2000
    return _watched(
        base,
        Verdict.CROSSED,
        months,
        Route.OPEN_WEIGHT_API,
        trailing_volume=sure(65_333),
        trailing_months=tuple(month.month for month in months),
        months_since_crossing=1,
        crossed_in=months[2].month,
        overspend=(Overspend(months[2].month, sure(over), sure(over), True),),
        payback_months=Fraction(90_000) / over,
        thresholds=Thresholds(strict=True),
        **_again(base, sure(65_333)),
    )


def fell_back() -> MonitorResult:
    """Above N* once, then far below: own GPUs would have cost more."""
    base = validated({**EXERCISE, "unit": "video_second", "title": "Clips"}, "")
    volumes = [80_000, 85_000, 82_000, 50_000, 30_000, 22_000]
    months = [counted(place, volume) for place, volume in enumerate(volumes)]
    months = [
        replace(month, state=Verdict.FELL_BACK if place > 4 else Verdict.CROSSED) for place, month in enumerate(months)
    ]
    over: list[Overspend] = []
    so_far = Fraction(0)
    for month, volume in zip(months, volumes, strict=True):
        wide = Span(*(Fraction(28, 1000) * volume - fixed for fixed in (2300, 2000, 1700)))
        so_far += wide.expected
        over.append(
            Overspend(
                month.month,
                wide,
                Span(so_far - 300 * len(over) - 300, so_far, so_far + 300 * len(over) + 300),
                len(over) > 1,
            )
        )
    return _watched(
        base,
        Verdict.FELL_BACK,
        months,
        Route.OPEN_WEIGHT_API,
        trailing_volume=sure(34_000),
        trailing_months=tuple(month.month for month in months[3:]),
        months_since_crossing=6,
        crossed_in=START,
        overspend=tuple(over),
        **_again(base, sure(34_000)),
    )


CASES = {
    "crossed-and-stable": startup,
    "approaching": approaching,
    "not-comparable": not_comparable,
    "insufficient-data": insufficient,
    "below": below,
    "crossed": crossed,
    "fell-back": fell_back,
}


@cache
def case(name: str) -> MonitorResult:
    """One of them by its name."""
    return CASES[name]()
