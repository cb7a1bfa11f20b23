"""The interview in Chromium: whole, with and without JavaScript, by keyboard alone, back and forward, on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.web.conftest import DATE

pytestmark = pytest.mark.pages
ANSWERS = {
    "unit": "image",
    "indemnity_required": "false",
    "quality": "open_suffices",
    "residency": "anywhere",
    "output_use": "commercial",
    "train_on_outputs": "false",
    "control": "adapters",
    "latency": "tolerant",
    "own_prices": "true",
    "monthly_images": "50k",
    "open_price": "1900/45000",
}
WIDTHS = {"phone": 390, "desk": 1280}


@contextmanager
def opened(browser: Any, width: str = "desk", **options: Any) -> Iterator[Any]:
    """A page whose console and failed requests must stay empty."""
    context = browser.new_context(viewport={"width": WIDTHS[width], "height": 800}, **options)
    page = context.new_page()
    page.set_default_timeout(10_000)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("response", lambda response: said.append(response.url) if response.status >= 500 else None)
    yield page
    context.close()
    # A page of an answer that cannot be used has the status 422, which the browser reports.
    assert [text for text in said if "422" not in text] == []


def follow(page: Any, selector: str) -> None:
    """Clicks on what leads to a new page, and waits for it."""
    with page.expect_navigation():
        page.click(selector)


def assert_sound(page: Any, *, axe: bool = True) -> None:
    """Nothing scrolls sideways, one heading of the first level, and axe objects to nothing."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, page.url
    assert page.locator("h1").count() == 1
    if axe:
        runner = pytest.importorskip(
            "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
        )
        found = runner.Axe().run(page)
        assert not found.violations_count, f"{page.url}\n{found.generate_report()}"


def answer(page: Any) -> None:
    """Answers the question of the page as ANSWERS say, else *don't know*, and goes on."""
    asked = page.locator("input[name=asked]").get_attribute("value")
    if page.locator(f"input[type=radio][name='{asked}']").count():
        unknown = page.locator(f"input[type=radio][name='{asked}'][value=unknown]").count()
        wanted = ANSWERS.get(asked, "unknown" if unknown else "false")
        page.check(f"input[name='{asked}'][value='{wanted}']")
        follow(page, "text=Continue")
    elif asked in ANSWERS:
        page.fill(f"input[name='{asked}']", ANSWERS[asked])
        follow(page, "text=Continue")
    else:
        follow(page, "button[value=unknown]")


@pytest.mark.parametrize(
    ("scripts", "width", "scheme"),
    [(True, "phone", "dark"), (True, "desk", "light"), (False, "phone", "light"), (False, "desk", "dark")],
)
def test_a_whole_interview(server: str, browser: Any, scripts: bool, width: str, scheme: str) -> None:
    with opened(browser, width, java_script_enabled=scripts, color_scheme=scheme) as page:
        page.goto(server)
        assert_sound(page, axe=scripts)
        follow(page, "text=Start")
        for _ in range(40):
            if "/check" in page.url:
                break
            assert_sound(page, axe=scripts)
            answer(page)
        assert "/check?" in page.url
        assert_sound(page, axe=scripts)
        assert page.locator("dl.answers >> text=$0.042222").count() == 1
        follow(page, "dd.change a[href*='change=control']")
        assert page.is_checked("input[type=radio][value=adapters]")
        page.check("input[type=radio][value=pinned_version]")
        follow(page, "text=Continue")
        assert "/check?" in page.url
        assert "control=pinned_version" in page.url
        assert page.input_value("#address") == page.url.partition("&noted")[0]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_worksheet_and_its_faults(server: str, browser: Any, width: str, scheme: str) -> None:
    with opened(browser, width, color_scheme=scheme) as page:
        page.goto(f"{server}/question?unit=image&date={DATE}&change=images_per_gpu_hour")
        follow(page, "text=Work it out")
        seconds = page.locator("[id='images_per_gpu_hour.seconds']")
        assert not seconds.is_visible()
        page.click("label:has-text('seconds for one image')")
        assert seconds.is_visible()
        follow(page, "button:has-text('Work it out')")
        assert_sound(page)
        assert page.evaluate("document.activeElement.className") == "faults"
        page.click(".faults a")
        assert page.evaluate("document.activeElement.id") == "images_per_gpu_hour.seconds"
        page.keyboard.type("6")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert "= 600 images per GPU-hour" in page.inner_text(".noted")
        assert_sound(page)
        page.goto(f"{server}/question?asked=monthly_images&monthly_images=many")
        assert_sound(page)


def test_by_keyboard_alone_back_and_forward(server: str, browser: Any) -> None:
    with opened(browser) as page:
        page.goto(server)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        _tab_to(page, "a.button")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        asked = []
        for _ in range(5):
            asked.append(page.locator("input[name=asked]").get_attribute("value"))
            _tab_to(page, "input[type=radio]")
            page.keyboard.press("Space")
            with page.expect_navigation():
                page.keyboard.press("Enter")
        for name in reversed(asked):
            page.go_back()
            assert page.locator("input[name=asked]").get_attribute("value") == name
        page.go_forward()
        assert page.locator("input[name=asked]").get_attribute("value") == asked[1]
        follow(page, "text=Back")
        assert page.locator("input[name=asked]").get_attribute("value") == asked[0]
        assert page.locator("input[type=radio]:checked").count() == 1


def _tab_to(page: Any, selector: str) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


def test_a_link_goes_on_in_a_fresh_browser(server: str, browser: Any) -> None:
    with opened(browser) as page:
        page.goto(f"{server}/question?unit=image&title=A+%26+B+%3Cscript%3E&date={DATE}")
        answer(page)
        link, heading = page.url, page.inner_text("h1")
    with opened(browser, "phone") as page:
        page.goto(server)
        page.fill("#link", link)
        follow(page, "form[method=get] button")
        assert page.inner_text("h1") == heading
        assert page.url == link


def test_a_file_leads_to_the_answers(server: str, browser: Any) -> None:
    with opened(browser, "phone") as page:
        page.goto(server)
        for text, faulty in ((b"residency: everywhere", True), (b"residency: on_premises\ntitle: Ward", False)):
            page.set_input_files("#scenario", {"name": "a.yaml", "mimeType": "text/yaml", "buffer": text})
            follow(page, "text=Read it")
            assert_sound(page)
            assert (page.locator(".faults").count() == 1) == faulty
        assert "residency=on_premises" in page.url


def test_paper_has_the_answers_and_no_controls(server: str, browser: Any) -> None:
    with opened(browser, color_scheme="dark") as page:
        page.goto(f"{server}/check?unit=image&residency=on_premises")
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert not page.is_visible("dd.change")
        assert page.is_visible("dl.answers dt")
