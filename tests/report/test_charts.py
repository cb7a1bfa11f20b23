"""The pictures of a memo: sound SVG that stands on its own, the same bytes everywhere."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given

from advisor.charts.canvas import COLOURS, NARROW, WIDTH
from advisor.domain.record import parse_record
from advisor.domain.record_parts import Status
from advisor.domain.scenario import Route
from advisor.report.html import charts_of
from advisor.verification.verify import as_written
from tests.helpers.strategies import EXERCISE, complete_answers, examples, partial_answers
from tests.report.drawn import (
    EXAMPLES,
    HOSTED,
    SVG,
    assert_words_have_room,
    box_of,
    by_kind,
    crossing,
    decided,
    drawn,
    example,
)

KINDS = {
    "conflict": "narrowing costs",
    "exercise-38-3-2": "narrowing costs map",
    "exercise-38-3-3-a": "narrowing costs",
    "exercise-38-3-3-b": "narrowing costs map",
    "exercise-38-3-3-c": "narrowing costs",
    "exercise-38-3-3-d": "narrowing costs map",
    "figures-unknown": "",
    "gpus-kept-on": "narrowing costs map",
    "overdetermined": "narrowing costs",
    "own-not-yet": "narrowing costs map",
    "partial-open": "costs",
    "partial-settled": "narrowing",
    "startup-a-year-on": "narrowing costs map",
    "startup-first-month": "narrowing costs map",
}


@examples(in_ci=30)
@given(complete_answers())
def test_every_picture_stands_on_its_own(answers: dict[str, Any]) -> None:
    charts = charts_of(decided(answers))
    seen: set[str] = set()
    for chart in charts:
        root = ElementTree.fromstring(chart.svg)
        assert (root.tag, root.attrib["role"]) == (f"{SVG}svg", "img")
        named = {element.attrib["id"]: element for element in root.iter() if "id" in element.attrib}
        assert len(named) == chart.svg.count(' id="')
        assert all(id == chart.id or id.startswith(f"{chart.id}-") for id in named)
        assert not seen & named.keys()
        seen |= named.keys()
        title, description = (named[id] for id in root.attrib["aria-labelledby"].split())
        assert (title.tag, title.text) == (f"{SVG}title", chart.title)
        assert (description.tag, description.text) == (f"{SVG}desc", chart.description)
        assert set(re.findall(r"url\(#([^)]*)\)|href=\"#([^\"]*)\"", chart.svg)) <= {
            pair for id in named for pair in ((id, ""), ("", id))
        }
        tags = {element.tag.removeprefix(SVG) for element in root.iter()}
        assert tags <= {"svg", "title", "desc", "g", "defs", "path", "use", "text", "pattern", "rect", "clipPath"}
        assert chart.svg.count("font-family") == 1
        assert chart.svg.count("http") == 1, "nothing but the name of the SVG namespace"
        assert chart.svg.count("url(") == chart.svg.count("url(#")
        assert not re.search(r"\b(nan|inf)\b", chart.svg, re.IGNORECASE)
        assert len(chart.svg.encode()) < 60_000


@examples(in_ci=30)
@given(complete_answers())
def test_no_words_lie_over_others_or_leave_the_picture(answers: dict[str, Any]) -> None:
    for chart in charts_of(decided(answers)):
        assert_words_have_room(chart.svg)
        assert_words_have_room(chart.narrow)


@pytest.mark.parametrize("kind", ["costs", "map"])
def test_an_axis_says_where_its_scale_is_logarithmic(kind: str) -> None:
    for answers, marks in ((EXERCISE, 0), ({**EXERCISE, "monthly_images": 400}, 2)):
        assert drawn(answers)[kind].svg.count(", log scale<") == marks


def test_a_narrow_picture_says_the_same() -> None:
    for name in ("startup-first-month", "overdetermined"):
        for chart in charts_of(example(name)):
            assert f'width="{WIDTH}"' in chart.svg
            assert f'width="{NARROW}"' in chart.narrow
            assert words_of(chart.svg) == words_of(chart.narrow)


def words_of(svg: str) -> set[str]:
    """Every word in a picture but the numbers at its ticks."""
    texts = (element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text"))
    return {word for text in texts for word in text.split() if not re.fullmatch(r"\$?[0-9.]+k?", word)}


def test_what_a_scenario_says_of_itself_does_not_reach_a_picture() -> None:
    plain, hostile = drawn(EXERCISE), drawn({**EXERCISE, "title": "</svg><script>alert(1)</script>", "region": "&x;"})
    assert [chart.svg for chart in plain.values()] == [chart.svg for chart in hostile.values()]


def test_colours_serve_on_white_and_on_black_and_words_take_the_page_s() -> None:
    for colour in COLOURS.values():
        assert min(contrast(colour, "#ffffff"), contrast(colour, "#111111")) >= 3
    for chart in drawn(EXERCISE).values():
        for element in ElementTree.fromstring(chart.svg).iter():
            paints = " ".join(element.attrib.get(name, "") for name in ("fill", "stroke"))
            literal = re.sub(r"var\(--(?:chart-own|chart-open|chart-closed|ground), #[0-9a-f]{6}\)", "", paints)
            assert "#" not in literal.replace("url(#", "")
            assert "style" not in element.attrib, "a content security policy would drop it"
            if element.tag == f"{SVG}text":
                assert element.attrib["fill"] == "currentColor"


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_routes_differ_in_more_than_colour() -> None:
    charts = drawn(EXERCISE)
    for kind in ("narrowing", "costs"):
        dashes: dict[str, str] = {}
        for element in ElementTree.fromstring(charts[kind].svg).iter(f"{SVG}path"):
            found = re.search(r"var\(--chart-(\w+)", element.attrib.get("stroke", ""))
            if found and element.attrib["d"].count("L"):
                dashes.setdefault(found[1], element.attrib.get("stroke-dasharray", "solid"))
        assert len(set(dashes.values())) == len(dashes) == 3
    hatches = ElementTree.fromstring(charts["map"].svg).findall(f".//{SVG}pattern/{SVG}path")
    assert len({path.attrib["d"] for path in hatches}) == len(hatches) == 2


def test_routes_that_are_ruled_out_are_dotted_and_say_so() -> None:
    svg = by_kind(example("overdetermined"))["costs"].svg
    dashes = re.findall(r'stroke-dasharray="([0-9.]+),[^"]*" stroke-dashoffset="0" stroke="var\(--chart-(\w+)', svg)
    assert dashes == [("1.6", "open"), ("1.6", "closed")]
    assert svg.count(">ruled out<") == 2


# ---- which pictures there are


@pytest.mark.parametrize("name", sorted(path.name.split(".")[0] for path in EXAMPLES.glob("*.scenario.yaml")))
def test_each_example_has_the_pictures_that_apply(name: str) -> None:
    assert " ".join(by_kind(example(name))) == KINDS[name]


@examples(in_ci=40)
@given(partial_answers())
def test_missing_answers_leave_out_pictures_and_break_none(answers: tuple[dict[str, Any], dict[str, Any]]) -> None:
    given_answers, _ = answers
    decision = decided(given_answers)
    kinds = by_kind(decision)
    assert ("narrowing" in kinds) == (set(decision.feasible_routes) != set(Route) or bool(decision.preferences))
    prices = sum(name in given_answers for name in HOSTED.values())
    owning = {"gpu_hour_price", "images_per_gpu_hour", "monthly_overhead"} <= given_answers.keys()
    volumes = "monthly_images" in given_answers or "monthly_images_low" in given_answers
    assert ("costs" in kinds) == (prices + owning >= 2 and (volumes or any_crossing_to_show(given_answers)))
    assert "map" not in kinds or decision.status is Status.RECOMMENDED


def any_crossing_to_show(answers: dict[str, Any]) -> bool:
    if not {"gpu_hour_price", "images_per_gpu_hour", "monthly_overhead"} <= answers.keys():
        return False
    found = [crossing(answers, route) for route, name in HOSTED.items() if name in answers]
    return any(volume is not None and volume >= 1 for volume in found)


def test_a_record_of_version_1_has_neither_a_map_nor_a_few_step_line() -> None:
    record = json.loads(as_written(decided(EXERCISE), "0.1.0", 1).to_json())
    charts = charts_of(parse_record(json.dumps(record), "a record"))
    assert [chart.id for chart in charts] == ["chart-narrowing", "chart-costs"]
    assert "few-step" not in charts[1].svg + charts[1].description + str(charts[1].table)
    assert "few-step" in drawn(EXERCISE)["costs"].svg


def test_labels_of_the_month_keep_clear_of_crossings_and_curves() -> None:
    months = {"monthly_images_low": 40_000, "monthly_images": 52_632, "monthly_images_high": 53_000}
    root = ElementTree.fromstring(drawn({**EXERCISE, **months})["costs"].svg)
    (box,) = [found for found in map(box_of, root.iter(f"{SVG}text")) if found[0] == "this scenario:"]
    _, left, top, right, bottom = box
    lines = [
        [(float(x), float(y)) for x, y in re.findall(r"[ML] ([0-9.]+) ([0-9.]+)", path.attrib["d"])]
        for path in root.iter(f"{SVG}path")
        if path.attrib.get("fill") == "none"
    ]
    assert left > min(x for corners in lines for x, _ in corners), "it begins within the frame"
    for corners in lines:
        for (x, y), (x_next, y_next) in pairwise(corners):
            upright = x == x_next and left < x < right and min(y, y_next) < bottom and top < max(y, y_next)
            assert not upright
            assert not (left < x < right and top < y < bottom)


# ---- extremes

PRICES = [Decimal("0.000001"), Decimal(1_000_000)]


@pytest.mark.parametrize("volume", [1, 50_000, 10**12])
@pytest.mark.parametrize("overhead", [Decimal(0), Decimal("8.9e9")])
@pytest.mark.parametrize("per_hour", [Decimal("0.001"), Decimal(10**9)])
def test_extreme_amounts_are_drawn(volume: int, overhead: Decimal, per_hour: Decimal) -> None:
    dearest = min(Decimal(1_000_000), Decimal("9e9") / volume)
    for open_price in (PRICES[0], Decimal(f"{dearest:f}").quantize(PRICES[0])):
        for gpu_hour in PRICES:
            if gpu_hour * volume / per_hour + overhead > Decimal("9e9"):
                continue
            amounts = {"open_price": open_price, "closed_price": PRICES[0], "gpu_hour_price": gpu_hour}
            more = {"monthly_images": volume, "monthly_overhead": overhead, "images_per_gpu_hour": per_hour}
            charts = drawn({**EXERCISE, **amounts, **more})
            assert {"narrowing", "costs"} <= charts.keys()
            for chart in charts.values():
                coordinates = re.findall(r'\b(?:d|x|y)="([^"]*)"', chart.svg)
                numbers = [
                    float(number) for text in coordinates for number in re.findall(r"-?[0-9.]+(?:e-?\d+)?", text)
                ]
                assert numbers
                assert max(map(abs, numbers)) < 1_000
                assert not re.search(r"\b(nan|inf)\b", chart.svg)


# ---- the same bytes

PROGRAM = """
import sys, datetime
from pathlib import Path
from advisor.decision.decide import decide
from advisor.evaluation.compiler import PlainReading
from advisor.wording.labels import NAMED
from advisor.report.html import charts_of
from advisor.rulebook.loader import bundled_rulebook
from advisor.domain.scenario_io import parse_scenario
rules = bundled_rulebook()
for file in sys.argv[1:]:
    scenario = parse_scenario(Path(file).read_text(), file)
    decision = decide(scenario, rules, decided_on=datetime.date(2026, 1, 1), matcher=PlainReading(rules))
    sys.stdout.buffer.write(repr(charts_of(decision)).encode())
"""


def test_every_machine_draws_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("savefig.bbox: tight\nlines.scale_dashes: False\nsvg.fonttype: path\n")
    files = [str(EXAMPLES / f"{name}.scenario.yaml") for name in ("startup-first-month", "overdetermined")]
    settings = [
        {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "UTC"},
        {"PYTHONHASHSEED": "2", "LC_ALL": "de_DE.UTF-8", "TZ": "Pacific/Auckland", "MATPLOTLIBRC": str(tmp_path)},
        {"PYTHONHASHSEED": "3", "LC_ALL": "C.UTF-8", "TZ": "America/Los_Angeles", "SOURCE_DATE_EPOCH": "1"}
        | {"HOME": "/dev/null/nowhere", "XDG_CONFIG_HOME": "", "XDG_CACHE_HOME": ""},
    ]
    runs = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM, *files], env={**os.environ, **more}, capture_output=True, check=True
        )
        for more in settings
    ]
    assert len({run.stdout for run in runs}) == 1
    assert runs[0].stdout.count(b"<svg") == 10
    assert runs[-1].stderr == b""


def test_drawing_leaves_matplotlib_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib

    first = drawn(EXERCISE)
    monkeypatch.setitem(matplotlib.rcParams, "font.size", 31.0)
    assert drawn(EXERCISE) == first
    assert matplotlib.rcParams["font.size"] == 31.0
