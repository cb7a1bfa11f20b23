"""Scenarios decided and drawn, and the costs of a month worked out once more by hand."""

from __future__ import annotations

import datetime
import re
from fractions import Fraction
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from advisor.charts.canvas import Chart
from advisor.decision.decide import decide
from advisor.domain.record import Decision
from advisor.domain.scenario import Route
from advisor.domain.scenario_io import parse_scenario
from advisor.evaluation.compiler import PlainReading
from advisor.report.html import charts_of
from advisor.rulebook.loader import bundled_rulebook
from tests.helpers.strategies import EXERCISE, NEEDS, complete_answers, scenario

EXAMPLES = Path(__file__).parents[2] / "examples"
DAY = datetime.date(2026, 1, 1)
SPEEDUP = 5
SVG = "{http://www.w3.org/2000/svg}"
HOSTED = {Route.OPEN_WEIGHT_API: "open_price", Route.CLOSED_API: "closed_price"}
NUMBER = re.compile(r"-?\$?[0-9][0-9,]*(?:\.[0-9]+)?")


def permissive(answers: dict[str, Any]) -> dict[str, Any]:
    """The same figures with needs that rule nothing out, so that preferences decide."""
    needs = {name: EXERCISE[name] for name in NEEDS if name != "quality"}
    return {
        **answers,
        **needs,
        "quality": "open_suffices" if answers["quality"] == "frontier_only" else answers["quality"],
    }


choices = complete_answers().map(permissive)
"""Scenarios with all three routes feasible."""


@cache
def reading() -> PlainReading:
    return PlainReading(bundled_rulebook())


def decided(answers: dict[str, Any]) -> Decision:
    return decide(scenario(answers), bundled_rulebook(), decided_on=DAY, matcher=reading())


def drawn(answers: dict[str, Any]) -> dict[str, Chart]:
    return by_kind(decided(answers))


def by_kind(decision: Decision) -> dict[str, Chart]:
    return {chart.id.removeprefix("chart-"): chart for chart in charts_of(decision)}


def example(name: str) -> Decision:
    text = (EXAMPLES / f"{name}.scenario.yaml").read_text()
    return decide(parse_scenario(text, name), bundled_rulebook(), decided_on=DAY, matcher=reading())


def exact(answers: dict[str, Any], name: str) -> Fraction:
    return Fraction(answers[name])


def own(answers: dict[str, Any], volume: Fraction | int, speedup: int = 1) -> Fraction:
    per_image = exact(answers, "gpu_hour_price") / (exact(answers, "images_per_gpu_hour") * speedup)
    return per_image * volume + exact(answers, "monthly_overhead")


def crossing(answers: dict[str, Any], route: Route, speedup: int = 1) -> Fraction | None:
    per_image = exact(answers, "gpu_hour_price") / (exact(answers, "images_per_gpu_hour") * speedup)
    saving = exact(answers, HOSTED[route]) - per_image
    return exact(answers, "monthly_overhead") / saving if saving > 0 else None


def assert_words_have_room(svg: str) -> None:
    """Fails where words leave their picture or lie over others."""
    root = ElementTree.fromstring(svg)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    boxes = [box_of(element) for element in root.iter(f"{SVG}text")]
    for words, left, top, right, bottom in boxes:
        assert left >= 0, words
        assert top >= 0, words
        assert right <= width, words
        assert bottom <= height, words
    for one, other in combinations(boxes, 2):
        apart = one[3] <= other[1] or other[3] <= one[1] or one[4] <= other[2] or other[4] <= one[2]
        assert apart, f"{one[0]} lies over {other[0]}"


def box_of(element: ElementTree.Element) -> tuple[str, float, float, float, float]:
    """The words and about how much room a usual typeface takes for them."""
    words, x, y = element.text or "", float(element.attrib["x"]), float(element.attrib["y"])
    width = 12 * 0.5 * len(words)
    left = x - {"middle": width / 2, "end": width}.get(element.attrib["text-anchor"], 0)
    return words, left, y - 9, left + width, y + 2
