"""Decisions, memos and rulebooks for the tests of this folder."""

from __future__ import annotations

import datetime
import shutil
from functools import cache
from pathlib import Path

from advisor.common.files import bundled
from advisor.decision.decide import decide
from advisor.domain.record import Decision
from advisor.domain.scenario_io import read_scenario
from advisor.report.html import memo_html
from advisor.report.templates import memo_markdown
from advisor.rulebook.loader import bundled_rulebook

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
DATE = datetime.date(2026, 11, 22)
NAMES = tuple(sorted(path.name.removesuffix(".scenario.yaml") for path in EXAMPLES.glob("*.scenario.yaml")))
EXERCISE = "exercise-38-3-2"

REWORDED = ("preferences.yaml", "an open model can be taken to own GPUs at any time", "an open model can be moved")
TURNED_ROUND = (
    "preferences.yaml",
    "  prefer: open_weight_api\n  over: closed_api\n  because: an open model can",
    "  prefer: closed_api\n  over: open_weight_api\n  because: an open model can",
)
QUEUES_FORBIDDEN = ("gates/latency.yaml", "latency: predictable", "latency: tolerant")
"""Changes of the bundled rules: the first changes no outcome, the second none of the rules that fire."""


@cache
def decision_of(name: str) -> Decision:
    """The decision of an example."""
    return decide(read_scenario(str(EXAMPLES / f"{name}.scenario.yaml")), bundled_rulebook(), decided_on=DATE)


@cache
def memo_of(name: str) -> str:
    """The memo of an example in Markdown."""
    return memo_markdown(decision_of(name))


@cache
def page_of(name: str) -> str:
    """The memo of an example in HTML."""
    return memo_html(decision_of(name))


def rules_with(folder: Path, change: tuple[str, str, str]) -> str:
    """A folder with a copy of the bundled rules in which one text is replaced."""
    file, old, new = change
    rules = folder / "changed-rules"
    shutil.copytree(bundled("rules"), rules)
    text = (rules / file).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (rules / file).write_text(text.replace(old, new), encoding="utf-8")
    return str(rules)
