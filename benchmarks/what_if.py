"""How long a moved slider of the what-if panel takes to show its answer, in Chromium against `advisor serve`.

The time is from the input event to the changed text in the page. Needs playwright, and a Chromium at
``/usr/bin/chromium`` or as named by ``CHROMIUM``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.parse import urlencode

from advisor.domain.scenario_io import read_scenario
from advisor.interview.state import InterviewState

MOVES = 100
DATE = "2026-11-27"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
EXAMPLES = Path(__file__).parents[1] / "examples"
SCENARIOS = (
    *("exercise-38-3-2", "gpus-kept-on", "startup-a-year-on", "partial-settled"),
    *("catalogue/qwen-image", "catalogue/gpus-always-on", "catalogue/no-checkpoint-named"),
)
_MOVE = """async ([field, moves]) => {
  const slider = document.querySelector(`[data-for="${field}"]`), shown = document.getElementById("tried");
  const taken = [];
  for (let move = 0; move < moves; move++) {
    const changed = new Promise((resolve) => {
      const watching = new MutationObserver(() => { watching.disconnect(); resolve(performance.now()); });
      watching.observe(shown, { childList: true });
    });
    slider.value = 250 + 5 * move;
    const started = performance.now();
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    taken.push((await changed) - started);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return taken;
}"""


@contextmanager
def served() -> Iterator[str]:
    """The address of a server in a process of its own."""
    command = [sys.executable, "-m", "advisor", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        found = re.search(r"http://\S+/", server.stderr.readline())
        assert found
        try:
            yield found[0].rstrip("/")
        finally:
            server.terminate()


def moves(page: Any, address: str, name: str) -> tuple[list[float], int]:
    """Milliseconds of each move of the first slider, and the bytes of the page without its charts."""
    scenario = read_scenario(str(EXAMPLES / f"{name}.scenario.yaml"))
    state = InterviewState().with_answers(scenario.model_dump(exclude_none=True))
    page.goto(f"{address}/decision?{urlencode({**state.to_mapping(), 'date': DATE})}")
    own = re.sub(r"<svg .*?</svg>", "", page.content(), flags=re.DOTALL)
    field = page.locator("input[type=range]").first.get_attribute("data-for")
    page.evaluate(_MOVE, [field, 5])
    return page.evaluate(_MOVE, [field, MOVES]), len(own.encode())


def main() -> None:
    """Prints the median and the 95th percentile of each scenario, and the weight of its page."""
    from playwright.sync_api import sync_playwright

    print(f"{MOVES} moves each; the page without charts, and not counting its style sheet and script")
    with served() as address, sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        for name in SCENARIOS:
            taken, weight = moves(page, address, name)
            p50, p95 = (quantiles(taken, n=20)[at] for at in (9, 18))
            print(f"{name:32} p50 {p50:5.1f} ms   p95 {p95:5.1f} ms   page {weight / 1000:.0f} kB")
        browser.close()


if __name__ == "__main__":
    main()
