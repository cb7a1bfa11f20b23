"""The cost curves in points."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from advisor.charts.canvas import COLOURS, INK, LINE_HEIGHT, Box, Canvas, spread, text_width
from advisor.charts.cost_data import Curves
from advisor.charts.scale import Scale, scale_of
from advisor.cost import exact, rent
from advisor.quantity import grouped
from advisor.report.chart_words import SHORT, compact, units_of
from advisor.scenario import Route

SIZE = (520, 356)
_PLOT = Box(68, 48, 392, 300)
_DASHES: dict[Route, tuple[float, ...]] = {Route.OPEN_WEIGHT_API: (7, 2), Route.CLOSED_API: (7, 2, 1.5, 2)}
_RULED_OUT = (1.0, 2.0)
_FAR_APART = 30
"""From this ratio of the dearest to the cheapest route on, even scales would press the cheap ones to the ground."""
_POINTS = 48
_LEAST = Decimal("0.3")
_NO_MOST = Decimal(10**40)


class _Line(NamedTuple):
    """One curve, and the words at its end."""

    heights: list[float]
    words: str
    colour: str
    width: float
    dashes: tuple[float, ...] | None
    bold: bool


class CostsDrawing:
    """The picture of some curves."""

    def __init__(self, curves: Curves) -> None:
        self._curves = curves
        self._across, self._up = _scales(curves)
        self._volumes = self._across.positions(_POINTS)
        self._xs = [self._x(exact(volume)) for volume in self._volumes]
        self._lines = list(self._all_lines())

    def paint(self, canvas: Canvas) -> None:
        """Paints all of it."""
        self._paint_months(canvas)
        self._paint_frame(canvas)
        self._paint_curves(canvas)
        self._paint_crossings(canvas)

    def _x(self, volume: Fraction) -> float:
        return _PLOT.left + _PLOT.width * self._across.place(volume)

    def _y(self, cost: Fraction) -> float:
        return _PLOT.bottom + _PLOT.height * self._up.place(cost)

    def _paint_frame(self, canvas: Canvas) -> None:
        for tick in self._across.ticks:
            x = self._x(exact(tick))
            canvas.line([x, x], [_PLOT.bottom - 4, _PLOT.bottom])
            canvas.text(x, _PLOT.bottom - 13, compact(tick))
        for tick in self._up.ticks:
            y = self._y(exact(tick))
            canvas.line([_PLOT.left, _PLOT.right], [y, y], width=0.6, alpha=0.25)
            canvas.text(_PLOT.left - 6, y, f"${compact(tick)}", "right")
        canvas.line([_PLOT.left, _PLOT.right], [_PLOT.bottom, _PLOT.bottom])
        canvas.text((_PLOT.left + _PLOT.right) / 2, 13, f"{units_of(self._curves.decision)} a month")
        canvas.text(6, _PLOT.top + 16, "cost a month", "left")

    def _paint_months(self, canvas: Canvas) -> None:
        months = [self._x(exact(month)) for month in self._curves.months]
        if not months:
            return
        low, high = months[0], months[-1]
        if low < high:
            corners = [(low, _PLOT.bottom), (high, _PLOT.bottom), (high, _PLOT.top), (low, _PLOT.top)]
            canvas.area(corners, None, facecolor=INK, edgecolor="none", alpha=0.1)
        for x in sorted({low, high}):
            canvas.line([x, x], [_PLOT.bottom, _PLOT.top], dashes=(3, 3))
        first, last = grouped(self._curves.months[0]), grouped(self._curves.months[-1])
        words = "this scenario:\n" + (first if low == high else f"{first} to\n{last}")
        canvas.text(*self._room_for(words, low, high).middle, words)

    def _room_for(self, words: str, low: float, high: float) -> Box:
        """In the scenario's band, or beside it or a crossing; clear of curves and crossings where that can be."""
        width, height = text_width(words), LINE_HEIGHT * (words.count("\n") + 1)
        crossings = [self._x(volume) for volume in self._curves.in_sight.values()]
        off = width / 2 + 4
        centres = [low - off, high + off, *(centre for x in crossings for centre in (x - off, x + off))]
        if high - low > width + 8:
            centres = [(low + high) / 2, low + off, *centres]
        floor, ceiling = _PLOT.bottom + 2, _PLOT.top - 2
        boxes = [
            Box(centre - width / 2, top - height, centre + width / 2, top)
            for top in (ceiling, floor + height, (floor + ceiling + height) / 2)
            for centre in centres
        ]
        points = [point for curve in self._lines for point in zip(self._xs, curve.heights, strict=True)]

        def in_the_way(box: Box) -> tuple[bool, bool, bool]:
            near = Box(box.left - 3, box.bottom - 3, box.right + 3, box.top + 3)
            crossed = any(near.left < crossing < near.right for crossing in crossings)
            return not _PLOT.holds(box), any(near.holds(Box(x, y, x, y)) for x, y in points), crossed

        return min(boxes, key=in_the_way)

    def _paint_curves(self, canvas: Canvas) -> None:
        sizes = [LINE_HEIGHT * (line.words.count("\n") + 1) + 3 for line in self._lines]
        ends = [line.heights[-1] for line in self._lines]
        centres = spread(ends, sizes, _PLOT.bottom - 14, _PLOT.top + 14)
        for line, end, centre in zip(self._lines, ends, centres, strict=True):
            style = {"dashes": line.dashes} if line.dashes else {}
            canvas.line(self._xs, line.heights, line.colour, line.width, **style)
            canvas.line([_PLOT.right + 2, _PLOT.right + 12], [end, centre], width=0.8, alpha=0.6)
            canvas.text(_PLOT.right + 15, centre, line.words, "left", bold=line.bold)

    def _all_lines(self) -> Iterator[_Line]:
        for route in self._curves.routes:
            feasible, chosen = self._curves.is_feasible(route), route is self._curves.decision.route
            dashes = _DASHES.get(route) if feasible else _RULED_OUT
            words = SHORT[route] + ("\nrecommended" if chosen else "" if feasible else "\nruled out")
            costs = [self._curves.cost(route, volume) for volume in self._volumes]
            yield _Line(
                [self._y(cost) for cost in costs], words, COLOURS[route], 2.6 if feasible else 1.6, dashes, chosen
            )
            if route is Route.SELF_HOST and self._curves.speedup:
                costs = [self._curves.few_step_cost(volume) for volume in self._volumes]
                yield _Line(
                    [self._y(cost) for cost in costs],
                    f"{SHORT[route]},\nfew-step model",
                    COLOURS[route],
                    1.0,
                    dashes,
                    False,
                )

    def _paint_crossings(self, canvas: Canvas) -> None:
        crossings = self._curves.in_sight
        words = [f"break-even with {SHORT[route]}\n{self._curves.crossing_text(route)}" for route in crossings]
        wanted = [self._x(volume) for volume in crossings.values()]
        centres = spread(wanted, [text_width(text) + 8 for text in words], 4, SIZE[0] - 4)
        for (route, volume), text, x, centre in zip(crossings.items(), words, wanted, centres, strict=True):
            y = self._y(rent(self._curves.costs.price(route) or 0, volume))
            canvas.line([x, x, centre], [_PLOT.bottom, _PLOT.top + 6, _PLOT.top + 22], width=0.8, alpha=0.6)
            canvas.marker(x, y, "o", 7, hollow=not self._curves.is_feasible(route))
            canvas.text(centre, _PLOT.top + 38, text)


def _scales(curves: Curves) -> tuple[Scale, Scale]:
    """Across and up: both even, or both logarithmic where the volumes or the costs lie far apart."""
    across = scale_of(curves.volumes, _LEAST, _NO_MOST)
    at_end = [curves.cost(route, across.most) for route in curves.routes]
    if not across.log and max(at_end) > _FAR_APART * min(at_end):
        across = scale_of(curves.volumes, _LEAST, _NO_MOST, log=True)
    ends = (across.least, across.most)
    costs = [curves.cost(route, end) for route in curves.routes for end in ends]
    if curves.speedup:
        costs += [curves.few_step_cost(end) for end in ends]
    return across, Scale.between(min(costs) if across.log else Fraction(0), max(costs), log=across.log)
