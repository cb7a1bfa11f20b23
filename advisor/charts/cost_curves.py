"""The monthly cost of each route against the volume, and the volume from which owning is cheaper."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, partial
from math import floor
from typing import TYPE_CHECKING, NamedTuple

from advisor.charts.canvas import (
    COLOURS,
    INK,
    LINE_HEIGHT,
    Chart,
    ChartTable,
    Plot,
    Scale,
    chart,
    fitting,
    scale_of,
    wrapped,
)
from advisor.domain.cost_model import Costs, Number, OwnGpus, exact, rent, to_micro_dollars
from advisor.domain.quantity import dollars, grouped
from advisor.domain.record import Decision
from advisor.domain.scenario import Axis, Route, validated
from advisor.wording import charts as words
from advisor.wording.labels import HERE, NAMED, NONE, SHORT, are, listed, on_scale, sentence, sentences, units_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Dashes = tuple[float, ...]
LEAST = 0.3
"""The least volume a logarithmic scale starts at."""
_IN_SIGHT = 10**4
"""A crossover this many times above or below every month of the scenario is stated, not drawn."""
_POINTS = 97
_MOST_STEPS = 200
"""With more GPUs than these the steps of a staircase are not visible."""
_DASHES: dict[Route, Dashes] = {Route.OPEN_WEIGHT_API: (7, 2), Route.CLOSED_API: (7, 2, 1.5, 2)}
_RULED_OUT = (1.0, 2.0)
_LOG_COST_RATIO = 30
"""From this ratio of the most expensive to the cheapest route, a linear scale would flatten the cheap ones."""


@dataclass(frozen=True)
class RouteCurves:
    """The costs of a scenario's routes, as far as its amounts are known. Raises BadInput for invalid answers."""

    decision: Decision

    @cached_property
    def costs(self) -> Costs:
        """The scenario's costs."""
        return Costs(validated(self.decision.priced_scenario, "the record"))

    @cached_property
    def routes(self) -> list[Route]:
        """The routes with a known cost."""
        return [route for route in Route if self.costs.monthly(route, Decimal(1)) is not None]

    @cached_property
    def hosted(self) -> list[Route]:
        """The hosted routes with a known cost."""
        return [route for route in self.routes if route is not Route.SELF_HOST]

    @property
    def owns(self) -> bool:
        """Whether the cost of own GPUs is known."""
        return Route.SELF_HOST in self.routes

    @property
    def speedup(self) -> int | None:
        """That of a few-step model; None where the cost of own GPUs is not known."""
        return self.decision.few_step_speedup if self.owns else None

    @property
    def compared(self) -> Route:
        """The hosted route that own GPUs are compared with: the open-weight API while it is in the running."""
        dropped = {step.over for step in self.decision.preferences if step.axis is Axis.MODEL_ACCESS}
        running = [route for route in self.hosted if self.is_feasible(route) and route not in dropped]
        return (running or self.hosted)[0]

    @cached_property
    def months(self) -> list[Decimal]:
        """The low, the expected and the high month, each volume once, the least first."""
        scenario = self.costs.scenario
        named = (scenario.low, scenario.monthly_images, scenario.high)
        return sorted({volume for volume in named if volume is not None})

    @cached_property
    def crossings(self) -> dict[Route, Fraction]:
        """The volume at which each hosted route costs what own GPUs cost, where there is one."""
        found = {route: self.costs.crossover(route) for route in self.hosted}
        return {route: at.volume for route, at in found.items() if at is not None and at.volume is not None}

    @cached_property
    def in_sight(self) -> dict[Route, Fraction]:
        """The crossings of at least one image that lie near the scenario's months, or all if it has none."""
        least = max(Fraction(1), exact(self.months[0]) / _IN_SIGHT) if self.months else Fraction(1)
        most = exact(self.months[-1]) * _IN_SIGHT if self.months else max(self.crossings.values(), default=least)
        return {route: volume for route, volume in self.crossings.items() if least <= volume <= most}

    @property
    def volumes(self) -> list[Fraction]:
        """The volumes that the chart must include."""
        return [*map(exact, self.months), *self.in_sight.values()]

    def is_feasible(self, route: Route) -> bool:
        """Whether no gate rules the route out."""
        return route in self.decision.feasible_routes

    def cost(self, route: Route, volume: Number) -> Fraction:
        """Dollars a month of a route with a known cost."""
        if route is Route.SELF_HOST:
            return self._gpus.cost(volume) if self._gpus else Fraction(0)
        return self.costs.monthly(route, volume) or Fraction(0)

    def few_step_cost(self, volume: Number) -> Fraction:
        """Dollars a month on own GPUs with a few-step model."""
        return self._few_step_gpus.cost(volume) if self._few_step_gpus else Fraction(0)

    @cached_property
    def _gpus(self) -> OwnGpus | None:
        return self.costs.own_gpus()

    @cached_property
    def _few_step_gpus(self) -> OwnGpus | None:
        return self.costs.own_gpus(self.speedup or 1)

    def steps(self, speedup: int, most: float) -> list[float]:
        """Where a staircase turns, up to a volume; none where GPU-hours are paid as used, or steps are too small."""
        gpus = self.costs.own_gpus(speedup)
        if gpus is None or not gpus.always_on or gpus.gpus(floor(most)) > _MOST_STEPS:
            return []
        ends = [gpus.last_volume(number) for number in range(gpus.min_gpus, gpus.gpus(floor(most)))]
        return [float(volume) for end in ends for volume in (end, end + 1) if 0 < volume <= most]

    def crossing_text(self, route: Route, speedup: int = 1) -> str | None:
        """The least volume from which owning costs no more, as people read it; None where it never does."""
        found = self.costs.crossover(route, speedup)
        volume = found.from_volume() if found else None
        return None if volume is None else grouped(volume)


def costs_chart(decision: Decision) -> Chart | None:
    """The chart, if at least two routes have a known cost and there is a volume to show."""
    curves = RouteCurves(decision)
    if len(curves.routes) < 2 or not curves.volumes:
        return None
    texts = _title(curves), _description(curves), _table(curves)
    return chart("chart-costs", *texts, partial(_draw, curves))


def _title(curves: RouteCurves) -> str:
    if not curves.owns:
        return _cheaper_of_two(curves)
    route = curves.compared
    if route not in curves.crossings:
        return words.NEVER_CHEAPER.format(route=NAMED[route])
    owning_from = curves.crossing_text(route)
    if owning_from == "1":
        return words.ALWAYS_AS_CHEAP.format(route=NAMED[route])
    return words.AS_CHEAP_FROM.format(route=NAMED[route], volume=owning_from, units=units_of(curves.decision))


def _cheaper_of_two(curves: RouteCurves) -> str:
    first, second = sorted(curves.hosted, key=lambda route: curves.cost(route, 1))
    title = words.SAME_COST if curves.cost(first, 1) == curves.cost(second, 1) else words.CHEAPER
    return title.format(route=sentence(NAMED[first]), other=NAMED[second])


def _description(curves: RouteCurves) -> str:
    units, parts = units_of(curves.decision), []
    for volume in curves.months:
        costs = [f"{NAMED[route]} {_money(curves.cost(route, volume))}" for route in curves.routes]
        parts.append(words.COSTS_AT.format(volume=grouped(volume), units=units, costs=listed(costs)))
    for route, crossing in curves.crossings.items():
        faster = curves.crossing_text(route, curves.speedup) if curves.speedup else None
        if crossing:
            with_model = words.FASTER_FROM.format(volume=faster) if faster else ""
            volume_text = curves.crossing_text(route)
            parts.append(words.FROM_ON.format(route=NAMED[route], volume=volume_text, units=units) + with_model)
    gone = [route for route in curves.routes if not curves.is_feasible(route)]
    if gone:
        names = listed([NAMED[route] for route in gone])
        parts.append(words.OUT_WHATEVER_THE_COST.format(routes=names, are=are(gone)))
    return sentences(parts)


def _table(curves: RouteCurves) -> ChartTable:
    units = units_of(curves.decision)
    months = [words.VOLUME_A_MONTH.format(volume=grouped(volume), units=units) for volume in curves.months]
    header = [words.ROUTE, *months]
    header += [words.OWNING_FROM.format(units=units)] if curves.owns else []
    header += [words.OWNING_FASTER_FROM] if curves.speedup else []
    return ChartTable(tuple(header), tuple(map(tuple, _rows(curves))))


def _rows(curves: RouteCurves) -> Iterator[list[str]]:
    speeds = [1] * curves.owns + [curves.speedup] * bool(curves.speedup)
    for route in curves.routes:
        owned = route is Route.SELF_HOST
        out = "" if curves.is_feasible(route) else f", {words.RULED_OUT}"
        same = [NONE if owned else curves.crossing_text(route, speed or 1) or words.NEVER for speed in speeds]
        yield [f"{sentence(SHORT[route])}{out}", *(_money(curves.cost(route, at)) for at in curves.months), *same]
        if owned and curves.speedup:
            name = words.TIMES_AS_FAST.format(route=sentence(SHORT[route]), speedup=curves.speedup)
            yield [name, *(_money(curves.few_step_cost(volume)) for volume in curves.months), NONE, NONE]


def _money(cost: Fraction) -> str:
    """As the record has it, rounded up to the micro-dollar."""
    return dollars(to_micro_dollars(cost))


class Curve(NamedTuple):
    """A curve: the cost as a function of the volume, and its style; ``steps`` are where it jumps, up to a volume."""

    words: str
    cost: Callable[[Fraction], Fraction]
    colour: str
    width: float
    dashes: Dashes | None = None
    bold: bool = False
    steps: Callable[[float], list[float]] = lambda most: []


class Mark(NamedTuple):
    """A volume, or both ends of a range, in words and as numbers: lines in the plot, and a name above it."""

    name: str
    volumes: tuple[tuple[str, Fraction], ...]
    dashed: bool = False

    def text(self, room: float) -> str:
        """The name and the volumes, wrapped to a width."""
        volumes = words.UP_TO.join(fitting(text, value, room) for text, value in self.volumes)
        return f"{wrapped(self.name, room)}\n{volumes}"


class CostPlot(Plot):
    """Curves with labels at their ends, and marked volumes with labels above."""

    def __init__(
        self, figure: Figure, curves: Sequence[Curve], across: Scale, units: str, marks: Sequence[Mark]
    ) -> None:
        room = (float(figure.bbox.width) - 8) / max(1, len(marks)) - 8
        names = [mark.text(room) for mark in marks]
        lines = max((name.count("\n") + 1 for name in names), default=2)
        super().__init__(figure, left=62, bottom=48, right=134, top=46 + LINE_HEIGHT * max(2, lines))
        positions = across.positions(_POINTS)
        turns = [[at for at in curve.steps(positions[-1]) if at >= positions[0]] for curve in curves]
        along = [sorted({*positions, *of_curve}) for of_curve in turns]
        costs = [
            [float(curve.cost(Fraction(volume))) for volume in volumes]
            for curve, volumes in zip(curves, along, strict=True)
        ]
        ends = [end for of_curve in costs for end in (of_curve[0], of_curve[-1])]
        least = min((end for end in ends if end > 0), default=1) if across.log else 0.0
        across.set(self.axes.xaxis)
        Scale.between(least, max(ends), log=across.log).set(self.axes.yaxis, "$")
        unit = words.A_MONTH.format(units=units)
        self.label(on_scale(unit, log=across.log), on_scale(words.COST_A_MONTH, log=across.log))
        for curve, volumes, of_curve in zip(curves, along, costs, strict=True):
            style = (0, curve.dashes) if curve.dashes else "solid"
            self.axes.plot(volumes, of_curve, color=curve.colour, linewidth=curve.width, linestyle=style)
        self.name_ends([(of_curve[-1], curve.words, curve.bold) for curve, of_curve in zip(curves, costs, strict=True)])
        above = []
        for mark, name in zip(marks, names, strict=True):
            line = {"linewidth": 1.0, "linestyle": (0, (3, 3))} if mark.dashed else {"linewidth": 0.8, "alpha": 0.6}
            for _, volume in mark.volumes:
                self.axes.axvline(float(volume), color=INK, **line)
            ends = [self.at(float(volume), 1)[0] for _, volume in mark.volumes]
            above.append((sum(ends) / len(ends), name))
        self.name_above(above)

    def dot(self, volume: Fraction, cost: Fraction, *, hollow: bool = False) -> None:
        """A dot at a volume and a cost."""
        face = "none" if hollow else INK
        self.axes.plot(float(volume), float(cost), "o", color=INK, markersize=7, markerfacecolor=face)

    def band(self, low: Fraction, high: Fraction, colour: str = INK, alpha: float = 0.1) -> None:
        """Shades a range of volumes."""
        if low < high:
            self.axes.axvspan(float(low), float(high), facecolor=colour, edgecolor="none", alpha=alpha)


def _draw(curves: RouteCurves, figure: Figure) -> None:
    """The curves of the routes, where they cross, and the months of the scenario."""
    marks = [
        Mark(words.BREAK_EVEN.format(route=SHORT[route]), ((curves.crossing_text(route) or "", volume),))
        for route, volume in curves.in_sight.items()
    ]
    ends = [curves.months[0], curves.months[-1]] if curves.months else []
    if ends:
        marks.append(Mark(f"{HERE}:", tuple((grouped(end), exact(end)) for end in dict.fromkeys(ends)), dashed=True))
    plot = CostPlot(figure, list(_curves(curves)), _across(curves), units_of(curves.decision), marks)
    for route, volume in curves.in_sight.items():
        plot.dot(volume, rent(curves.costs.price(route) or 0, volume), hollow=not curves.is_feasible(route))
    if ends:
        plot.band(exact(ends[0]), exact(ends[1]))


def _curves(curves: RouteCurves) -> Iterator[Curve]:
    for route in curves.routes:
        feasible, chosen = curves.is_feasible(route), route is curves.decision.route
        dashes = _DASHES.get(route) if feasible else _RULED_OUT
        state = words.RECOMMENDED if chosen else "" if feasible else words.RULED_OUT
        name = "\n".join(filter(None, (SHORT[route], state)))
        curve = Curve(name, partial(curves.cost, route), COLOURS[route], 2.6 if feasible else 1.6, dashes, chosen)
        owned = route is Route.SELF_HOST
        yield curve._replace(steps=partial(curves.steps, 1)) if owned else curve
        if owned and curves.speedup:
            name, faster = f"{SHORT[route]},\n{words.FEW_STEP}", partial(curves.steps, curves.speedup)
            yield Curve(name, curves.few_step_cost, COLOURS[route], 1.0, dashes, steps=faster)


def _across(curves: RouteCurves) -> Scale:
    """Linear, or logarithmic if the volumes or the costs span a wide range."""
    across = scale_of(curves.volumes, LEAST)
    ends = [curves.cost(route, Fraction(across.most)) for route in curves.routes]
    return scale_of(curves.volumes, LEAST, log=max(ends) > _LOG_COST_RATIO * min(ends))
