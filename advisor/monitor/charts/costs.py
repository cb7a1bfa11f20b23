"""What a month costs rented and owned, with N* and the volume of the last months."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from advisor.charts.canvas import COLOURS, INK, LINE_HEIGHT, Box, Canvas, spread, svg_of, text_width
from advisor.charts.model import Chart, Table
from advisor.charts.scale import Scale, scale_of
from advisor.cost import exact
from advisor.monitor.charts.columns import fitting
from advisor.monitor.costs_now import CostsNow, costs_now
from advisor.monitor.told import crossover_text, images, money, span_text
from advisor.monitor.watched import Span, Watched
from advisor.report.chart_words import NAMED, SHORT, compact, sentence, units_of
from advisor.scenario import Route

SIZE = (520, 356)
_ID = "chart-curves-now"
_PLOT = Box(68, 48, 392, 296)
_LEAST, _NO_MOST = Decimal("0.3"), Decimal(10**40)
_POINTS = 48
_LABEL_ROOM = 120


def curves_now_chart(watched: Watched) -> Chart | None:
    """The chart, where there is an N* and the amounts it comes from are known."""
    costs = costs_now(watched)
    if costs is None or watched.crossover is None or watched.crossover.expected <= 0:
        return None
    title, description = _title(watched, costs), _description(watched, costs)
    drawing = _Drawing(watched, watched.crossover, costs)
    return Chart(_ID, title, description, svg_of(_ID, title, description, SIZE, drawing.paint), _table(watched, costs))


def _title(watched: Watched, costs: CostsNow) -> str:
    units, hosted = units_of(watched.decision), NAMED[costs.route]
    if watched.trailing_volume is None:
        at = crossover_text(watched.crossover.expected) if watched.crossover else ""
        return f"Own GPUs are cheaper than {hosted} above N*, {at} {units} a month"
    volume = watched.trailing_volume.expected
    rented, owned = money(costs.hosted(volume)), money(costs.own(volume))
    return f"At {images(volume)} {units} a month {hosted} costs {rented}, own GPUs {owned}"


def _description(watched: Watched, costs: CostsNow) -> str:
    units, volume, crossover = units_of(watched.decision), watched.trailing_volume, watched.crossover
    which = "paid" if watched.paid_price else "list"
    parts = [f"the curve of {NAMED[costs.route]} is at the {which} price, {money(costs.price)}"]
    if crossover:
        band = "" if crossover.exact else f", from {span_text(crossover, crossover_text)}"
        parts.append(f"N* is {crossover_text(crossover.expected)} {units} a month{band}")
        if costs.own(crossover.expected) != costs.hosted(crossover.expected):
            parts.append("the curves cross elsewhere: they have the amounts and the price expected")
    if watched.few_step_crossover is not None:
        parts.append(f"with a few-step model it would be {crossover_text(watched.few_step_crossover)}")
    if volume and not volume.exact:
        parts.append(f"the volume of the last months lies from {span_text(volume, images)}")
    return " ".join(f"{sentence(part)}." for part in parts)


class _Curve(NamedTuple):
    """One way to pay for a month."""

    words: str
    cost: Callable[[Fraction], Fraction]
    colour: str
    width: float
    dashes: tuple[float, ...] | None


def _curves(costs: CostsNow) -> Iterator[_Curve]:
    hosted, owned = COLOURS[costs.route], COLOURS[Route.SELF_HOST]
    yield _Curve(SHORT[costs.route], costs.hosted, hosted, 2.6, (7, 2))
    list_price = costs.list_price
    if list_price is not None and list_price != costs.price:
        yield _Curve(f"{SHORT[costs.route]},\nlist price", lambda volume: list_price * volume, hosted, 1.0, (2, 2))
    yield _Curve(SHORT[Route.SELF_HOST], costs.own, owned, 2.6, None)
    yield _Curve(f"{SHORT[Route.SELF_HOST]},\nfew-step model", costs.few_step, owned, 1.0, None)


def _table(watched: Watched, costs: CostsNow) -> Table:
    units, crossover, trailing = units_of(watched.decision), watched.crossover, watched.trailing_volume
    volumes = [("N*", crossover_text, crossover.expected)] if crossover else []
    volumes += [("the last months", images, trailing.expected)] if trailing else []
    header = ["route", *(f"at {form(volume)} {units} a month ({name})" for name, form, volume in volumes)]
    rows = [
        (sentence(curve.words.replace("\n", " ")), *(money(curve.cost(volume)) for _, _, volume in volumes))
        for curve in _curves(costs)
    ]
    return Table((*header,), (*rows,))


class _Drawing:
    """The picture."""

    def __init__(self, watched: Watched, crossover: Span, costs: CostsNow) -> None:
        self._watched, self._crossover, self._costs = watched, crossover, costs
        trailing = watched.trailing_volume
        marked = [crossover.low, crossover.expected, crossover.high]
        marked += [trailing.low, trailing.expected, trailing.high] if trailing else []
        self._across = scale_of(marked, _LEAST, _NO_MOST)
        self._volumes = [exact(volume) for volume in self._across.positions(_POINTS)]
        self._drawn = list(_curves(costs))
        ends = [curve.cost(end) for curve in self._drawn for end in (self._volumes[0], self._volumes[-1])]
        positive = [end for end in ends if end > 0]
        self._up = Scale.between(min(positive) if self._across.log else Fraction(0), max(ends), log=self._across.log)

    def paint(self, canvas: Canvas) -> None:
        """Paints all of it."""
        self._paint_bands(canvas)
        self._paint_frame(canvas)
        self._paint_curves(canvas)
        self._paint_marks(canvas)

    def _x(self, volume: Fraction) -> float:
        return _PLOT.left + _PLOT.width * self._across.place(volume)

    def _y(self, cost: Fraction) -> float:
        return _PLOT.bottom + _PLOT.height * self._up.place(cost)

    def _paint_bands(self, canvas: Canvas) -> None:
        bands = [(self._crossover, COLOURS[Route.SELF_HOST], 0.22), (self._watched.trailing_volume, INK, 0.1)]
        for span, colour, alpha in bands:
            if span and not span.exact:
                low, high = self._x(span.low), self._x(span.high)
                corners = [(low, _PLOT.bottom), (high, _PLOT.bottom), (high, _PLOT.top), (low, _PLOT.top)]
                canvas.area(corners, None, facecolor=colour, edgecolor="none", alpha=alpha)

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
        logarithmic = ", on logarithmic scales" if self._across.log else ""
        words = f"{units_of(self._watched.decision)} a month{logarithmic}"
        canvas.text((_PLOT.left + _PLOT.right) / 2, 13, words)
        canvas.text(6, _PLOT.top + 16, "cost a month", "left")

    def _paint_curves(self, canvas: Canvas) -> None:
        xs = [self._x(volume) for volume in self._volumes]
        heights = [[self._y(curve.cost(volume)) for volume in self._volumes] for curve in self._drawn]
        sizes = [LINE_HEIGHT * (curve.words.count("\n") + 1) + 3 for curve in self._drawn]
        centres = spread([ys[-1] for ys in heights], sizes, _PLOT.bottom - 14, _PLOT.top + 14)
        for curve, ys, centre in zip(self._drawn, heights, centres, strict=True):
            canvas.line(xs, ys, curve.colour, curve.width, **({"dashes": curve.dashes} if curve.dashes else {}))
            canvas.line([_PLOT.right + 2, _PLOT.right + 12], [ys[-1], centre], width=0.8, alpha=0.6)
            canvas.text(_PLOT.right + 15, centre, curve.words, "left")

    def _paint_marks(self, canvas: Canvas) -> None:
        at = self._crossover.expected
        at, trailing = self._crossover.expected, self._watched.trailing_volume
        marks = [(at, "N*\n" + fitting(crossover_text(at), at, _LABEL_ROOM))]
        if trailing:
            now = trailing.expected
            marks.append((now, "the last months\n" + fitting(images(now), now, _LABEL_ROOM)))
        wanted = [self._x(volume) for volume, _ in marks]
        centres = spread(wanted, [text_width(words) + 8 for _, words in marks], 4, SIZE[0] - 4)
        for place, ((_, words), x, centre) in enumerate(zip(marks, wanted, centres, strict=True)):
            canvas.line([x, x], [_PLOT.bottom, _PLOT.top + 6], dashes=(3, 3) if place else (None, None))
            canvas.line([x, centre], [_PLOT.top + 6, _PLOT.top + 20], width=0.8, alpha=0.6)
            canvas.text(centre, _PLOT.top + 36, words)
        canvas.marker(wanted[0], self._y(self._costs.hosted(at)), "o", 7)
