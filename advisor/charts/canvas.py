"""Drawing on matplotlib's Axes, and what makes its SVG fit for a page: themed colours, one typeface, a title.

Here and in the modules that draw, numbers are floats; every figure a reader sees was computed before, exactly.
"""

from __future__ import annotations

import io
import logging
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree

from advisor.charts.scale import Scale
from advisor.common.work_folders import temporary_folder
from advisor.domain.scenario import Route

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 520
"""The usual width of a chart in pixels; every chart can be drawn wider or narrower."""
HEIGHT = 356
INK, GROUND = "#010101", "#fefefe"
COLOURS = {Route.SELF_HOST: "#2f7fd0", Route.OPEN_WEIGHT_API: "#c8601a", Route.CLOSED_API: "#9a5fd0"}
"""At least 3 to 1 against white and against #111111, so that each serves on either where a page sets no other."""
_PAINTS = {
    INK: "currentColor",
    GROUND: "var(--ground, #ffffff)",
    COLOURS[Route.SELF_HOST]: f"var(--chart-own, {COLOURS[Route.SELF_HOST]})",
    COLOURS[Route.OPEN_WEIGHT_API]: f"var(--chart-open, {COLOURS[Route.OPEN_WEIGHT_API]})",
    COLOURS[Route.CLOSED_API]: f"var(--chart-closed, {COLOURS[Route.CLOSED_API]})",
}
TEXT_SIZE = 12.0
LINE_HEIGHT = 14.0
_LETTER, _BOLD_LETTER = 0.56, 0.72
"""The width of a letter in sizes of the text, on the safe side of the usual typefaces, the wide ones included."""
_FACES = "system-ui, Segoe UI, Liberation Sans, sans-serif"
"""Those of the page: in a PDF the last alone would be a wide one."""
_INKED = ("axes.edgecolor", "axes.labelcolor", "grid.color", "text.color", "xtick.color", "ytick.color")
_STYLE: dict[Any, Any] = {
    **dict.fromkeys(_INKED, INK),
    "axes.axisbelow": True,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.linewidth": 1.0,
    "errorbar.capsize": 4.0,
    "figure.dpi": 72,
    "figure.facecolor": "none",
    "font.size": TEXT_SIZE,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.8,
    "lines.markeredgewidth": 1.6,
    "lines.solid_capstyle": "butt",
    "path.simplify": False,
    "svg.fonttype": "none",
    "xtick.labelsize": TEXT_SIZE,
    "xtick.major.size": 4.0,
    "ytick.labelsize": TEXT_SIZE,
    "ytick.major.size": 0.0,
}
# It logs at length where a home folder cannot be written to, which a reader of a memo can do nothing about.
logging.getLogger("matplotlib").setLevel(logging.ERROR)
_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
_NAMESPACE = re.compile(r"\{[^}]*\}")
_FONT = re.compile(r"font-family:[^;]*;\s*")
_LONG_NUMBER = re.compile(r"-?[0-9]+\.[0-9]{2,}")
_REFERENCE = re.compile(r"(?<=url\(#)[^)]+|(?<=^#).+")


class Box(NamedTuple):
    """A part of the picture in pixels, from its lower left corner."""

    left: float
    bottom: float
    right: float
    top: float

    @staticmethod
    def around(x: float, y: float, width: float, height: float) -> Box:
        """The box with this centre."""
        return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)

    @property
    def width(self) -> float:
        """From side to side."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From bottom to top."""
        return self.top - self.bottom

    @property
    def middle(self) -> tuple[float, float]:
        """Its centre."""
        return (self.left + self.right) / 2, (self.bottom + self.top) / 2

    def holds(self, other: Box) -> bool:
        """Whether another part lies in this one."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.bottom <= other.bottom and other.top <= self.top


class Plot:
    """Axes that fill a box of a figure; a pixel of it is a point, 72 of them matplotlib's inch."""

    def __init__(self, figure: Figure, box: Box) -> None:
        width, height = (float(side) * 72 for side in figure.get_size_inches())
        self.figure, self.box, self.width = figure, box, width
        self.axes = figure.add_axes((box.left / width, box.bottom / height, box.width / width, box.height / height))

    def label(self, across: str, up: str, height: float = 0) -> None:
        """What the axes measure; the words for the upright one lie above it."""
        across = wrapped(across, self.width - 8)
        middle, half = (self.box.left + self.box.right) / 2, text_width(across) / 2
        self.text(max(half, min(middle, self.width - half)), 13 + 4 * across.count("\n"), across)
        self.text(6, height or self.box.top + 16, up, "left")

    def scale(self, across: Scale | None, up: Scale, sign: str = "") -> None:
        """Sets the limits, the kinds of scale, and the ticks; ``sign`` precedes the numbers of the upright one."""
        if across:
            across.set(self.axes.xaxis)
        up.set(self.axes.yaxis, sign)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where in the picture a value lies."""
        across, up = self.axes.transData.transform((x, y))
        return float(across), float(up)

    def text(self, x: float, y: float, words: str, align: str = "center", *, bold: bool = False) -> None:
        """Words centred on a height in the picture, one or several lines of them."""
        for place, line in enumerate(words.split("\n")):
            # Each line is an element of its own, as SVG anchors the middle or the end of one line only.
            height = y + LINE_HEIGHT * ((words.count("\n")) / 2 - place) - TEXT_SIZE * 0.35
            weight = "bold" if bold else "normal"
            self.figure.text(x, height, line, ha=align, va="baseline", weight=weight, transform=None)

    def leader(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        """A thin line in the picture, between something and its words."""
        from matplotlib.lines import Line2D

        self.figure.add_artist(Line2D(xs, ys, color=INK, linewidth=0.8, alpha=0.6, transform=None))

    def band(self, low: float, high: float, colour: str = INK, alpha: float = 0.1) -> None:
        """Shades a range of the scale across."""
        self.axes.axvspan(low, high, facecolor=colour, edgecolor="none", alpha=alpha)

    def name_ends(self, ends: Sequence[tuple[float, str, bool]]) -> None:
        """Words to the right of lines that end at these values; bold ones where asked for."""
        heights = [self.at(0, value)[1] for value, _, _ in ends]
        sizes = [LINE_HEIGHT * (words.count("\n") + 1) + 3 for _, words, _ in ends]
        centres = spread(heights, sizes, self.box.bottom - 6, self.box.top + 14)
        for (_, words, bold), height, centre in zip(ends, heights, centres, strict=True):
            self.leader([self.box.right + 2, self.box.right + 12], [height, centre])
            self.text(self.box.right + 15, centre, words, "left", bold=bold)

    def name_above(self, names: Sequence[tuple[float, str]]) -> None:
        """Words above values of the scale across."""
        wanted = [self.at(value, 1)[0] for value, _ in names]
        centres = spread(wanted, [text_width(words) + 8 for _, words in names], 4, self.width - 4)
        for (_, words), x, centre in zip(names, wanted, centres, strict=True):
            self.leader([x, x, centre], [self.box.bottom, self.box.top + 6, self.box.top + 22])
            self.text(centre, self.box.top + 24 + LINE_HEIGHT * (words.count("\n") + 1) / 2, words)


def svg_of(id: str, title: str, description: str, size: tuple[int, int], draw: Callable[[Figure], None]) -> str:
    """One ``<svg>`` of ``size`` pixels, as ``draw`` paints it. Every id in it starts with ``id``."""
    with suppress(OSError):
        temporary_folder()  # what matplotlib wants to keep goes there where the home folder cannot be written to
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        # Not `rcdefaults`, which reads all style sheets first. The defaults were validated: `dict` stores them as they
        # are. The backend is not touched, as `rc_context` does not restore it.
        defaults = {name: value for name, value in matplotlib.rcParamsDefault.items() if name != "backend"}
        dict.update(matplotlib.rcParams, {**defaults, **_STYLE, "svg.hashsalt": id})
        figure = Figure(figsize=(size[0] / 72, size[1] / 72))
        FigureCanvasSVG(figure)
        draw(figure)
        page = io.BytesIO()
        figure.savefig(page, format="svg", metadata=_METADATA)
    return _for_a_page(page.getvalue(), id, title, description, size)


def text_width(words: str, *, bold: bool = False) -> float:
    """How wide the longest line is at most, in pixels."""
    return max(len(line) for line in words.split("\n")) * TEXT_SIZE * (_BOLD_LETTER if bold else _LETTER)


def wrapped(words: str, room: float) -> str:
    """The words in lines as wide as there is room; their own lines are kept."""
    chars = int(room / text_width("x"))
    return "\n".join(textwrap.fill(line, chars, break_long_words=False) for line in words.split("\n"))


def spread(wanted: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """Centres as near to the wanted ones as they can be without overlapping, between ``low`` and ``high``."""
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    centres = list(wanted)
    edge = low
    for place in order:
        centres[place] = max(centres[place], edge + sizes[place] / 2)
        edge = centres[place] + sizes[place] / 2
    edge = high
    for place in reversed(order):
        centres[place] = min(centres[place], edge - sizes[place] / 2)
        edge = centres[place] - sizes[place] / 2
    return centres


def _for_a_page(page: bytes, id: str, title: str, description: str, size: tuple[int, int]) -> str:
    # What is parsed is what matplotlib has just written, so the standard library's parser is safe for it.
    drawn = ElementTree.fromstring(page)
    used = sorted({name for element in drawn.iter() for text in element.attrib.values() for name in _references(text)})
    ids = {name: f"{id}-{place}" for place, name in enumerate(used, 1)}
    for element in drawn.iter():
        _restyle(element, ids)
    root = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "id": id,
            "class": "chart",
            "role": "img",
            "aria-labelledby": f"{id}-title {id}-desc",
            "viewBox": f"0 0 {size[0]} {size[1]}",
            "width": str(size[0]),
            "height": str(size[1]),
            "font-family": _FACES,
        },
    )
    for tag, text in (("title", title), ("desc", description)):
        ElementTree.SubElement(root, tag, {"id": f"{id}-{tag}"}).text = text
    root.extend(_bare(drawn))
    return ElementTree.tostring(root, encoding="unicode")


def _references(text: str) -> list[str]:
    return _REFERENCE.findall(text)


def _restyle(element: ElementTree.Element, ids: dict[str, str]) -> None:
    """Ids with the chart's prefix, colours that follow the page, one typeface, numbers to a hundredth of a pixel."""
    element.tag = _NAMESPACE.sub("", element.tag)
    attributes = {_NAMESPACE.sub("", name): text for name, text in element.attrib.items()}
    element.attrib.clear()
    for name, text in attributes.items():
        if name == "id":
            text = ids.get(text, "")
        elif name == "style":
            text = _FONT.sub("", text)
            for colour, paint in _PAINTS.items():
                text = text.replace(colour, paint)
            text = text.strip().rstrip(";")
        elif name in ("d", "transform", "x", "y", "points", "width", "height") and element.tag != "pattern":
            # matplotlib turns upright text by zero degrees.
            text = "" if element.tag == "text" and name == "transform" else _LONG_NUMBER.sub(_short, text)
            text = text.replace("\n", "").strip()
        text = _REFERENCE.sub(lambda found: ids[found[0]], text)
        if text:
            element.attrib[name] = text


def _bare(drawn: ElementTree.Element) -> Iterable[ElementTree.Element]:
    """The parts of a drawing without its style sheet, what paints nothing, and groups that say nothing."""
    for element in list(drawn):
        if element.tag == "style" or element.get("style") == "fill: none":
            continue
        element.text = element.text if element.tag == "text" else None
        element.tail = None
        element[:] = list(_bare(element))
        if element.tag == "g" and not element.attrib:
            yield from element
        elif len(element) or element.tag not in ("defs", "g"):
            yield element


def _short(found: re.Match[str]) -> str:
    text = f"{float(found[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
