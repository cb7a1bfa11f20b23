"""The cases beside the rules: all hold, and every rule is the subject of one in which it fires."""

from __future__ import annotations

import datetime
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from advisor.decision import decide
from advisor.files import bundled
from advisor.maintenance.cases import failures
from advisor.rulebook.load import bundled_rulebook, load_rulebook
from advisor.rulebook.model import Case, Rulebook
from advisor.scenario import validated

RULEBOOK = bundled_rulebook()
Change = tuple[str, str, str]

OPEN_OUT: list[Change] = [
    ("any-open-weight-provider", "training_on_outputs", "no"),
    ("any-closed-flagship", "training_on_outputs", "yes"),
]
UNREACHED: dict[str, tuple[list[Change], dict[str, Any], str]] = {
    "best-of-the-hosted": (
        [("any-open-weight-provider", "output_indemnity", "yes")],
        {"indemnity_required": True, "quality": "best_preferred"},
        "closed_api",
    ),
    "own-above-closed-crossover": (OPEN_OUT, {"train_on_outputs": True, "monthly_images": 52_632}, "self_host"),
    "rent-closed-while-unsettled": (OPEN_OUT, {"train_on_outputs": True, "monthly_images_high": 52_632}, "closed_api"),
}
"""Rules that no scenario reaches with the generic offers: other traits, and the answers, that reach them.

Offers of one's own may have such traits, so the rules stay, each with a case in which it does not decide.
"""


def fired(rulebook: Rulebook, answers: dict[str, Any]) -> tuple[set[str], str | None]:
    """The rules in the trace, and the route."""
    decision = decide(validated(answers, "a case"), rulebook, decided_on=datetime.date(2026, 1, 1))
    return {step.rule for step in decision.trace}, decision.route


def trace_of(case: Case) -> set[str]:
    return fired(RULEBOOK, dict(case.scenario))[0]


def test_every_case_holds() -> None:
    assert RULEBOOK.cases
    assert [str(problem) for problem in failures(RULEBOOK)] == []


def test_every_rule_is_the_subject_of_a_case() -> None:
    assert {rule for case in RULEBOOK.cases for rule in case.about} == set(RULEBOOK.rules)


def test_every_rule_fires_in_a_case_about_it() -> None:
    fires = {rule for case in RULEBOOK.cases for rule in case.about if rule in case.rules}
    assert set(RULEBOOK.rules) - fires == set(UNREACHED)


def test_every_rule_has_a_neighbouring_case_in_which_it_does_not_fire() -> None:
    silent = {rule for case in RULEBOOK.cases for rule in set(case.about) - trace_of(case)}
    assert silent == set(RULEBOOK.rules)


@pytest.mark.parametrize("rule", UNREACHED)
def test_a_rule_that_the_generic_offers_never_reach_fires_with_others(rule: str, tmp_path: Path) -> None:
    changes, answers, route = UNREACHED[rule]
    base = next(dict(case.scenario) for case in RULEBOOK.cases if case.id == "renting-is-cheaper")
    folder = shutil.copytree(bundled("rules"), tmp_path / "rules", ignore=shutil.ignore_patterns("cases"))
    routes = folder / "routes.yaml"
    text = routes.read_text()
    for offer, trait, value in changes:
        text, count = re.subn(rf"(- id: {offer}\n(?:(?!  - id).*\n)*?\s+{trait}:) \w+", rf"\1 {value}", text)
        assert count == 1
    routes.write_text(text)
    rules, found = fired(load_rulebook(folder), {**base, **answers})
    assert rule in rules
    assert found == route
