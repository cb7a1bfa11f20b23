"""Drawing with matplotlib, and what makes its SVG fit for a page: themed colours, one text face, a title, no strangers.

Here and in the modules that draw, numbers are floats; every figure a reader sees was made before, exactly.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree

from advisor.scenario import Route
from advisor.work_folders import temporary_folder

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK = "#010101"
COLOURS = {Route.SELF_HOST: "#2f7fd0", Route.OPEN_WEIGHT_API: "#c8601a", Route.CLOSED_API: "#9a5fd0"}
"""At least 3 to 1 against white and against #111111, so that each serves on either where a page sets no other."""
_PAINTS = {
    INK: "currentColor",
    COLOURS[Route.SELF_HOST]: f"var(--chart-own, {COLOURS[Route.SELF_HOST]})",
    COLOURS[Route.OPEN_WEIGHT_API]: f"var(--chart-open, {COLOURS[Route.OPEN_WEIGHT_API]})",
    COLOURS[Route.CLOSED_API]: f"var(--chart-closed, {COLOURS[Route.CLOSED_API]})",
}
TEXT_SIZE = 12.0
LINE_HEIGHT = 14.0
_LETTER, _BOLD_LETTER = 0.56, 0.72
"""The width of a letter in sizes of the text, on the safe side of the usual faces, the wide ones among them."""
_FACES = "system-ui, Segoe UI, Liberation Sans, sans-serif"
"""Those of the page: in a PDF the last alone would be a wide one."""
_STYLE: dict[Any, Any] = {
    "figure.dpi": 72,
    "font.size": TEXT_SIZE,
    "hatch.linewidth": 0.8,
    "path.simplify": False,
    "svg.fonttype": "none",
    "text.color": INK,
}
# It says so at length where a home folder cannot be written to, which a reader of a memo can do nothing about.
logging.getLogger("matplotlib").setLevel(logging.ERROR)
_NAMESPACE = re.compile(r"\{[^}]*\}")
_FONT = re.compile(r"font-family:[^;]*;\s*")
_LONG_NUMBER = re.compile(r"-?[0-9]+\.[0-9]{2,}")
_REFERENCE = re.compile(r"url\(#([^)]+)\)|^#(.+)$")


class Box(NamedTuple):
    """A part of the picture in points, from its lower left corner."""

    left: float
    bottom: float
    right: float
    top: float

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


class Canvas:
    """A picture whose coordinates are points: 72 of them are matplotlib's inch."""

    def __init__(self, figure: Figure) -> None:
        from matplotlib.transforms import IdentityTransform

        self._figure = figure
        self._points = IdentityTransform()

    def text(self, x: float, y: float, words: str, align: str = "center", *, bold: bool = False) -> None:
        """Words centred on ``y``, one or several lines of them."""
        for place, line in enumerate(words.split("\n")):
            height = y + LINE_HEIGHT * ((words.count("\n")) / 2 - place)
            self._figure.text(
                x,
                height - TEXT_SIZE * 0.35,
                line,
                ha=align,
                va="baseline",
                weight="bold" if bold else "normal",
                transform=self._points,
            )

    def line(
        self, xs: Sequence[float], ys: Sequence[float], colour: str = INK, width: float = 1.0, **more: Any
    ) -> None:
        """A line through points; ``dashes`` and ``alpha`` as matplotlib takes them."""
        from matplotlib.lines import Line2D

        more.setdefault("solid_capstyle", "butt")
        artist = Line2D(xs, ys, color=colour, linewidth=width, transform=self._points, **more)
        self._figure.add_artist(artist)

    def marker(self, x: float, y: float, shape: str, size: float, colour: str = INK, *, hollow: bool = False) -> None:
        """One mark at a point."""
        face = "none" if hollow else colour
        self.line(
            [x], [y], colour, linestyle="none", marker=shape, markersize=size, markerfacecolor=face, markeredgewidth=1.6
        )

    def area(self, corners: Sequence[Sequence[float]], codes: Sequence[int] | None, **style: Any) -> None:
        """An area; ``codes`` as matplotlib's paths have them, for several outlines; ``style`` as its patches have."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        self._figure.add_artist(PathPatch(Path(corners, codes), transform=self._points, **style))


def svg_of(id: str, title: str, description: str, size: tuple[int, int], draw: Callable[[Canvas], None]) -> str:
    """One ``<svg>`` of ``size`` points, as ``draw`` paints it. Every id in it starts with ``id``."""
    with suppress(OSError):
        temporary_folder()  # what matplotlib wants to keep goes there where the home folder cannot be written to
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({**_STYLE, "svg.hashsalt": id})
        figure = Figure(figsize=(size[0] / 72, size[1] / 72))
        FigureCanvasSVG(figure)
        figure.patch.set_visible(False)
        draw(Canvas(figure))
        page = io.StringIO()
        figure.savefig(page, format="svg", metadata={"Date": None}, transparent=True)
    return _for_a_page(page.getvalue(), id, title, description, size)


def text_width(words: str, *, bold: bool = False) -> float:
    """How wide the longest line is at most, in points."""
    return max(len(line) for line in words.split("\n")) * TEXT_SIZE * (_BOLD_LETTER if bold else _LETTER)


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


def _for_a_page(page: str, id: str, title: str, description: str, size: tuple[int, int]) -> str:
    # What is parsed is what matplotlib has just written, so the standard library's parser is safe for it.
    drawn = ElementTree.fromstring(page)
    for element in drawn.iter():
        element.tag = _NAMESPACE.sub("", element.tag)
        for name in list(element.attrib):
            element.attrib[_NAMESPACE.sub("", name)] = element.attrib.pop(name)
    for part in drawn.findall("metadata"):
        drawn.remove(part)
    _rename(drawn, id)
    for element in drawn.iter("text"):
        del element.attrib["transform"]
    for element in drawn.iter():
        _restyle(element)
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


def _bare(drawn: ElementTree.Element) -> list[ElementTree.Element]:
    """The parts of a drawing without its groups that say nothing and its style for everything."""
    for style in list(drawn.iter("defs")):
        for sheet in style.findall("style"):
            style.remove(sheet)
    parts: list[ElementTree.Element] = []
    for element in drawn:
        if element.tag == "g" and not element.attrib:
            parts += _bare(element)
        elif len(element) or element.tag != "defs":
            element[:] = _bare(element)
            element.text = element.text if element.tag == "text" else None
            element.tail = None
            parts.append(element)
    return parts


def _rename(drawn: ElementTree.Element, prefix: str) -> None:
    """Keeps the ids that something refers to, with the prefix in front."""
    used = {
        found[1] or found[2]
        for element in drawn.iter()
        for value in element.attrib.values()
        for found in _REFERENCE.finditer(value)
    }
    places = {name: f"{prefix}-{place}" for place, name in enumerate(sorted(used), 1)}

    def renamed(found: re.Match[str]) -> str:
        return f"url(#{places[found[1]]})" if found[1] else f"#{places[found[2]]}"

    for element in drawn.iter():
        for name, value in list(element.attrib.items()):
            if name != "id":
                element.attrib[name] = _REFERENCE.sub(renamed, value)
            elif value in used:
                element.attrib[name] = places[value]
            else:
                del element.attrib[name]


def _restyle(element: ElementTree.Element) -> None:
    """Colours that follow the page, one face of text, and numbers to a hundredth of a point."""
    for name in ("d", "transform", "x", "y", "points", "width", "height"):
        if name in element.attrib and element.tag not in ("svg", "pattern"):
            element.attrib[name] = _LONG_NUMBER.sub(_short, element.attrib[name]).replace("\n", "").strip()
    style = element.attrib.get("style")
    if style is not None:
        style = _FONT.sub("", style)
        for colour, paint in _PAINTS.items():
            style = style.replace(colour, paint)
        element.attrib["style"] = style.strip().rstrip(";")


def _short(found: re.Match[str]) -> str:
    text = f"{float(found[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
