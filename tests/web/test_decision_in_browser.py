"""The page of a decision in Chromium, under its policy: sliders with a script, a form without, at every size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from advisor.domain.scenario_io import read_scenario
from tests.helpers.strategies import EXERCISE, scenario
from tests.web.links import link
from tests.web.test_decision import FILES

pytestmark = pytest.mark.pages

WATCH = "addEventListener('securitypolicyviolation', e => console.error(e.violatedDirective + e.blockedURI))"
QUERY = link(scenario(EXERCISE))


@contextmanager
def opened(browser: Any, address: str, width: int = 1280, **settings: Any) -> Iterator[Any]:
    """A page that must say nothing on the console and report nothing against the policy."""
    context = browser.new_context(viewport={"width": width, "height": 800}, **settings)
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.add_init_script(WATCH)
    page.goto(address)
    yield page
    assert said == []
    context.close()


def faults(page: Any) -> str:
    """What axe objects to; empty when it objects to nothing."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    found = axe.Axe().run(page)
    return str(found.generate_report()) if found.violations_count else ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["exercise-38-3-2", "gpus-always-on", "figures-unknown", "conflict"])
def test_the_page_fits_and_axe_objects_to_nothing(
    name: str, width: int, scheme: str, server: str, browser: Any
) -> None:
    query = link(read_scenario(str(FILES[name])))
    with opened(browser, f"{server}/decision?{query}", width, color_scheme=scheme) as page:
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        assert faults(page) == ""


def test_a_slider_shows_the_flip_and_the_way_back(server: str, browser: Any) -> None:
    with opened(browser, f"{server}/decision?{QUERY}") as page:
        slider = page.locator("[data-for='if.monthly_images']")
        start = slider.input_value()
        slider.focus()
        for _ in range(60):
            page.keyboard.press("ArrowRight")
        page.wait_for_selector("text=With these figures: own GPUs with open weights instead of")
        page.wait_for_function(
            "() => new URLSearchParams(location.search).get('if.monthly_images')"
            " === document.getElementById('if.monthly_images').value"
        )
        assert float(page.input_value("[id='if.monthly_images']")) > 71_428
        assert "this scenario" in page.inner_text("#charts")
        shared = page.url
        slider.evaluate(f"slider => {{ slider.value = {start}; slider.dispatchEvent(new Event('input')); }}")
        page.wait_for_selector("text=With your answers: an open-weight inference API")
        with opened(browser, shared) as fresh:
            assert "With these figures: own GPUs" in fresh.inner_text("#tried")
            fresh.click("text=Make this my answer")
            fresh.wait_for_selector("h1:text-is('Run open weights on own GPUs')")


def test_the_charts_follow_a_choice(server: str, browser: Any) -> None:
    with opened(browser, f"{server}/decision?{QUERY}") as page:
        before = page.inner_html("#charts")
        page.select_option("[id='if.quality']", "frontier_only")
        page.wait_for_selector("text=With these figures: a closed flagship API instead of")
        page.wait_for_function("before => document.getElementById('charts').innerHTML !== before", arg=before)
        page.select_option("[id='if.gpu_billing']", "always_on")
        assert page.is_visible("[id='if.peak_to_mean']")


def test_a_value_that_cannot_be_tried_is_said_at_once(server: str, browser: Any) -> None:
    with opened(browser, f"{server}/decision?{QUERY}") as page:
        page.fill("[id='if.open_price']", "free")
        page.wait_for_selector("#tried >> text=`free` is not a number")
        page.fill("[id='if.open_price']", "0.05")
        page.wait_for_selector("text=With these figures: own GPUs with open weights instead of")


@pytest.mark.parametrize("width", [1280, 390])
def test_without_a_script_the_panel_is_a_form(width: int, server: str, browser: Any) -> None:
    with opened(browser, f"{server}/decision?{QUERY}", width, java_script_enabled=False) as page:
        assert page.locator("input[type=range]:visible").count() == 0
        page.fill("[id='if.monthly_images']", "80k")
        page.click("text=Try it")
        page.wait_for_selector("text=With these figures: own GPUs with open weights")
        assert page.url.endswith("if.monthly_images=80000")
        page.click("text=Back to my answers")
        page.wait_for_selector("text=With your answers: an open-weight inference API")
        page.click(".turns >> text=71,429 images or more")
        page.wait_for_selector("text=With these figures: own GPUs")
        page.go_back()
        page.wait_for_selector("text=With your answers")


def test_paper_shows_the_decision_and_no_controls(server: str, browser: Any) -> None:
    with opened(browser, f"{server}/decision?{QUERY}", color_scheme="dark") as page:
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert not page.is_visible("form")
        assert page.is_visible(".box")
        assert page.locator("#charts svg:visible").count() == 2
