"""Months as columns: one a month, solid or with a dashed outline, with its range, and a gap where nothing is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from advisor.charts.canvas import HEIGHT, INK, Box, Plot, text_width, wrapped
from advisor.charts.scale import FAR_APART, Scale, tick_label
from advisor.monitor.model import Span
from advisor.wording.labels import on_scale

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_COLUMNS = 36
_BOTTOM, _LEFT, _RIGHT = 66, 68, 128
_ROOM = 1.25
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
    values, compared = list(map(float, points)), [float(point) for point in spread if point > 0]
    most = max(values, default=1.0)
    if compared and min(compared) * FAR_APART < max(compared) and min(values) >= 0:
        least = min(value for value in values if value > 0)
        return Scale(least / 2, most * (2 * most / least) ** (_ROOM - 1), log=True)
    least = min(0.0, *values) if values else 0.0
    return Scale.between(least * _ROOM, max(most * _ROOM, -least / 4, 0.001), log=False)


class ColumnsPlot(Plot):
    """The columns in their frame, with what the kinds of columns mean below."""

    def __init__(
        self, figure: Figure, columns: Sequence[Column], up: Scale, colour: str, title: str, sign: str
    ) -> None:
        super().__init__(figure, Box(_LEFT, _BOTTOM, figure.get_size_inches()[0] * 72 - _RIGHT, HEIGHT - 50))
        self.scale(None, up, sign)
        self.label("", on_scale(title, log=up.log))
        step = self.box.width / len(columns)
        every = int(-(-(text_width("2026-01") + 6) // step))
        shown = [place for place in range(len(columns)) if (len(columns) - 1 - place) % every == 0]
        self.axes.set(xlim=(-0.5, len(columns) - 0.5), xticks=shown, xticklabels=[columns[at].month for at in shown])
        ground = up.least if up.log else 0.0
        self.axes.spines["bottom"].set_visible(False)
        self.axes.axhline(ground, color=INK, linewidth=1.0)
        marked = 0.0
        for place, column in enumerate(columns):
            x, y = self.at(place, ground)
            if column.span is None and x >= marked + 8:
                self.text(x, y + 9, "?")
                marked = x
            elif column.span:
                self._draw(place, column.span, min(_FILLED, _WIDEST / step), ground, colour, hollow=column.hollow)
        self._columns = columns

    def explain(self, complete: str, hollow: str) -> None:
        """What the kinds of columns mean, as far as there are any."""
        columns = self._columns
        words = [
            f"filled: {complete}" if any(column.span and not column.hollow for column in columns) else "",
            f"dashed: {hollow}" if any(column.span and column.hollow for column in columns) else "",
            "?: no data" if any(column.span is None for column in columns) else "",
            "thin bar: range" if any(column.span and not column.span.exact for column in columns) else "",
        ]
        self.text(self.width / 2, 20, wrapped(", ".join(filter(None, words)), self.width - 8))

    def _draw(self, place: int, span: Span, width: float, ground: float, colour: str, *, hollow: bool) -> None:
        """A column, with a thin bar over the range of its number."""
        low, expected, high = map(float, (span.low, span.expected, span.high))
        style = {"edgecolor": colour, "linewidth": 1.4, "linestyle": (0, (3.0, 2.0)), "facecolor": "none"}
        if expected != ground:
            self.axes.bar(place, expected - ground, width, ground, **(style if hollow else {"color": colour}))
        if not span.exact:
            self.axes.errorbar(
                place, expected, [[expected - low], [high - expected]], fmt="none", color=INK, elinewidth=1.2
            )


def fitting(words: str, value: Fraction, sign: str = "", room: float = _RIGHT - 19, *, bold: bool = False) -> str:
    """The number in words, in short where they are too wide for a place, by default that to the right of columns."""
    return words if text_width(words, bold=bold) <= room else tick_label(float(f"{float(value):.3g}"), sign)
