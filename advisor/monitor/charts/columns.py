"""Months as columns: one a month, solid or with a dashed outline, with its range, and a gap where nothing is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from advisor.charts.canvas import Box, Canvas, text_width
from advisor.charts.scale import Scale
from advisor.cost import exact
from advisor.monitor.watched import Span
from advisor.report.chart_words import compact

SIZE = (520, 356)
PLOT = Box(68, 66, 392, 306)
MOST_COLUMNS = 36
_FAR_APART = 12
"""From this ratio of the largest to the smallest on, a scale from zero would press the small ones to the ground."""
_ROOM = Fraction(5, 4)
_FILLED = 0.7
_WIDEST = 46.0


@dataclass(frozen=True)
class Column:
    """One month; ``span`` is None where nothing is known, ``hollow`` where it is not complete or not certain."""

    month: str
    span: Span | None
    hollow: bool


def scale_for(points: Iterable[Fraction], spread: Iterable[Fraction]) -> Scale:
    """A scale that holds all ``points``: logarithmic where those of ``spread`` are all positive and lie far apart."""
    points, told_apart = list(points), [point for point in spread if point > 0]
    most = max(points, default=Fraction(1))
    if told_apart and min(told_apart) * _FAR_APART < max(told_apart) and min(points) >= 0:
        least = min(point for point in points if point > 0)
        return Scale.between(least / 2, most * _ROOM * _ROOM, log=True)
    least = min(Fraction(0), *points) if points else Fraction(0)
    return Scale.between(least * _ROOM, max(most * _ROOM, -least / 4, Fraction(1, 1000)), log=False)


class ColumnsDrawing:
    """The columns in their frame; what else is painted asks where a month and a value lie."""

    def __init__(self, columns: Sequence[Column], up: Scale, colour: str, unit: str, title: str) -> None:
        self._columns, self._up, self._colour, self._unit, self._title = columns, up, colour, unit, title
        self._step = PLOT.width / max(1, len(columns))

    def x(self, place: int) -> float:
        """The middle of a column."""
        return PLOT.left + self._step * (place + 0.5)

    def y(self, value: Fraction) -> float:
        """The height of a value."""
        return PLOT.bottom + PLOT.height * self._up.place(value)

    def paint_frame(self, canvas: Canvas) -> None:
        """Axes, their numbers and titles."""
        for tick in self._ticks():
            y = self.y(exact(tick))
            canvas.line([PLOT.left, PLOT.right], [y, y], width=0.6, alpha=0.25, zorder=0)
            sign = "-" if tick < 0 else ""
            canvas.text(PLOT.left - 6, y, f"{sign}{self._unit}{compact(abs(tick))}", "right")
        ground = PLOT.bottom if self._up.log else self.y(Fraction(0))
        canvas.line([PLOT.left, PLOT.right], [ground, ground])
        words = self._title + (", on a logarithmic scale" if self._up.log else "")
        canvas.text(6, PLOT.top + 16, words, "left")
        every = -(-(text_width("2026-01") + 6) // self._step)
        for place, column in enumerate(self._columns):
            if (len(self._columns) - 1 - place) % every == 0:
                canvas.line([self.x(place)] * 2, [PLOT.bottom - 4, PLOT.bottom])
                canvas.text(self.x(place), PLOT.bottom - 13, column.month)

    def _ticks(self) -> Iterator[Decimal]:
        """Round numbers from end to end, on both sides of zero where the scale has two."""
        least, most = self._up.least, self._up.most
        if least >= 0:
            yield from self._up.ticks
            return
        for tick in Scale(Decimal(0), max(-least, most), log=False).ticks:
            yield from (value for value in {-tick, tick} if least <= value <= most)

    def paint_columns(self, canvas: Canvas) -> None:
        """The columns, each with a bar over the range of its number."""
        half = min(self._step * _FILLED, _WIDEST) / 2
        ground = PLOT.bottom if self._up.log else self.y(Fraction(0))
        for place, column in enumerate(self._columns):
            x = self.x(place)
            if column.span is None:
                canvas.text(x, ground + 9, "?")
                continue
            self._paint_column(canvas, column, Box(x - half, ground, x + half, self.y(column.span.expected)))
            if not column.span.exact:
                low, high = self.y(column.span.low), self.y(column.span.high)
                canvas.line([x, x], [low, high], width=1.2)
                for y in (low, high):
                    canvas.line([x - min(4, half), x + min(4, half)], [y, y], width=1.2)

    def _paint_column(self, canvas: Canvas, column: Column, box: Box) -> None:
        if box.bottom == box.top:
            return
        corners = [
            (box.left, box.bottom),
            (box.left, box.top),
            (box.right, box.top),
            (box.right, box.bottom),
            (box.left, box.bottom),
        ]
        if column.hollow:
            canvas.area(
                corners, None, facecolor="none", edgecolor=self._colour, linewidth=1.4, linestyle=(0, (3.0, 2.0))
            )
        else:
            canvas.area(corners, None, facecolor=self._colour, edgecolor="none")

    def paint_key(self, canvas: Canvas, complete: str, hollow: str) -> None:
        """What the kinds of columns mean, as far as there are any."""
        columns = self._columns
        words = [
            f"filled: {complete}" if any(column.span and not column.hollow for column in columns) else "",
            f"dashed: {hollow}" if any(column.span and column.hollow for column in columns) else "",
            "?: no data" if any(column.span is None for column in columns) else "",
            "thin bar: range" if any(column.span and not column.span.exact for column in columns) else "",
        ]
        canvas.text(SIZE[0] / 2, 16, ", ".join(filter(None, words)))


def fitting(words: str, value: Fraction, width: float, unit: str = "") -> str:
    """The number in words, in short where they are too wide for a place in the picture."""
    sign = "-" if value < 0 else ""
    return words if text_width(words) <= width else f"{sign}{unit}{compact(_digits(abs(value)))}"


def _digits(value: Fraction) -> Decimal:
    """Three digits of a number."""
    number = Decimal(value.numerator) / value.denominator
    return number.quantize(Decimal(1).scaleb(number.adjusted() - 2))
