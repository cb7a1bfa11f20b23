"""Takes the pictures of the web page in docs/pictures/ in Chromium (run by `make docs`)."""

from __future__ import annotations

import threading
from pathlib import Path
from urllib.parse import urlencode

import uvicorn
from playwright.sync_api import sync_playwright

from advisor.catalogue.loader import bundled_catalogue
from advisor.domain.scenario_io import read_scenario
from advisor.rulebook.loader import bundled_rulebook
from advisor.web.server import listening, make_app
from advisor.web.site import Site

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
CHROMIUM = "/usr/bin/chromium"
EXAMPLE = ROOT / "examples" / "exercise-38-3-2.scenario.yaml"
PRESSED = {"web-portfolio": "Plan it"}
"""The buttons that are pressed before the picture."""
WIDTH, PHONE, HEIGHT = 1000, 390, 900


def addresses() -> dict[str, tuple[str, int]]:
    """For each picture the address of its page, and how wide the window is."""
    answers = read_scenario(str(EXAMPLE)).answers()
    texts = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in answers.items()}
    query = urlencode({**texts, "date": "2026-11-22"})
    few = urlencode({"unit": "image", "residency": "anywhere", "date": "2026-11-22"})
    return {
        "web-start": ("/", WIDTH),
        "web-question": (f"/question?{few}", WIDTH),
        "web-check": (f"/check?{query}", WIDTH),
        "web-decision": (f"/decision?{query}", WIDTH),
        "web-decision-phone": (f"/decision?{query}", PHONE),
        "web-catalogue": ("/catalogue?date=2026-11-22", WIDTH),
        "web-monitor": ("/monitor", WIDTH),
        "web-portfolio": ("/portfolio/example?date=2026-11-22", WIDTH),
        "web-dashboard": ("/monitor/example", WIDTH),
    }


def main() -> None:
    """Writes one PNG for each page."""
    bound = listening("127.0.0.1", 0)
    server = uvicorn.Server(
        uvicorn.Config(make_app(Site(bundled_rulebook(), bundled_catalogue()), ()), log_level="warning")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, (path, width) in addresses().items():
            window = browser.new_page(viewport={"width": width, "height": HEIGHT})
            answer = window.goto(f"http://127.0.0.1:{bound.getsockname()[1]}{path}")
            if name in PRESSED:
                with window.expect_navigation() as pressed:
                    window.get_by_role("button", name=PRESSED[name]).click()
                answer = pressed.value
            if answer is None or not answer.ok:
                raise SystemExit(f"no picture of {path}")
            window.screenshot(path=PICTURES / f"{name}.png")
            window.close()
        browser.close()
    server.should_exit = True
    thread.join(timeout=10)
    bound.close()


if __name__ == "__main__":
    main()
