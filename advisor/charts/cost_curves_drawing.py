"""The drawing of cost curves: what a month costs each way, against its volume."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from advisor.charts.canvas import COLOURS, HEIGHT, INK, LINE_HEIGHT, Box, Plot, text_width, wrapped
from advisor.charts.cost_data import Curves
from advisor.charts.scale import Scale, scale_of
from advisor.domain.cost_model import rent
from advisor.domain.formatting import grouped
from advisor.domain.scenario import Route
from advisor.wording.labels import HERE, SHORT, on_scale, units_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Dashes = tuple[float, ...]
LEAST = 0.3
"""The least volume a logarithmic scale starts at."""
_POINTS = 97
_BOTTOM, _LEFT, _RIGHT = 48, 62, 134
_DASHES: dict[Route, Dashes] = {Route.OPEN_WEIGHT_API: (7, 2), Route.CLOSED_API: (7, 2, 1.5, 2)}
_RULED_OUT = (1.0, 2.0)
_FAR_APART = 30
"""From this ratio of the dearest to the cheapest route on, even scales would press the cheap ones to the ground."""


class Curve(NamedTuple):
    """One way to pay for a month: its cost at a volume, and how it is drawn."""

    words: str
    cost: Callable[[Fraction], Fraction]
    colour: str
    width: float
    dashes: Dashes | None = None
    bold: bool = False


class CostPlot(Plot):
    """Curves with their names at their ends, and names above some volumes."""

    def __init__(
        self,
        figure: Figure,
        curves: Sequence[Curve],
        across: Scale,
        units: str,
        above: Sequence[tuple[Fraction, str]],
    ) -> None:
        width = figure.get_size_inches()[0] * 72
        room = (width - 8) / max(1, len(above)) - 8
        names = [(float(volume), wrapped(words, room)) for volume, words in above]
        lines = max((words.count("\n") + 1 for _, words in names), default=2)
        top = HEIGHT - 46 - LINE_HEIGHT * max(2, lines)
        super().__init__(figure, Box(_LEFT, _BOTTOM, width - _RIGHT, top))
        self.volumes = across.positions(_POINTS)
        self.costs = [[float(curve.cost(Fraction(volume))) for volume in self.volumes] for curve in curves]
        ends = [costs[place] for costs in self.costs for place in (0, -1)]
        positive = [end for end in ends if end > 0]
        up = Scale.between(min(positive, default=1) if across.log else 0.0, max(ends), log=across.log)
        self.scale(across, up, "$")
        up_words = on_scale("cost a month", log=across.log)
        self.label(on_scale(f"{units} a month", log=across.log), up_words, HEIGHT - 12)
        for curve, costs in zip(curves, self.costs, strict=True):
            style = (0, curve.dashes) if curve.dashes else "solid"
            self.axes.plot(self.volumes, costs, color=curve.colour, linewidth=curve.width, linestyle=style)
        self.name_ends([(costs[-1], curve.words, curve.bold) for curve, costs in zip(curves, self.costs, strict=True)])
        self.name_above(names)

    def mark(self, volume: Fraction, cost: Fraction, colour: str = INK, *, hollow: bool = False) -> None:
        """A dot at a volume and a cost."""
        face = "none" if hollow else colour
        self.axes.plot(float(volume), float(cost), "o", color=colour, markersize=7, markerfacecolor=face)


def draw_costs(curves: Curves, figure: Figure) -> None:
    """The curves of the routes, where they cross, and the months of the scenario."""
    across = _across(curves)
    crossings = curves.in_sight
    above = [(x, f"break-even with {SHORT[route]}\n{curves.crossing_text(route)}") for route, x in crossings.items()]
    plot = CostPlot(figure, list(_curves(curves)), across, units_of(curves.decision), above)
    for route, volume in crossings.items():
        hollow = not curves.is_feasible(route)
        plot.mark(volume, rent(curves.costs.price(route) or 0, volume), hollow=hollow)
    if curves.months:
        _draw_months(plot, curves)


def _draw_months(plot: CostPlot, curves: Curves) -> None:
    low, high = float(curves.months[0]), float(curves.months[-1])
    if low < high:
        plot.band(low, high)
    for volume in sorted({low, high}):
        plot.axes.axvline(volume, color=INK, linewidth=1.0, linestyle=(0, (3, 3)))
    first, last = grouped(curves.months[0]), grouped(curves.months[-1])
    words = f"{HERE}:\n" + (first if low == high else f"{first} to\n{last}")
    crossings = [plot.at(float(volume), 1)[0] for volume in curves.in_sight.values()]
    plot.text(*_room_for(plot, words, plot.at(low, 1)[0], plot.at(high, 1)[0], crossings).middle, words)


def _room_for(plot: CostPlot, words: str, low: float, high: float, crossings: list[float]) -> Box:
    """In the scenario's band, or next to it or a crossing; clear of curves and crossings where that can be."""
    width, height = text_width(words), LINE_HEIGHT * (words.count("\n") + 1)
    off = width / 2 + 4
    centres = [low - off, high + off, *(centre for x in crossings for centre in (x - off, x + off))]
    if high - low > width + 8:
        centres = [(low + high) / 2, low + off, *centres]
    floor, ceiling = plot.box.bottom + 2, plot.box.top - 2
    least, most = plot.box.left + width / 2, plot.box.right - width / 2
    boxes = [
        Box.around(min(max(centre, least), most), middle, width, height)
        for middle in (ceiling - height / 2, floor + height / 2, (floor + ceiling) / 2)
        for centre in centres
    ]
    points = [plot.at(*point) for costs in plot.costs for point in zip(plot.volumes, costs, strict=True)]

    def in_the_way(box: Box) -> tuple[bool, bool]:
        near = Box(box.left - 3, box.bottom - 3, box.right + 3, box.top + 3)
        crossed = any(near.left < line < near.right for line in (low, high, *crossings))
        return any(near.holds(Box(x, y, x, y)) for x, y in points), crossed

    return min(boxes, key=in_the_way)


def _curves(curves: Curves) -> Iterator[Curve]:
    for route in curves.routes:
        feasible, chosen = curves.is_feasible(route), route is curves.decision.route
        dashes = _DASHES.get(route) if feasible else _RULED_OUT
        words = SHORT[route] + ("\nrecommended" if chosen else "" if feasible else "\nruled out")
        yield Curve(words, partial(curves.cost, route), COLOURS[route], 2.6 if feasible else 1.6, dashes, chosen)
        if route is Route.SELF_HOST and curves.speedup:
            yield Curve(f"{SHORT[route]},\nfew-step model", curves.few_step_cost, COLOURS[route], 1.0, dashes)


def _across(curves: Curves) -> Scale:
    """From zero, or logarithmic where the volumes or the costs lie far apart."""
    across = scale_of(curves.volumes, LEAST)
    ends = [curves.cost(route, Fraction(across.most)) for route in curves.routes]
    return scale_of(curves.volumes, LEAST, log=max(ends) > _FAR_APART * min(ends))
