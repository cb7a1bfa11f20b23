"""The monitor and the catalogue in Chromium: whole with and without script, by keyboard, on a phone, in the dark."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from advisor.web import monitor_pages
from tests.monitor.field_cases import TINY
from tests.web.test_monitor import DAY, SAMPLES

WIDTHS = (1280, 390)
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
BILL, SCENARIO = (monitor_pages._EXAMPLES / name for name in monitor_pages._EXAMPLE)

pytestmark = pytest.mark.pages


@contextmanager
def opened(browser: Any, width: int = 1280, **settings: Any) -> Iterator[Any]:
    """A page of its own; nothing may be said on its console, and nothing asked of another host."""
    context = browser.new_context(viewport={"width": width, "height": 800}, **settings)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: said.append(request.url) if "//127.0.0.1:" not in request.url else None)
    page.set_default_timeout(20_000)
    yield page
    context.close()
    assert [text for text in said if "status of 422" not in text and text != "data:,"] == []


def assert_accessible(page: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate(WIDER) <= 0


def upload(page: Any, server: str, *usage: Path, decision: Path | dict[str, Any] = SCENARIO) -> None:
    page.goto(f"{server}/monitor?date={DAY}")
    page.get_by_label("Usage files").set_input_files(list(usage))
    page.get_by_label("Decision").set_input_files(decision)
    with page.expect_navigation():
        page.get_by_role("button", name="Show the dashboard").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_form_its_errors_and_the_dashboard(browser: Any, server: str, width: int, scheme: str) -> None:
    with opened(browser, width, color_scheme=scheme) as page:
        page.goto(f"{server}/monitor")
        page.locator("summary").click()
        assert_accessible(page)
        page.get_by_label("The days for which the files are complete").fill("august")
        page.get_by_label("Usage files").set_input_files(BILL)
        page.get_by_label("Decision").set_input_files(SCENARIO)
        page.get_by_role("button", name="Show the dashboard").click()
        page.get_by_role("link", name="not a range of days").click()
        assert page.evaluate("document.activeElement.id") == "covers"
        assert page.get_by_label("The days for which the files are complete").input_value() == "august"
        assert_accessible(page)
        upload(page, server, BILL)
        assert "The answer has changed" in page.inner_text("h1, main")
        assert_accessible(page)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_every_sample_is_read_or_refused_in_words(browser: Any, server: str, sample: Path) -> None:
    with opened(browser, 390) as page:
        upload(page, server, sample, decision={"name": "tiny.yaml", "mimeType": "text/yaml", "buffer": TINY.encode()})
        shown = page.inner_text("main")
        assert shown.startswith(("Monitor, ", "There is a problem"))
        assert sample.name in shown
        assert_accessible(page)


def test_by_keyboard_and_without_script(browser: Any, server: str) -> None:
    with opened(browser, java_script_enabled=False) as page:
        page.goto(f"{server}/")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.goto(f"{server}/monitor?date={DAY}")
        page.get_by_label("Usage files").set_input_files(BILL)
        page.get_by_label("Decision").set_input_files(SCENARIO)
        page.get_by_role("button", name="Show the dashboard").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("text=The answer has changed")


def test_the_example(browser: Any, server: str) -> None:
    with opened(browser, 390) as page:
        page.goto(f"{server}/monitor")
        page.get_by_role("link", name="See an example").click()
        page.wait_for_selector("h1:has-text('The answer has changed')")
        page.go_back()
        page.get_by_role("button", name="Show the dashboard").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_catalogue(browser: Any, server: str, width: int, scheme: str) -> None:
    with opened(browser, width, color_scheme=scheme) as page:
        page.goto(f"{server}/catalogue?date=2030-01-01")
        assert page.locator("tbody tr").count() > 150
        page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
        assert_accessible(page)
        page.get_by_label("Route").select_option(label="closed API")
        page.get_by_label("Text").fill("gemini")
        with page.expect_navigation():
            page.get_by_label("Text").press("Enter")
        assert "date=2030-01-01" in page.url
        assert 0 < page.locator("tbody tr").count() < 40
        assert_accessible(page)
        cut = "[...document.querySelectorAll('.table')].filter(part => part.scrollWidth > part.clientWidth).length"
        assert page.evaluate(cut) == 0
        with page.expect_navigation():
            page.get_by_role("link", name="Show all").click()
        assert page.locator("tbody tr").count() > 150
