"""The links of scenarios, and what a page of a decision shows, as text."""

from __future__ import annotations

import html
import json
import re
from typing import Any
from urllib.parse import urlencode

from advisor.domain.record import Decision
from advisor.domain.record_parts import Status
from advisor.domain.scenario import Scenario
from advisor.interview.state import InterviewState
from tests.web.conftest import DATE

OUTCOMES = {
    "self_host": "own GPUs with open weights",
    "open_weight_api": "an open-weight inference API",
    "closed_api": "a closed flagship API",
    Status.INFEASIBLE: "no option satisfies every answer",
    Status.OPEN: "it depends on unanswered questions",
}


def link(scenario: Scenario, **more: Any) -> str:
    """The query of a scenario's answers on the day of the tests; ``more`` are tried values by field."""
    state = InterviewState().with_answers(scenario.model_dump(exclude_none=True))
    tried = {f"if.{name}": str(value) for name, value in more.items()}
    return urlencode({**state.to_mapping(), "date": DATE, **tried})


def outcome_of(decision: Decision) -> str:
    """The outcome as the panel names it."""
    return OUTCOMES[decision.route or decision.status]


def shown_by(script: str) -> dict[str, str]:
    """The parts that a script of the panel shows."""
    found = re.fullmatch(r"whatIf\.show\(\.\.\.(.*)\);\n", script)
    assert found
    parts: dict[str, str] = json.loads(found[1])[0]
    return parts


def verdict(page: str) -> str:
    """The outcome in the panel."""
    found = re.search(r'<p class="verdict">[^<]*<strong>([^<]*)</strong>', page)
    assert found, page
    return html.unescape(found[1])


def box(page: str) -> str:
    """The text of the box, without its links to rules, which the memo alone has."""
    found = re.search(r'<section class="box" aria-label="In short">(.*?)</section>', page, re.DOTALL)
    assert found
    return text(found[1])


def tables(page: str, of: str) -> list[str]:
    """The rows of the claims whose ids start so, as text."""
    return [text(row) for row in re.findall(rf'<tr id="claim-{of}\.[^"]*".*?</tr>', page, re.DOTALL)]


def text(markup: str) -> str:
    """The text of some HTML."""
    without_rules = re.sub(r' <a href="#rule-[^"]*">[^<`]*</a>', "", markup)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", without_rules)).strip()
