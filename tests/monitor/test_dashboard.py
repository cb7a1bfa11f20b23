"""The dashboard: sound and self-contained, its charts and figures those of the record, free text only text."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from syrupy.assertion import SnapshotAssertion

from advisor.charts.canvas import Chart
from advisor.domain.cost_model import crossover_volume
from advisor.monitor.dashboard import MOST_MONTHS, charts_of, dashboard_html, scale_for, volume_chart
from advisor.monitor.model import MonitorResult, Span
from advisor.monitor.trigger import moved
from advisor.report.templates import one_line
from tests.helpers.strategies import examples, some_of
from tests.monitor.test_summary import ODD, WORDS, known_numbers, numbers, without_digests
from tests.monitor.watched_examples import CASES, case
from tests.monitor.watched_strategies import LARGEST, amounts, any_watched
from tests.report.drawn import assert_words_have_room
from tests.report.pages import Page, read_page
from tests.report.test_memo import HOSTILE

ROOT = Path(__file__).parents[2]
MOST_BYTES = 300_000
HEADINGS = ("h1", "h2", "h3")
_SVG = re.compile(r"<svg.*?</svg>", re.DOTALL)
_COLUMN = re.compile(
    r'<path d="M (?P<left>[0-9.]+) (?P<ground>[0-9.]+) +L [0-9.]+ (?P=ground) +L [0-9.]+ (?P<top>[0-9.]+) [^"]*"'
    r' clip-path="[^"]*"(?P<style>[^>]*)'
)


def test_the_dashboard_of_a_case_is_the_golden_one(golden: Callable[[str], SnapshotAssertion]) -> None:
    """One whole page; the others are held by their claims below."""
    page = _SVG.sub("<svg/>", dashboard_html(case("crossed-and-stable"), "photos.memo.html"))
    assert without_digests(page) == golden("crossed-and-stable.html")


@pytest.mark.parametrize("name", CASES)
def test_the_dashboard_of_a_case_is_sound(name: str) -> None:
    _sound(dashboard_html(case(name), None))


@given(watched=any_watched(ODD))
@examples(12)
def test_any_dashboard_is_sound(watched: MonitorResult) -> None:
    text = dashboard_html(watched, None)
    _sound(text)
    assert text == dashboard_html(watched, None)


def _sound(text: str) -> Page:
    page = read_page(text)
    assert len(text.encode()) < MOST_BYTES
    assert page.all("html")[0].attributes["lang"] == "en"
    levels = [HEADINGS.index(element.tag) for element in page.all(*HEADINGS)]
    assert levels[0] == 0
    assert levels.count(0) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    elements = page.by_id()
    for svg in page.all("svg"):
        assert svg.attributes["role"] == "img"
        title, description = (elements[id] for id in svg.attributes["aria-labelledby"].split())
        assert title.text
        assert description.text
    return page


@given(watched=any_watched(WORDS))
@examples(25)
def test_every_number_told_by_a_chart_is_in_the_json_or_the_record(watched: MonitorResult) -> None:
    known = known_numbers(watched) | {Decimal(count) for count in range(len(watched.months) + 1)}
    for chart in charts_of(watched):
        assert numbers(" ; ".join(_told(chart))) - known == set()
        assert {len(row) for row in chart.table.rows} == {len(chart.table.header)}
        assert not re.search(r"\b(nan|inf)\b", chart.svg)


def _told(chart: Chart) -> list[str]:
    return [chart.title, chart.description, *chart.table.header, *(cell for row in chart.table.rows for cell in row)]


@given(watched=any_watched(WORDS))
@examples(25)
def test_no_words_lie_over_others_or_leave_a_chart(watched: MonitorResult) -> None:
    for chart in charts_of(watched):
        assert_words_have_room(chart.svg)
        assert_words_have_room(chart.narrow)


def test_each_finding_is_what_the_months_come_to() -> None:
    findings = {name: [chart.title for chart in charts_of(case(name))] for name in CASES}
    assert findings["crossed-and-stable"] == [
        "At 1,640,000 images a month the closed API costs $65,600, own GPUs $5,280",
        "8 of 12 complete months lie above N*, the last one among them",
        "$234,952 more was spent since 2026-03 than own GPUs would have cost",
    ]
    assert findings["fell-back"][1:] == [
        "3 of 6 complete months lie above N*, the last one not",
        "$428 to $4,028 less was spent since 2025-11 than own GPUs would have cost",
    ]
    assert "4 of 6 months are estimated." in charts_of(case("fell-back"))[2].description
    assert findings["approaching"][1] == "None of the 6 complete months lies above N*"
    assert findings["insufficient-data"] == [
        "Own GPUs are cheaper than the open-weight API above N*, 71,428.57 images a month",
        "The one complete month lies below N*",
    ]
    assert findings["not-comparable"] == ["Images a month, 2025-11 to 2026-01"]


def test_the_curves_cross_where_the_crossover_is() -> None:
    (row_hosted, row_own, row_faster) = charts_of(case("crossed-and-stable"))[0].table.rows
    assert row_hosted[1] == row_own[1]
    at = crossover_volume("0.04", "1.20", 600, 2_000).volume
    assert at is not None
    assert row_own[1] == f"${float(at * Fraction('0.04')):,.2f}"
    assert row_faster[2] == "$2,656"


def test_columns_are_as_high_as_their_months() -> None:
    watched = case("approaching")
    chart = volume_chart(watched)
    assert chart is not None
    columns = [found for found in _COLUMN.finditer(chart.svg) if "--chart-open" in found["style"]]
    heights = [float(found["ground"]) - float(found["top"]) for found in columns]
    months = [month for month in watched.months if month.images]
    assert len(columns) == len(months)
    (line,) = re.finditer(
        r'<path d="M ([0-9.]+) ([0-9.]+) +L ([0-9.]+) [^"]*" clip-path="[^"]*"'
        r' fill="none" stroke="var\(--chart-own',
        chart.svg,
    )
    to_crossover = float(columns[0]["ground"]) - float(line[2])
    assert watched.crossover
    for height, month in zip(heights, months, strict=True):
        assert month.images
        assert height / to_crossover == pytest.approx(
            float(month.images.expected / watched.crossover.expected), rel=0.01
        )
    assert ["stroke-dasharray" in found["style"] for found in columns] == [not month.complete for month in months]
    assert chart.svg.count(">?<") == sum(month.missing for month in watched.months)
    # A gap takes the place of a month.
    lefts = [float(found["left"]) for found in columns]
    steps = [round(after - before, 1) for before, after in pairwise(lefts)]
    assert steps.count(round(2 * (float(line[3]) - float(line[1])) / len(watched.months), 1)) == 1


@pytest.mark.parametrize("near", [Fraction(9999, 10_000), Fraction(98, 100)])
def test_a_column_below_the_crossover_does_not_touch_its_line(near: Fraction) -> None:
    watched = case("below")
    assert watched.crossover
    images = Span.of(watched.crossover.expected * near)
    chart = volume_chart(replace(watched, months=tuple(replace(month, images=images) for month in watched.months)))
    assert chart is not None
    (line,) = re.findall(
        r'<path d="M [0-9.]+ ([0-9.]+) [^"]*" clip-path="[^"]*" fill="none" stroke="var\(--chart-own', chart.svg
    )
    tops = [float(found["top"]) for found in _COLUMN.finditer(chart.svg) if "--chart-open" in found["style"]]
    assert len(tops) == len(watched.months)
    assert all(top - float(line) >= 3.5 for top in tops)


@given(points=st.lists(amounts(LARGEST), min_size=1, max_size=6), below=st.booleans())
def test_a_scale_holds_its_points(points: list[Fraction], below: bool) -> None:
    points = [-point for point in points] if below else points
    scale = scale_for(points, points)
    low, high = (Fraction(end) for end in (scale.least, scale.most))
    assert scale.log or low <= 0 <= high
    assert all(low <= point <= high for point in points if point > 0 or not scale.log)
    axes = Figure().add_axes((0, 0, 1, 1))
    scale.set(axes.yaxis)
    assert 2 <= sum(scale.least <= tick <= scale.most for tick in axes.get_yticks()) <= 9


def test_a_long_history_stays_small_and_says_what_is_left_out() -> None:
    month = case("approaching").months[0]
    months = tuple(replace(month, month=moved("2010-01", place)) for place in range(180))
    text = dashboard_html(replace(case("approaching"), months=months), None)
    page = _sound(text)
    assert f"{180 - MOST_MONTHS} earlier months are left out" in page.all("main")[0].text
    assert "144 earlier months are not shown" in page.all("main")[0].text
    assert "2010-01" not in text


@pytest.mark.fuzz
@pytest.mark.parametrize("kind", some_of(HOSTILE, 3))
def test_free_text_is_text_on_the_dashboard(kind: str) -> None:
    text = HOSTILE[kind]
    plain, odd = (with_text(words) for words in ("Plain", text))
    page = _sound(dashboard_html(odd, None))
    shown = one_line(text)
    if shown:
        assert page.outline() == _sound(dashboard_html(plain, None)).outline()
        assert page.all("main")[0].text.count(shown) >= 4
    assert page.all("title")[0].text == (shown or "Monitor")


def with_text(text: str) -> MonitorResult:
    """The text wherever a scenario, a file or a name may bring one."""
    base = case("approaching")
    return replace(
        base,
        decision=base.decision.model_copy(update={"scenario": {**base.decision.scenario, "title": text}}),
        decision_file=text,
        notes=(text,),
        months=tuple(replace(month, why_partial=text if month.why_partial else None) for month in base.months),
    )


@pytest.mark.parametrize(
    ("memo", "link"),
    [
        ("photos.memo.html", "./photos.memo.html"),
        ("../decisions/a b#c?.memo.md", "./../decisions/a%20b%23c%3F.memo.md"),
        ("javascript:alert(1)", "./javascript%3Aalert%281%29"),
        ("//example.com/x", ".///example.com/x"),
        ('"><script>', "./%22%3E%3Cscript%3E"),
        ("caf\udce9.memo.md", "./caf%E9.memo.md"),
    ],
)
def test_the_memo_is_linked_beside_the_page_whatever_it_is_called(memo: str, link: str) -> None:
    assert re.findall(r'<a href="([^"]*)"', dashboard_html(case("below"), memo)) == [link]
    assert "<a " not in dashboard_html(case("below"), None)


def test_ranges_are_drawn_and_bands_shaded() -> None:
    exact, ranged = case("crossed-and-stable"), case("approaching")
    for watched, bands in ((exact, 0), (ranged, 1)):
        chart = volume_chart(watched)
        assert chart is not None
        assert len(re.findall('fill="var\\(--chart-own[^>]*opacity', chart.svg)) == bands
    dearer = replace(exact, paid_price=Span(Fraction("0.044"), Fraction("0.045"), Fraction("0.046")))
    assert "list price" in charts_of(dearer)[0].svg
    assert "list price" not in charts_of(exact)[0].svg


PROGRAM = """
import sys
from advisor.monitor.model import result_json
from advisor.monitor.dashboard import dashboard_html
from advisor.monitor.text_report import summary_text
from tests.monitor.watched_examples import case
for name in ("crossed-and-stable", "approaching"):
    for text in (dashboard_html(case(name), "m.html"), summary_text(case(name), 80), result_json(case(name))):
        sys.stdout.buffer.write(text.encode())
"""


def test_every_run_writes_the_same_bytes() -> None:
    settings = [
        {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "UTC"},
        {"PYTHONHASHSEED": "2", "LC_ALL": "de_DE.UTF-8", "TZ": "Pacific/Auckland", "SOURCE_DATE_EPOCH": "1"},
    ]
    written = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, **more, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
        ).stdout
        for more in settings
    }
    assert len(written) == 1
    assert written.pop().count(b"<svg") == 2 * 5
