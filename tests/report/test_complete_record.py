"""A memo is a function of the record: nothing is decided, evaluated or asked of a rulebook for it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from advisor.cli.main import run
from advisor.decision.assessment import Assessment
from advisor.decision.record_builder import record_of
from advisor.domain.record import parse_record
from advisor.evaluation.durable_rules_backend import EngineReading
from advisor.report.html import memo_html
from advisor.report.templates import memo_markdown, summary
from advisor.report.text import memo_text
from tests.helpers.strategies import EXERCISE, examples, partial_answers
from tests.report.drawn import EXAMPLES, decided

SCENARIO = str(EXAMPLES / "exercise-38-3-2.scenario.yaml")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a record was built, a scenario assessed with the engine, and the engine asked."""
    counted = Counter[str]()
    assessed = Assessment.__init__

    def counting_record(*arguments: Any) -> Any:
        counted["record"] += 1
        return record_of(*arguments)

    def counting_assessment(self: Any, scenario: Any, rulebook: Any, matcher: Any) -> None:
        counted["assessed"] += isinstance(matcher, EngineReading)
        assessed(self, scenario, rulebook, matcher)

    monkeypatch.setattr("advisor.decision.decide.record_of", counting_record)
    monkeypatch.setattr(Assessment, "__init__", counting_assessment)
    for name in ("gates", "preferences", "advice"):
        asked = getattr(EngineReading, name)

        def counting(self: Any, facts: Any, name: str = name, asked: Any = asked) -> Any:
            counted[name] += 1
            return asked(self, facts)

        monkeypatch.setattr(EngineReading, name, counting)
    return counted


@pytest.mark.parametrize(
    "more",
    [["--out", "DIR"], ["--json"], ["--format", "html"], ["--format", "txt"], ["--out", "DIR", "--format", "html"]],
)
def test_a_command_decides_once(more: list[str], calls: Counter[str], tmp_path: Path) -> None:
    assert run(["decide", SCENARIO, *(word.replace("DIR", str(tmp_path)) for word in more)]) == 0
    assert calls == dict.fromkeys(("record", "assessed", "gates", "preferences", "advice"), 1)


def test_nothing_is_evaluated_for_a_memo(calls: Counter[str], monkeypatch: pytest.MonkeyPatch) -> None:
    decision = parse_record(decided(EXERCISE).to_json(), "a record")
    calls.clear()
    monkeypatch.setattr("advisor.evaluation.resolution.judge", None)
    monkeypatch.setattr("advisor.scenario_space.completions.Completions.outcomes", None)
    for render in (memo_markdown, memo_html, memo_text, summary):
        assert render(decision)
    assert not calls


@given(partial_answers())
@examples(15)
def test_a_record_that_was_read_gives_the_same_memo(answers: tuple[dict[str, Any], dict[str, Any]]) -> None:
    decision = decided(answers[0])
    read = parse_record(decision.to_json(), "a record")
    assert read == decision
    for render in (memo_markdown, summary):
        assert render(read) == render(decision)
