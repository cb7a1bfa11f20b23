"""The page of a portfolio in Chromium: whole without script, by keyboard, on a phone, in the dark and on paper."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.test_monitor_browser import WIDTHS, assert_accessible, opened
from tests.web.test_portfolio import TINY

pytestmark = pytest.mark.pages


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_example_its_plan_and_an_error(browser: Any, server: str, width: int, scheme: str) -> None:
    with opened(browser, width, color_scheme=scheme) as page:
        page.goto(f"{server}/portfolio")
        assert_accessible(page)
        page.get_by_role("link", name="Load an example").click()
        page.wait_for_url("**/portfolio/example")
        assert_accessible(page)
        with page.expect_navigation():
            page.get_by_role("button", name="Plan it").click()
        page.get_by_role("heading", level=1, name="own GPUs for 3 of 5 workloads").wait_for()
        assert_accessible(page)
        text = page.get_by_label("The portfolio")
        text.fill(text.input_value().replace("frontier_only", "frontier"))
        with page.expect_navigation():
            page.get_by_role("button", name="Plan it").click()
        page.get_by_role("link", name="for workload").click()
        assert page.evaluate("document.activeElement.id") == "text"
        assert_accessible(page)


def test_without_script_and_by_keyboard(browser: Any, server: str) -> None:
    with opened(browser, java_script_enabled=False) as page:
        page.goto(f"{server}/portfolio")
        page.get_by_label("The portfolio").fill(TINY)
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.get_by_role("heading", level=1, name="Rent the only workload").wait_for()
        with page.expect_download() as saved:
            page.get_by_role("button", name="Save the record").click()
        assert saved.value.suggested_filename.endswith(".portfolio.json")


def test_on_paper_the_form_is_left_out(browser: Any, server: str) -> None:
    with opened(browser) as page:
        page.goto(f"{server}/portfolio")
        page.get_by_label("The portfolio").fill(TINY)
        with page.expect_navigation():
            page.get_by_role("button", name="Plan it").click()
        page.emulate_media(media="print")
        assert not page.get_by_label("The portfolio").is_visible()
        assert page.get_by_role("heading", level=1).is_visible()
