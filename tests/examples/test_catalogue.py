"""The examples that the bundled catalogue has the prices of: outcomes, memos and explanations to the byte.

`pytest --snapshot-update tests/examples` records the texts; read the difference before it lands.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from advisor.catalogue.loader import bundled_catalogue
from advisor.cli.deciding import EXIT_CODES
from advisor.common import yaml_loader as strict_yaml
from advisor.common.files import read_text
from advisor.decision.competition import competing
from advisor.decision.decide import decide
from advisor.domain.record import Decision
from advisor.domain.record_parts import Status
from advisor.domain.scenario import Scenario
from advisor.domain.scenario_io import read_scenario
from advisor.evaluation.facts import answer_facts
from advisor.explanation.sufficient_reasons import sufficient_reasons
from advisor.report.explanation import explanation_text
from advisor.report.templates import memo_markdown
from advisor.rulebook.loader import bundled_rulebook
from advisor.scenario_space.completions import completions_of
from tests.examples.test_examples import DATE, EXAMPLES

FOLDER = EXAMPLES / "catalogue"
DAY = datetime.date.fromisoformat(DATE)
EXPECTED: dict[str, dict[str, Any]] = strict_yaml.load(read_text(str(FOLDER / "expected.yaml")), "expected.yaml")
NAMES = sorted(EXPECTED)


def scenario_of(name: str) -> Scenario:
    return read_scenario(str(FOLDER / f"{name}.scenario.yaml"))


@cache
def decided(name: str) -> Decision:
    return decide(scenario_of(name), catalogue=bundled_catalogue(), decided_on=DAY)


def test_every_example_has_its_outcome_and_its_line_in_the_table() -> None:
    scenarios = {path.name.removesuffix(".scenario.yaml") for path in FOLDER.glob("*.scenario.yaml")}
    table = set(re.findall(r"^\| \[`([a-z0-9-]+)`\]", (FOLDER / "README.md").read_text(), re.MULTILINE))
    assert scenarios == set(EXPECTED) == table


@pytest.mark.parametrize("name", NAMES)
def test_an_example_has_the_expected_outcome_and_offer(name: str) -> None:
    decision = decided(name)
    chosen = [one.offer for one in decision.shortlist if one.status == "chosen" and one.route is decision.route]
    found = {
        **{field: getattr(decision, field) for field in ("status", "route", "deciding_axis", "deciding_axes")},
        "settled": decision.settled,
        "offer": chosen[0] if chosen else None,
        "exit_code": EXIT_CODES[decision.status],
    }
    assert found == EXPECTED[name]


@pytest.mark.parametrize("name", NAMES)
def test_the_memo_of_an_example_is_the_golden_one(name: str, golden: Callable[[str], SnapshotAssertion]) -> None:
    assert memo_markdown(decided(name)) == golden(f"catalogue-{name}.memo.md")


@pytest.mark.parametrize("name", NAMES)
def test_the_explanation_of_an_example_is_the_golden_one(name: str, golden: Callable[[str], SnapshotAssertion]) -> None:
    scenario, decision = scenario_of(name), decided(name)
    rulebook = competing(bundled_rulebook(), bundled_catalogue(), scenario, DAY)
    sufficient = None
    if decision.status is not Status.OPEN:
        sufficient = sufficient_reasons(completions_of(rulebook), answer_facts(scenario), decision.route)
    assert explanation_text(decision, sufficient) == golden(f"catalogue-{name}.explain.txt")
