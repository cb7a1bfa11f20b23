"""The pages of all examples in Chromium: nothing fetched, nothing wider than the screen, nothing axe objects to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from advisor.report.html import charts_of, memo_html
from tests.examples.test_catalogue import decided as priced
from tests.report.test_memo import HOSTILE, NAMES, decided, example

CHROMIUM = Path("/usr/bin/chromium")
WIDTHS = {"desktop": 1280, "phone": 390, "small phone": 360}
MOST_PAGES, PAGES_OF_OFFERS = 5, 2
_PAGE = re.compile(rb"/Type\s*/Page\b(?!s)")

pytestmark = [
    pytest.mark.pages,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no Chromium at /usr/bin/chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as running:
        launched = running.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield launched
        launched.close()


class Opened:
    """A page in the browser, with what it asked for and what went wrong."""

    def __init__(self, browser: Any, folder: Path, text: str, width: int, **settings: Any) -> None:
        file = folder / "page.html"
        file.write_text(text, encoding="utf-8")
        self.context = browser.new_context(viewport={"width": width, "height": 800}, **settings)
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(file.as_uri())
        self.asked.remove(file.as_uri())

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def wider_than_the_screen(self) -> int:
        """By how much the page scrolls sideways, in pixels."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def faults(self) -> str:
        """What axe objects to; empty when it objects to nothing."""
        axe = pytest.importorskip(
            "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
        )
        found = axe.Axe().run(self.page)
        return str(found.generate_report()) if found.violations_count else ""


def assert_fits_a_phone(opened: Opened, charts: int) -> None:
    """No table scrolls sideways, its cards name every figure, and charts are those drawn for a phone, at full size."""
    page = opened.page
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert opened.wider_than_the_screen() <= 0
    assert page.evaluate("[...document.querySelectorAll('.table')].filter(p => p.scrollWidth > p.clientWidth)") == []
    shown = page.evaluate(
        "[...document.querySelectorAll('svg')].filter(svg => svg.checkVisibility())"
        ".map(svg => [svg.id, svg.getBoundingClientRect().width / svg.viewBox.baseVal.width])"
    )
    assert len(shown) == charts
    assert all(id.endswith("-narrow") and scale > 0.95 for id, scale in shown)
    assert page.locator("td[data-label='']").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_the_page_of_an_example(browser: Any, name: str, width: str, scheme: str, tmp_path: Path) -> None:
    text = memo_html(example(name))
    with Opened(browser, tmp_path, text, WIDTHS[width], color_scheme=scheme) as opened:
        assert opened.wider_than_the_screen() <= 0
        assert opened.faults() == ""
        assert (opened.said, opened.asked) == ([], [])


@pytest.mark.parametrize("name", NAMES)
def test_the_page_needs_no_script(browser: Any, name: str, tmp_path: Path) -> None:
    text = memo_html(example(name))
    with Opened(browser, tmp_path, text, WIDTHS["phone"], java_script_enabled=False) as opened:
        assert "Decision Outcome" in opened.page.inner_text("main")
        assert opened.asked == []


@pytest.mark.parametrize("name", NAMES)
def test_paper_is_white_and_shows_every_table_whole(browser: Any, name: str, tmp_path: Path) -> None:
    text = memo_html(example(name))
    with Opened(browser, tmp_path, text, 680, color_scheme="dark") as opened:
        opened.page.emulate_media(media="print")
        page = opened.page
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
        assert opened.wider_than_the_screen() <= 0
        cut = "[...document.querySelectorAll('.table')].filter(part => part.scrollWidth > part.clientWidth).length"
        assert page.evaluate(cut) == 0
        assert opened.faults() == ""
        page.emulate_media(media=None)
        printed = page.pdf(format="A4", prefer_css_page_size=True)
        assert len(_PAGE.findall(printed)) <= MOST_PAGES


@pytest.mark.parametrize("name", NAMES)
def test_a_phone_shows_tables_and_charts_without_scrolling_sideways(browser: Any, name: str, tmp_path: Path) -> None:
    with Opened(browser, tmp_path, memo_html(example(name)), WIDTHS["phone"]) as opened:
        assert_fits_a_phone(opened, len(charts_of(example(name))))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["flux-schnell-in-the-eu", "only-the-bill"])
def test_a_page_with_offers_fits_screen_and_paper(browser: Any, name: str, width: str, tmp_path: Path) -> None:
    with Opened(browser, tmp_path, memo_html(priced(name)), WIDTHS[width]) as opened:
        cut = "[...document.querySelectorAll('.table')].filter(part => part.scrollWidth > part.clientWidth).length"
        for media, shown in (("screen", WIDTHS[width]), ("print", 680)):
            opened.page.set_viewport_size({"width": shown, "height": 800})
            opened.page.emulate_media(media=media)
            assert opened.wider_than_the_screen() <= 0
            assert opened.page.evaluate(cut) == 0
            assert opened.faults() == ""
        printed = opened.page.pdf(format="A4", prefer_css_page_size=True)
        assert len(_PAGE.findall(printed)) <= MOST_PAGES + PAGES_OF_OFFERS


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_free_text_neither_runs_nor_widens_the_page(browser: Any, text: str, tmp_path: Path) -> None:
    answers = {**example("own-not-yet").scenario, "title": text, "region": text, "residency": "in_region"}
    with Opened(browser, tmp_path, memo_html(decided(answers)), WIDTHS["phone"]) as opened:
        assert opened.wider_than_the_screen() <= 0
        assert (opened.said, opened.asked) == ([], [])
        assert opened.page.locator("main b, script").count() == 0
