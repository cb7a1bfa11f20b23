"""How the field narrowed, in a wide face: no label is cut, and none lies over another or over a line."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

from hypothesis import given
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from advisor.charts.eliminations import narrowing_chart
from tests.helpers.strategies import complete_answers, examples
from tests.report.drawn import SVG, decided

_LINE = re.compile(r"M ([0-9.]+) ([0-9.]+) +L \1 ([0-9.]+)$")


@examples(in_ci=30)
@given(complete_answers())
def test_labels_have_room_in_a_wide_face(answers: dict[str, Any]) -> None:
    if chart := narrowing_chart(decided(answers)):
        for svg in (chart.svg, chart.narrow):
            assert_room(ElementTree.fromstring(svg))


def assert_room(root: ElementTree.Element) -> None:
    boxes = [wide_box(element) for element in root.iter(f"{SVG}text")]
    lines = [_LINE.match(path.attrib["d"]) for path in root.iter(f"{SVG}path")]
    found = [tuple(map(float, match.groups())) for match in lines if match]
    routes = [("a line", x, min(y, end), x, max(y, end)) for x, y, end in found]
    assert len(routes) == 3
    for words, left, _, right, _ in boxes:
        assert left >= 0, words
        assert right <= float(root.attrib["width"]), words
    for one, other in combinations([*boxes, *routes], 2):
        apart = one[3] <= other[1] or other[3] <= one[1] or one[4] < other[2] or other[4] < one[2]
        assert apart, f"{one[0]} lies over {other[0]}"


def wide_box(element: ElementTree.Element) -> tuple[str, float, float, float, float]:
    """The words and the room DejaVu Sans takes for them, which matplotlib brings along."""
    words, x, y = element.text or "", float(element.attrib["x"]), float(element.attrib["y"])
    bold = element.attrib.get("font-weight") == "700"
    face = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal", size=12)
    width = float(TextPath((0, 0), words, prop=face).get_extents().width)
    left = x - (width / 2 if element.attrib["text-anchor"] == "middle" else 0)
    return words, left, y - 9, left + width, y + 2
