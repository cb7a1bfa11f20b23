"""The pictures of a memo: sound SVG, findings and figures that are the record's, the same bytes everywhere."""

from __future__ import annotations

import datetime
import os
import random
import re
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import combinations, pairwise
from math import ceil, floor
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.cost import rounded
from advisor.decision import decide
from advisor.quantity import dollars, grouped
from advisor.readings.plain import PlainReading
from advisor.record import Decision, Status
from advisor.report.chart_model import Chart
from advisor.report.chart_narrowing import narrowing_chart
from advisor.report.chart_regions import COLUMNS, FINER, ROWS, most_sensitive, regions_of
from advisor.report.chart_scale import Scale, scale_of
from advisor.report.chart_svg import COLOURS, spread
from advisor.report.chart_words import NAMED
from advisor.report.charts import charts_of
from advisor.rulebook.load import bundled_rulebook
from advisor.scenario import FIELDS, Route
from advisor.scenario_file import parse_scenario
from tests.helpers.reference import decide as by_hand
from tests.helpers.strategies import EXERCISE, NEEDS, complete_answers, examples, partial_answers, scenario

EXAMPLES = Path(__file__).parents[2] / "examples"
DAY = datetime.date(2026, 1, 1)
SPEEDUP = 5
SVG = "{http://www.w3.org/2000/svg}"
HOSTED = {Route.OPEN_WEIGHT_API: "open_price", Route.CLOSED_API: "closed_price"}
NUMBER = re.compile(r"-?\$?[0-9][0-9,]*(?:\.[0-9]+)?")
KINDS = {
    "conflict": "narrowing costs",
    "exercise-38-3-2": "narrowing costs map",
    "exercise-38-3-3-a": "narrowing costs",
    "exercise-38-3-3-b": "narrowing costs map",
    "exercise-38-3-3-c": "narrowing costs",
    "exercise-38-3-3-d": "narrowing costs map",
    "overdetermined": "narrowing costs",
    "own-not-yet": "narrowing costs map",
    "partial-open": "costs",
    "partial-settled": "narrowing",
    "startup-a-year-on": "narrowing costs map",
    "startup-first-month": "narrowing costs map",
}


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
    return {chart.id.removeprefix("chart-"): chart for chart in charts_of(decision, bundled_rulebook())}


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


# ---- sound pictures


@examples(in_ci=30)
@given(complete_answers())
def test_every_picture_stands_on_its_own(answers: dict[str, Any]) -> None:
    charts = charts_of(decided(answers), bundled_rulebook())
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
        assert tags <= {"svg", "title", "desc", "g", "defs", "path", "use", "text", "pattern", "rect"}
        assert chart.svg.count("font-family") == 1
        assert chart.svg.count("http") == 1, "nothing but the name of the SVG namespace"
        assert chart.svg.count("url(") == chart.svg.count("url(#")
        assert not re.search(r"\b(nan|inf)\b", chart.svg, re.IGNORECASE)
        assert len(chart.svg.encode()) < 60_000


@examples(in_ci=30)
@given(complete_answers())
def test_no_words_lie_over_others_or_leave_the_picture(answers: dict[str, Any]) -> None:
    for chart in charts_of(decided(answers), bundled_rulebook()):
        root = ElementTree.fromstring(chart.svg)
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
    """The words and about how much room a usual face takes for them."""
    words, x, y = element.text or "", float(element.attrib["x"]), float(element.attrib["y"])
    width = 12 * 0.5 * len(words)
    anchor = re.search(r"text-anchor: (\w+)", element.attrib["style"])
    left = x - {"middle": width / 2, "end": width}.get(anchor[1] if anchor else "", 0)
    return words, left, y - 9, left + width, y + 2


def test_what_a_scenario_says_of_itself_does_not_reach_a_picture() -> None:
    plain, hostile = drawn(EXERCISE), drawn({**EXERCISE, "title": "</svg><script>alert(1)</script>", "region": "&x;"})
    assert [chart.svg for chart in plain.values()] == [chart.svg for chart in hostile.values()]


def test_colours_serve_on_white_and_on_black_and_words_take_the_page_s() -> None:
    for colour in COLOURS.values():
        assert min(contrast(colour, "#ffffff"), contrast(colour, "#111111")) >= 3
    for chart in drawn(EXERCISE).values():
        for element in ElementTree.fromstring(chart.svg).iter():
            style = element.attrib.get("style", "")
            literal = re.sub(r"var\(--chart-(?:own|open|closed), #[0-9a-f]{6}\)", "", style)
            assert "#" not in literal.replace("url(#", "")
            if element.tag == f"{SVG}text":
                assert "fill: currentColor" in style


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
            found = re.search(r"stroke: var\(--chart-(\w+)", element.attrib.get("style", ""))
            pattern = re.search("stroke-dasharray: ([^;]*)", element.attrib.get("style", ""))
            if found and element.attrib["d"].count("L"):
                dashes.setdefault(found[1], pattern[1] if pattern else "solid")
        assert len(set(dashes.values())) == len(dashes) == 3
    hatches = ElementTree.fromstring(charts["map"].svg).findall(f".//{SVG}pattern/{SVG}path")
    assert len({path.attrib["d"] for path in hatches}) == len(hatches) == 2


def test_routes_that_are_ruled_out_are_dotted_and_say_so() -> None:
    svg = by_kind(example("overdetermined"))["costs"].svg
    dashes = re.findall(r"stroke-dasharray: ([0-9.]+),[^;]*; stroke-dashoffset: 0; stroke: var\(--chart-(\w+)", svg)
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


def test_without_the_rulebook_of_the_record_nothing_is_said_that_rests_on_it() -> None:
    decision = decided(EXERCISE)
    other = decision.model_copy(update={"rulebook_digest": "0" * 64})
    bare = [charts_of(decision, None), charts_of(other, bundled_rulebook())]
    for charts in bare:
        assert [chart.id for chart in charts] == ["chart-narrowing", "chart-costs"]
        assert "few-step" not in charts[1].svg + charts[1].description + str(charts[1].table)
    assert "few-step" in drawn(EXERCISE)["costs"].svg


# ---- findings and figures


@examples(in_ci=30)
@given(complete_answers())
def test_every_number_is_the_record_s_or_follows_from_it(answers: dict[str, Any]) -> None:
    decision = decided(answers)
    allowed = numbers_of(decision) | computed(answers)
    for chart in charts_of(decision, bundled_rulebook()):
        told = [
            chart.title,
            chart.description,
            *chart.table.header,
            *(cell for row in chart.table.rows for cell in row),
        ]
        for text in told:
            found = {normal(number) for number in NUMBER.findall(text)}
            assert found <= allowed, f"{found - allowed} in {text}"
        assert {len(row) for row in chart.table.rows} == {len(chart.table.header)}


def normal(number: str) -> Decimal:
    return Decimal(number.replace("$", "").replace(",", "")).normalize()


def numbers_of(decision: Decision) -> set[Decimal]:
    """Every number of the record, sums of money also to the cent."""
    found = {normal(number) for number in re.findall(r"(?<![\w.])-?[0-9]+(?:\.[0-9]+)?(?![\w])", decision.to_json())}
    return found | {normal(dollars(int(number.scaleb(6)))) for number in found if abs(number) < 10**13}


def computed(answers: dict[str, Any]) -> set[Decimal]:
    """What the pictures work out: first months in which owning is cheaper, and what a few-step model changes."""
    found = {Decimal(SPEEDUP)}
    for name in ("monthly_images_low", "monthly_images", "monthly_images_high"):
        volume = Fraction(answers.get(name, answers["monthly_images"]))
        found.add(normal(dollars(ceil(own(answers, volume, SPEEDUP) * 10**6))))
    for route in HOSTED:
        for speedup in (1, SPEEDUP):
            volume_or_none = crossing(answers, route, speedup)
            if volume_or_none is not None:
                found |= {normal(rounded(volume_or_none, 2)), Decimal(floor(volume_or_none) + 1).normalize()}
    return found


@examples(in_ci=30)
@given(st.one_of(complete_answers(), choices))
def test_the_costs_finding_is_exact_to_the_image(answers: dict[str, Any]) -> None:
    decision = decided(answers)
    chart = by_kind(decision)["costs"]
    (route,) = [
        route for route, name in ((Route.OPEN_WEIGHT_API, "open"), (Route.CLOSED_API, "closed")) if name in chart.title
    ]
    price, at = exact(answers, HOSTED[route]), crossing(answers, route)
    dropped = {step.over for step in decision.preferences if step.axis == "model_access"}
    if Route.OPEN_WEIGHT_API in decision.feasible_routes and Route.OPEN_WEIGHT_API not in dropped:
        assert route is Route.OPEN_WEIGHT_API
    elif Route.CLOSED_API in decision.feasible_routes:
        assert route is Route.CLOSED_API
    if at is None:
        assert "never" in chart.title
        assert decision.crossovers[route] is None
    else:
        first = 1 if "at every volume" in chart.title else int(normal(NUMBER.findall(chart.title)[0]))
        assert own(answers, first) < price * first
        assert first == 1 or own(answers, first - 1) >= price * (first - 1)
        if at >= 1:
            assert grouped(Decimal(decision.crossovers[route] or "")) in chart.description


@examples(in_ci=30)
@given(complete_answers())
def test_the_narrowing_ends_where_the_record_does(answers: dict[str, Any]) -> None:
    decision = decided(answers)
    chart = narrowing_chart(decision)
    assert chart is not None
    short = {Route.SELF_HOST: "own gpus", Route.OPEN_WEIGHT_API: "open-weight api", Route.CLOSED_API: "closed api"}
    taken = [route for row in chart.table.rows for route in Route if short[route] in row[1].lower()]
    assert sorted(taken) == sorted(route for route in Route if route is not decision.route)
    last = chart.table.rows[-1][3].lower()
    assert last == (short[decision.route] if decision.route else "—")
    axes = [row[0].lower().replace("data ", "").replace(" ", "_") for row in chart.table.rows]
    gates, preferred = ({str(step.axis) for step in steps} for steps in (decision.eliminated, decision.preferences))
    assert set(axes) <= gates | preferred
    if decision.deciding_axis:
        assert decision.deciding_axis in axes


def test_routes_that_fell_on_several_axes_say_so() -> None:
    chart = by_kind(example("overdetermined"))["narrowing"]
    assert [row[:2] for row in chart.table.rows] == [
        ("Data residency", "Open-weight API and closed API"),
        ("Control", "—"),
    ]
    assert "control would have taken out the open-weight API and the closed API too" in chart.description
    assert chart.svg.count("here too") == 2


@examples(in_ci=30)
@given(choices, st.randoms(use_true_random=False))
def test_the_map_shows_what_would_be_decided_there(answers: dict[str, Any], choose: random.Random) -> None:
    decision = decided(answers)
    regions = regions_of(decision, bundled_rulebook())
    assert regions is not None
    quantity = FIELDS[regions.figure].quantity
    assert quantity is not None
    months = regions.across.positions(FINER * COLUMNS)
    figures = regions.upwards.positions(FINER * ROWS)
    for _ in range(20):
        column, row = choose.randrange(len(months)), choose.randrange(len(figures))
        month = max(1, int(min(months[column], Decimal(10**12))))
        figure = max(Fraction(int(figures[row] * 10**quantity.places), 10**quantity.places), Fraction(quantity.least))
        volumes: dict[str, Any] = {
            name: max(1, month * int(answers[name]) // int(answers["monthly_images"]))
            for name in ("monthly_images_low", "monthly_images", "monthly_images_high")
            if name in answers
        }
        there = {**answers, **volumes, regions.figure: min(figure, Fraction(quantity.most))}
        (route,) = by_hand(there).left
        assert regions.shares[Route(route)][row // FINER, column // FINER] > 0
    shares = np.sum(list(regions.shares.values()), axis=0)
    assert shares == pytest.approx(np.ones((ROWS, COLUMNS)))
    assert decision.route in regions.shares


@examples(in_ci=30)
@given(choices)
def test_the_map_is_over_the_figure_that_turns_soonest(answers: dict[str, Any]) -> None:
    decision = decided(answers)
    found = most_sensitive(decision)
    times: dict[str, Fraction] = {}
    for flip in decision.flips:
        turn = Fraction(flip.below or flip.above or 0)
        now = Fraction(answers[flip.field]) if flip.field in answers and (flip.below or flip.above) else Fraction(0)
        if turn and now and not flip.field.startswith("monthly_images"):
            times[flip.field] = min(times.get(flip.field, turn / now + now / turn), turn / now + now / turn)
    if times:
        assert times[found] == min(times.values())
    chart = by_kind(decision).get("map")
    if chart and times:
        leads = {NAMED[flip.route] for flip in decision.flips if flip.field == found and flip.route}
        turns = {flip.below or flip.above or "" for flip in decision.flips if flip.field == found}
        assert chart.title.lower().split(" would be recommended if")[0] in {name.lower() for name in leads}
        assert normal(NUMBER.findall(chart.title)[-1]) in {Decimal(turn).normalize() for turn in turns}


def test_the_pictures_of_the_exercise_say_what_it_comes_to() -> None:
    charts = drawn(EXERCISE)
    assert charts["costs"].title == "Own GPUs are cheaper than the open-weight API from 71,429 images a month"
    assert "the same at 71,428.57 images a month, with a few-step model at 67,567.57" in charts["costs"].description
    for words in ("break-even with open-weight API", "71,428.57", "break-even with closed API", "52,631.58", "50,000"):
        assert f">{words}<" in charts["costs"].svg
    assert charts["costs"].table.rows[0] == ("Own GPUs", "$2,100.00", "—", "—")
    assert charts["costs"].table.rows[2] == ("Open-weight API", "$1,500.00", "71,428.57", "67,567.57")
    assert charts["narrowing"].title == (
        "Cost takes out own GPUs; switching cost takes out the closed API; the open-weight API is left"
    )
    assert charts["map"].title == (
        "Own GPUs would be recommended if the price of the open-weight API per image were above $0.041999"
    )
    assert charts["map"].table.rows[0] == ("Expected month", "50,000 images", "—", "71,428 images: own GPUs")


def test_labels_of_the_month_keep_clear_of_crossings_and_curves() -> None:
    months = {"monthly_images_low": 40_000, "monthly_images": 52_632, "monthly_images_high": 53_000}
    root = ElementTree.fromstring(drawn({**EXERCISE, **months})["costs"].svg)
    (box,) = [found for found in map(box_of, root.iter(f"{SVG}text")) if found[0] == "this scenario:"]
    _, left, top, right, bottom = box
    lines = [
        [(float(x), float(y)) for x, y in re.findall(r"[ML] ([0-9.]+) ([0-9.]+)", path.attrib["d"])]
        for path in root.iter(f"{SVG}path")
        if "fill: none" in path.attrib.get("style", "")
    ]
    assert left > min(x for corners in lines for x, _ in corners), "it begins within the frame"
    for corners in lines:
        for (x, y), (x_next, y_next) in pairwise(corners):
            upright = x == x_next and left < x < right and min(y, y_next) < bottom and top < max(y, y_next)
            assert not upright
            assert not (left < x < right and top < y < bottom)


def test_video_is_counted_in_seconds() -> None:
    for chart in by_kind(example("exercise-38-3-3-c")).values():
        assert "images" not in chart.svg + chart.title + chart.description + str(chart.table)
    told = drawn({**EXERCISE, "unit": "video_second"})
    assert "from 71,429 seconds of video a month" in told["costs"].title
    assert "per second of video" in told["map"].title
    assert ">seconds of video a month<" in told["map"].svg


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


@given(
    st.lists(st.fractions(Fraction(1, 10**6), 10**15), min_size=1, max_size=5),
    st.booleans(),
)
def test_scales_hold_their_points_and_carry_ticks(points: list[Fraction], log: bool) -> None:
    scale = scale_of(points, Decimal("0.0000001"), Decimal(10**16), log=log)
    ticks = scale.ticks
    assert 2 <= len(ticks) <= 7
    assert list(ticks) == sorted(set(ticks))
    assert all(scale.least <= tick <= scale.most for tick in ticks)
    assert all(Decimal("0.0") < Decimal(scale.place(point)) < 1 for point in points)
    positions = scale.positions(9)
    assert positions == sorted(set(positions))
    assert [scale.place(Fraction(position)) for position in positions] == pytest.approx([n / 8 for n in range(9)])


def test_a_scale_keeps_what_is_beyond_it_at_its_ends() -> None:
    scale = Scale(Decimal(1), Decimal(100), log=True)
    assert [scale.place(Fraction(value)) for value in (0, 1, 10, 100, 1000)] == pytest.approx([0, 0, 0.5, 1, 1])


@given(st.lists(st.tuples(st.floats(-50, 150), st.floats(1, 20)), min_size=1, max_size=5))
def test_labels_are_spread_within_their_bounds_and_stay_in_order(labels: list[tuple[float, float]]) -> None:
    wanted, sizes = [place for place, _ in labels], [size for _, size in labels]
    centres = spread(wanted, sizes, 0, 100)
    boxes = sorted(
        (centre - size / 2, centre + size / 2, place)
        for centre, size, place in zip(centres, sizes, wanted, strict=True)
    )
    assert boxes[0][0] >= -1e-9
    assert boxes[-1][1] <= 100 + 1e-9
    assert all(one[1] <= other[0] + 1e-9 for one, other in pairwise(boxes))
    assert [place for _, _, place in boxes] == sorted(wanted)


# ---- the same bytes

PROGRAM = """
import sys, datetime
from pathlib import Path
from advisor.decision import decide
from advisor.readings.plain import PlainReading
from advisor.report.chart_words import NAMED
from advisor.report.charts import charts_of
from advisor.rulebook.load import bundled_rulebook
from advisor.scenario_file import parse_scenario
rules = bundled_rulebook()
for file in sys.argv[1:]:
    scenario = parse_scenario(Path(file).read_text(), file)
    decision = decide(scenario, rules, decided_on=datetime.date(2026, 1, 1), matcher=PlainReading(rules))
    sys.stdout.buffer.write(repr(charts_of(decision, rules)).encode())
"""


def test_every_machine_draws_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("savefig.bbox: tight\nlines.scale_dashes: False\nsvg.fonttype: path\n")
    files = [str(EXAMPLES / f"{name}.scenario.yaml") for name in ("startup-first-month", "overdetermined")]
    settings = [
        {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "UTC"},
        {"PYTHONHASHSEED": "2", "LC_ALL": "de_DE.UTF-8", "TZ": "Pacific/Auckland", "MATPLOTLIBRC": str(tmp_path)},
        {"PYTHONHASHSEED": "3", "LC_ALL": "C.UTF-8", "TZ": "America/Los_Angeles", "SOURCE_DATE_EPOCH": "1"},
        {"HOME": "/dev/null/nowhere", "XDG_CONFIG_HOME": "", "XDG_CACHE_HOME": ""},
    ]
    runs = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM, *files], env={**os.environ, **more}, capture_output=True, check=True
        )
        for more in settings
    ]
    assert len({run.stdout for run in runs}) == 1
    assert runs[0].stdout.count(b"<svg") == 5
    assert runs[-1].stderr == b""


def test_drawing_leaves_matplotlib_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib

    first = drawn(EXERCISE)
    monkeypatch.setitem(matplotlib.rcParams, "font.size", 31.0)
    assert drawn(EXERCISE) == first
    assert matplotlib.rcParams["font.size"] == 31.0
