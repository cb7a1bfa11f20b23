"""The dashboards in Chromium: nothing fetched, nothing wider than the screen, nothing axe objects to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from advisor.monitor.dashboard import charts_of, dashboard_html
from tests.monitor.test_dashboard import with_text
from tests.monitor.watched_examples import case
from tests.report.test_browser import CHROMIUM, WIDTHS, Opened, assert_fits_a_phone
from tests.report.test_memo import HOSTILE

NAMES = ("crossed-and-stable", "approaching", "not-comparable", "fell-back")

pytestmark = [
    pytest.mark.pages,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no Chromium at /usr/bin/chromium"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as running:
        launched = running.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_a_dashboard(chromium: Any, name: str, width: str, scheme: str, tmp_path: Path) -> None:
    text = dashboard_html(case(name), "photos.memo.html")
    with Opened(chromium, tmp_path, text, WIDTHS[width], color_scheme=scheme) as opened:
        assert opened.wider_than_the_screen() <= 0
        assert opened.faults() == ""
        assert (opened.said, opened.asked) == ([], [])


@pytest.mark.parametrize("name", NAMES)
def test_a_printed_dashboard_is_white_and_whole(chromium: Any, name: str, tmp_path: Path) -> None:
    text = dashboard_html(case(name), None)
    with Opened(chromium, tmp_path, text, 680, color_scheme="dark") as opened:
        opened.page.emulate_media(media="print")
        page = opened.page
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert opened.wider_than_the_screen() <= 0
        cut = "[...document.querySelectorAll('.table')].filter(part => part.scrollWidth > part.clientWidth).length"
        assert page.evaluate(cut) == 0
        hidden = "[...document.querySelectorAll('h2 + .table td, .narrow > svg')].filter(e => !e.checkVisibility())"
        assert page.evaluate(hidden) == []
        assert page.locator("details:visible, .wide:visible").count() == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_phone_shows_a_dashboard_without_scrolling_sideways(chromium: Any, name: str, tmp_path: Path) -> None:
    with Opened(chromium, tmp_path, dashboard_html(case(name), None), WIDTHS["phone"]) as opened:
        assert_fits_a_phone(opened, len(charts_of(case(name))))


def test_a_dashboard_needs_no_script(chromium: Any, tmp_path: Path) -> None:
    text = dashboard_html(case("crossed-and-stable"), None)
    with Opened(chromium, tmp_path, text, WIDTHS["phone"], java_script_enabled=False) as opened:
        assert "The answer has changed" in opened.page.inner_text("h1")
        assert opened.asked == []


@pytest.mark.parametrize("kind", ["html", "template", "long", "one long word"])
def test_free_text_neither_runs_nor_widens_the_page(chromium: Any, kind: str, tmp_path: Path) -> None:
    text = dashboard_html(with_text(HOSTILE[kind]), None)
    with Opened(chromium, tmp_path, text, WIDTHS["phone"]) as opened:
        assert opened.wider_than_the_screen() <= 0
        assert (opened.said, opened.asked) == ([], [])
        assert opened.page.locator("main b, script").count() == 0
