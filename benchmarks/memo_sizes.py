"""Words and printed pages of the memo of every example: `python -m benchmarks.memo_sizes`.

Words are those of the Markdown without its front matter, before the appendix (`## More Information`) and in all; pages
are A4, as Chromium prints the HTML.
"""

from __future__ import annotations

import datetime
import re
from pathlib import Path

from playwright.sync_api import sync_playwright

from advisor.decision.decide import decide
from advisor.domain.scenario_io import read_scenario
from advisor.report.html import memo_html
from advisor.report.templates import memo_markdown
from advisor.rulebook.loader import bundled_rulebook

EXAMPLES = Path(__file__).parents[1] / "examples"
DAY = datetime.date(2026, 11, 22)
APPENDIX = "\n## More Information\n"
_PAGE = re.compile(rb"/Type\s*/Page\b(?!s)")


def words(text: str) -> int:
    """The words of a Markdown text: what is between white space and has a letter or a digit."""
    return sum(any(map(str.isalnum, word)) for word in text.split())


def main() -> None:
    """Prints one line for each example."""
    rulebook = bundled_rulebook()
    print(f"{'example':<24}{'words before the appendix':>26}{'words':>8}{'pages':>7}")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        for path in sorted(EXAMPLES.glob("*.scenario.yaml")):
            decision = decide(read_scenario(str(path)), rulebook, decided_on=DAY)
            memo = memo_markdown(decision).split("\n---\n", 1)[1]
            page.set_content(memo_html(decision))
            pages = len(_PAGE.findall(page.pdf(format="A4", prefer_css_page_size=True)))
            name = path.name.removesuffix(".scenario.yaml")
            print(f"{name:<24}{words(memo.partition(APPENDIX)[0]):>26}{words(memo):>8}{pages:>7}")
        browser.close()


if __name__ == "__main__":
    main()
