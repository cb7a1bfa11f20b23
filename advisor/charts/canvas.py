"""Charts on matplotlib's Axes with their scales, and their SVG made fit for a page: themed colours, one typeface.

Numbers are floats here and in the modules that draw; every figure that a reader sees is computed exactly before.
"""

from __future__ import annotations

import io
import logging
import math
import re
import textwrap
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.common.files import temporary_folder
from advisor.domain.scenario import Route
from advisor.wording.labels import compact

if TYPE_CHECKING:
    from matplotlib.axis import XAxis, YAxis
    from matplotlib.figure import Figure

WIDTH, NARROW = 520, 358
"""The widths of a chart in pixels, on a screen and on a phone."""
HEIGHT = 356
INK = "#010101"
COLOURS = {Route.SELF_HOST: "#2f7fd0", Route.OPEN_WEIGHT_API: "#c8601a", Route.CLOSED_API: "#9a5fd0"}
"""Contrast of at least 3 to 1 against white and against #111111, for pages that do not override them."""
_PAINTS = {
    INK: "currentColor",
    COLOURS[Route.SELF_HOST]: f"var(--chart-own, {COLOURS[Route.SELF_HOST]})",
    COLOURS[Route.OPEN_WEIGHT_API]: f"var(--chart-open, {COLOURS[Route.OPEN_WEIGHT_API]})",
    COLOURS[Route.CLOSED_API]: f"var(--chart-closed, {COLOURS[Route.CLOSED_API]})",
}
TEXT_SIZE, LINE_HEIGHT = 12.0, 14.0
_LETTER, _BOLD_LETTER = 0.56, 0.72
"""The width of a letter relative to the font size; an upper estimate for common typefaces."""
_FACES = "system-ui, Segoe UI, Liberation Sans, sans-serif"
"""The typefaces of the page; the last alone would be a wide one in a PDF."""
_STYLE = Path(__file__).with_name("chart.mplstyle")
_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
_UNUSED = re.compile(r"<!--.*?-->|<defs>\s*<style.*?</style>\s*</defs>|\n\s*", re.DOTALL)
_IN_A_TAG = (
    (re.compile(r'( id="|url\(#|href="#)'), r"\1{id}-"),
    (re.compile(r"xlink:href"), "href"),
    (re.compile(r'font-family: (?:&\w+;|[^;"])*;? *'), ""),
    (re.compile(r' transform="rotate\(-?0 [^"]*"'), ""),
    (re.compile(r' +"'), '"'),
)
_STYLED = re.compile(r' style="([^"]*)"')
_LONG_NUMBER = re.compile(r"-?[0-9]+\.[0-9]{3,}")
# It logs at length if the home folder is not writable, which does not concern a reader of a memo.
logging.getLogger("matplotlib").setLevel(logging.ERROR)


_drawing = threading.Lock()
"""Matplotlib's settings are of the whole process, so that one thread draws at a time."""


@dataclass(frozen=True)
class ChartTable:
    """A heading for each column, and rows of cells. Plain text, to be escaped when printed."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Chart:
    """``title`` states the finding, ``description`` gives its figures.

    ``svg`` is drawn for a screen and ``narrow`` for a phone, each as one self-contained element.
    """

    id: str
    title: str
    description: str
    svg: str
    narrow: str
    table: ChartTable


def chart(
    id: str, title: str, description: str, table: ChartTable, draw: Callable[[Figure], None], height: int = HEIGHT
) -> Chart:
    """The chart that ``draw`` paints on a figure of either width, ``height`` pixels high.

    Every id in its SVG starts with ``id``, and with ``id-narrow`` in the narrow one, so that both fit on one page.
    """

    def drawn(name: str, width: int) -> str:
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" class="chart" role="img"'
            f' aria-labelledby="{name}-title {name}-desc" viewBox="0 0 {width} {height}" width="{width}"'
            f' height="{height}" font-family="{_FACES}"><title id="{name}-title">{escape(title, quote=False)}</title>'
            f'<desc id="{name}-desc">{escape(description, quote=False)}</desc>'
        )
        return head + _body(_painted(draw, (width, height), salt=id), name)

    return Chart(id, title, description, drawn(id, WIDTH), drawn(f"{id}-narrow", NARROW), table)


def _painted(draw: Callable[[Figure], None], size: tuple[int, int], salt: str) -> str:
    """The SVG that matplotlib writes, whatever the settings of the process; ``salt`` goes into its ids."""
    with suppress(OSError):
        temporary_folder()  # for matplotlib's cache, if the home folder is not writable
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with _drawing, matplotlib.rc_context():
        # Not `rcdefaults`, which reads all style sheets first. The defaults are valid, so `dict` stores them unchecked.
        # The backend is left alone, because `rc_context` does not restore it.
        defaults: dict[Any, Any] = {k: value for k, value in matplotlib.rcParamsDefault.items() if k != "backend"}
        style = matplotlib.rc_params_from_file(_STYLE, fail_on_error=True, use_default_template=False)
        dict.update(matplotlib.rcParams, {**defaults, **style, "svg.hashsalt": salt})
        figure = Figure(figsize=(size[0] / 72, size[1] / 72))
        FigureCanvasSVG(figure)
        draw(figure)
        page = io.BytesIO()
        figure.savefig(page, format="svg", metadata=_METADATA)
    return page.getvalue().decode()


def _body(drawn: str, id: str) -> str:
    """The SVG from matplotlib: ids with the chart's prefix, colours of the page, no typeface, short numbers."""
    body = _UNUSED.sub("", drawn[drawn.index("<defs>") :])
    return re.sub("<[^>]+>", partial(_tag, id), body)


def _tag(id: str, found: re.Match[str]) -> str:
    tag = found[0]
    for pattern, text in _IN_A_TAG:
        tag = pattern.sub(text.format(id=id), tag)
    for colour, paint in _PAINTS.items():
        tag = tag.replace(colour, paint)
    tag = _STYLED.sub(_as_attributes, tag)
    return _LONG_NUMBER.sub(lambda number: f"{round(float(number[0]), 2) + 0.0:g}", tag)


def _as_attributes(found: re.Match[str]) -> str:
    """A style as attributes, which a content security policy without inline styles lets through."""
    pairs = [part.partition(":")[::2] for part in found[1].split(";") if part.strip()]
    return "".join(f' {name.strip()}="{value.strip()}"' for name, value in pairs)


class Plot:
    """Axes that fill a figure except margins in pixels; a pixel is a point, of which an inch has 72."""

    def __init__(self, figure: Figure, left: float, bottom: float, right: float, top: float) -> None:
        self.figure, self.width, self.height = figure, float(figure.bbox.width), float(figure.bbox.height)
        across, up = self.width - left - right, self.height - bottom - top
        self.axes = figure.add_axes((left / self.width, bottom / self.height, across / self.width, up / self.height))
        self.axes.patch.set_visible(False)
        self.box = self.axes.bbox

    def label(self, across: str, up: str) -> None:
        """Labels the axes; the label of the vertical one is in the upper left corner."""
        across = wrapped(across, self.width - 8)
        middle, half = (self.box.x0 + self.box.x1) / 2, text_width(across) / 2
        self.text(max(half, min(middle, self.width - half)), 13 + 4 * across.count("\n"), across)
        self.text(6, self.height - 12, up, "left")

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The position of a value in the picture."""
        across, up = self.axes.transData.transform((x, y))
        return float(across), float(up)

    def text(self, x: float, y: float, words: str, align: str = "center", *, bold: bool = False) -> None:
        """One or several lines of text, vertically centred on a height in the picture."""
        weight = "bold" if bold else "normal"
        for place, line in enumerate(words.split("\n")):
            # Each line is a separate element, because SVG can only anchor single lines.
            height = y + LINE_HEIGHT * (words.count("\n") / 2 - place) - TEXT_SIZE * 0.35
            self.figure.text(x, height, line, ha=align, va="baseline", weight=weight, transform=None)

    def leader(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        """A thin line in the picture, from an object to its label."""
        from matplotlib.lines import Line2D

        self.figure.add_artist(Line2D(xs, ys, color=INK, linewidth=0.8, alpha=0.6, transform=None))

    def name_ends(self, ends: Sequence[tuple[float, str, bool]]) -> None:
        """Labels to the right of lines that end at these values, with a flag for bold."""
        heights = [self.at(0, value)[1] for value, _, _ in ends]
        sizes = [LINE_HEIGHT * (words.count("\n") + 1) + 3 for _, words, _ in ends]
        centres = spread(heights, sizes, self.box.y0 - 6, self.box.y1 + 14)
        for (_, words, bold), height, centre in zip(ends, heights, centres, strict=True):
            self.leader([self.box.x1 + 2, self.box.x1 + 12], [height, centre])
            self.text(self.box.x1 + 15, centre, words, "left", bold=bold)

    def name_above(self, names: Sequence[tuple[float, str]]) -> None:
        """Labels above horizontal positions."""
        sizes = [text_width(words) + 8 for _, words in names]
        centres = spread([x for x, _ in names], sizes, 4, self.width - 4)
        for (x, words), centre in zip(names, centres, strict=True):
            self.leader([x, x, centre], [self.box.y1, self.box.y1 + 6, self.box.y1 + 22])
            self.text(centre, self.box.y1 + 24 + LINE_HEIGHT * (words.count("\n") + 1) / 2, words)


def text_width(words: str, *, bold: bool = False) -> float:
    """The maximum width of the longest line in pixels."""
    return max(map(len, words.split("\n"))) * TEXT_SIZE * (_BOLD_LETTER if bold else _LETTER)


def wrapped(words: str, room: float) -> str:
    """The words wrapped to a width; existing line breaks are kept."""
    wrapper = textwrap.TextWrapper(int(room / text_width("x")), break_long_words=False, break_on_hyphens=False)
    return "\n".join(map(wrapper.fill, words.split("\n")))


def fitting(words: str, value: Fraction, room: float, sign: str = "", *, bold: bool = False) -> str:
    """The number as written, or abbreviated if it is wider than the room."""
    return words if text_width(words, bold=bold) <= room else tick_label(float(f"{float(value):.3g}"), sign)


def spread(wanted: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """Centres as close as possible to the wanted ones without overlap, between ``low`` and ``high``."""
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    centres, edge = list(wanted), low
    for place in order:
        centres[place] = max(centres[place], edge + sizes[place] / 2)
        edge = centres[place] + sizes[place] / 2
    edge = high
    for place in reversed(order):
        centres[place] = min(centres[place], edge - sizes[place] / 2)
        edge = centres[place] - sizes[place] / 2
    return centres


LOG_RATIO = 12
"""From this ratio of the largest point to the smallest, a linear scale would crowd the smallest at its edge."""
_ROOM, _LOG_ROOM = 2, 3
_STEPS = ((1.5, (1.0, 2.0, 5.0)), (3.0, (1.0, 3.0)), (math.inf, (1.0,)))
"""The ticks in each decade of a logarithmic scale, by the number of decades it spans at most."""
_TICK_WIDTH = 35
"""The width in pixels of a label such as `300k` on the horizontal axis, with the gap to the next one."""


@dataclass(frozen=True)
class Scale:
    """From ``least`` to ``most``; a logarithmic scale starts above zero."""

    least: float
    most: float
    log: bool

    @staticmethod
    def between(least: float, most: float, *, log: bool) -> Scale:
        """A scale between two ends; a logarithmic one spans at least a ratio of ten."""
        return Scale(least, max(most, 10 * least) if log else most, log)

    def positions(self, count: int) -> list[float]:
        """``count`` values from end to end, evenly spaced on the scale."""
        import numpy as np

        return [float(value) for value in (np.geomspace if self.log else np.linspace)(self.least, self.most, count)]

    def set(self, axis: XAxis | YAxis, sign: str = "") -> None:
        """Applies the scale to an axis, with a few round ticks whose labels start with ``sign``."""
        from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

        axis.axes.set(**{f"{axis.axis_name}scale": "log" if self.log else "linear"})
        axis.axes.set(**{f"{axis.axis_name}lim": (self.least, self.most)})
        if self.log:
            decades = math.log10(self.most / self.least)
            room = axis.axes.bbox.width / _TICK_WIDTH if axis.axis_name == "x" else math.inf
            steps = next((steps for most, steps in _STEPS if decades <= most and decades * len(steps) <= room), (1.0,))
            axis.set_major_locator(LogLocator(subs=steps, numticks=6))
        else:
            axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: tick_label(value, sign)))


def scale_of(points: Iterable[float | Fraction], least: float, most: float = math.inf, *, log: bool = False) -> Scale:
    """A scale that shows these points with a margin.

    A logarithmic scale, used for a wide range of points or on request (``log``), stays between ``least``, which is more
    than zero, and ``most``.
    """
    positive = [float(point) for point in points if point > 0] or [least]
    low, high = min(positive), max(positive)
    if log or low * LOG_RATIO < high:
        start = max(least, low / _LOG_ROOM)
        return Scale(start, max(start * _LOG_ROOM, min(most, high * _LOG_ROOM)), log=True)
    return Scale(0.0, _ROOM * high, log=False)


def tick_label(value: float, sign: str = "") -> str:
    """A round number, abbreviated.

    >>> tick_label(-150000.0, "$")
    '-$150k'
    """
    return f"{'-' if value < 0 else ''}{sign}{compact(Decimal(f'{abs(value):.12g}'))}"
