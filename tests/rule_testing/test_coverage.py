"""Coverage: every condition is shown to matter, a case taken away is missed, and planted faults do not get through."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from advisor.cli.main import run
from advisor.common.files import bundled
from advisor.rule_testing.coverage import ConditionCoverage, Coverage, coverage
from advisor.rulebook.loader import load_rulebook
from advisor.rulebook.model import Rulebook

RULEBOOK = load_rulebook()
Plant = dict[str, tuple[str, str]]
"""For a file of the rules: a text that stands there once, and the text in its place."""


@pytest.fixture(scope="module")
def whole() -> Coverage:
    """The bundled rules, whole."""
    return coverage(RULEBOOK)


def line_of(found: Coverage, rule: str, condition: str | None) -> ConditionCoverage:
    (line,) = (line for line in found.lines if (line.rule.id, line.condition) == (rule, condition))
    return line


def without(*cases: str) -> Rulebook:
    """The bundled rules without some cases."""
    kept = tuple(case for case in RULEBOOK.cases if case.id not in cases)
    assert len(kept) == len(RULEBOOK.cases) - len(cases)
    return replace(RULEBOOK, cases=kept)


def test_every_condition_is_shown_by_a_case(whole: Coverage) -> None:
    missed = [
        line
        for line in whole.lines
        for shown in (line.when_true, line.when_false)
        if shown and not shown.never and not shown.case
    ]
    assert missed == []
    assert whole.covered == len(whole.counted) > 150


def test_every_rule_stands_in_the_table(whole: Coverage) -> None:
    assert [line.rule.id for line in whole.lines if line.condition is None] == list(RULEBOOK.rules)


def test_what_can_never_matter_is_implied_by_other_conditions(whole: Coverage) -> None:
    """Where both months agree a rule of the cost axis has decided."""
    never = [(line.rule.id, line.condition) for line in whole.lines if line.when_false and line.when_false.never]
    assert never == [
        ("rent-while-unsettled", "open_rent_low: {lt: own_low}"),
        ("rent-while-unsettled", "open_rent_high: {lt: own_high}"),
        ("rent-closed-while-unsettled", "closed_rent_low: {lt: own_low}"),
        ("rent-closed-while-unsettled", "closed_rent_high: {lt: own_high}"),
    ]
    assert not any(line.when_true.never for line in whole.lines)


def test_the_cases_that_show_a_gates_conditions() -> None:
    found = coverage(RULEBOOK, "commercial-use-allowed")
    need = line_of(found, "commercial-use-allowed", "output_use: commercial")
    trait = line_of(found, "commercial-use-allowed", "commercial_use: no")
    out = "a-licence-that-forbids-commercial-use-rules-the-provider-out"
    assert (need.when_true.case, trait.when_true.case, trait.when_false and trait.when_false.case) == (out, out, out)


MISSED = {
    "a-licence-that-forbids-commercial-use-rules-the-provider-out": ("commercial-use-allowed", "commercial_use: no"),
    "a-cent-above-the-licence-cap-rules-the-checkpoint-out": (
        "revenue-under-licence-cap",
        "annual_revenue_usd: {gt: revenue_cap_usd}",
    ),
    "the-best-of-two-providers-when-own-gpus-are-out": ("best-of-the-hosted", "self_host: out"),
    "a-licence-that-leaves-a-region-out-is-no-matter-anywhere-else": ("licence-covers-region", "residency: in_region"),
    "whoever-rents-has-no-idle-gpu": ("idle-gpu-hours", "route: self_host"),
    "moving-saves-nothing": ("moving-never-repays", "moving: never"),
}


@pytest.mark.parametrize("case", MISSED)
def test_a_case_taken_away_is_missed(case: str, whole: Coverage) -> None:
    rule, condition = MISSED[case]
    before = Coverage(tuple(line for line in whole.lines if line.rule.id == rule))
    after = coverage(without(case), rule)
    assert before.covered == len(before.counted)
    assert after.covered < len(after.counted) == len(before.counted)
    line = line_of(after, rule, condition)
    assert None in (line.when_true.case, line.when_false and line.when_false.case)


def test_a_condition_that_is_unknown_shows_nothing() -> None:
    """The licence is not known: that commercial use is asked for then only adds something to verify."""
    found = coverage(without("a-licence-that-forbids-commercial-use-rules-the-provider-out"), "commercial-use-allowed")
    assert line_of(found, "commercial-use-allowed", "output_use: commercial").when_true.case is None
    assert line_of(found, "commercial-use-allowed", None).when_true.case == "commercial-use-is-verified"


# -------------------------------------------------------------------- planted faults


def planted(folder: Path, plant: Plant) -> str:
    rules = shutil.copytree(bundled("rules"), folder / "rules")
    for name, (old, new) in plant.items():
        text = (rules / name).read_text()
        assert text.count(old) == 1, f"{old!r} does not stand once in {name}"
        (rules / name).write_text(text.replace(old, new))
    return str(rules)


SWAPPED = "  when: {}\n  prefer: closed_api\n  over: open_weight_api"
FAIL_A_CASE: dict[str, tuple[str, Plant]] = {
    "a level too deep": ("control", {"gates/control.yaml": ("{gt: control_depth}", "{ge: control_depth}")}),
    "an answer reversed": (
        "licensing",
        {"gates/licensing.yaml": ("indemnity_required: true", "indemnity_required: false")},
    ),
    "another option": (
        "residency",
        {"gates/residency.yaml": ("{residency: on_premises, l", "{residency: in_region, l")},
    ),
    "the wrong axis": ("latency", {"gates/latency.yaml": ("axis: latency", "axis: control")}),
    "a tie that rents": (
        "preferences",
        {"terms.yaml": ("else gpu_hour_price * monthly_images_low", "else 2 * gpu_hour_price * monthly_images_low")},
    ),
    "a factor": ("advice", {"terms.yaml": ("12 * monthly_overhead", "13 * monthly_overhead")}),
    "a constant": ("advice", {"terms.yaml": ("gpu_month_hours: 730", "gpu_month_hours: 731")}),
    "one end for the other": (
        "preferences",
        {"terms.yaml": ("open_price * monthly_images_high", "open_price * monthly_images_low")},
    ),
    "a trait": ("control", {"routes.yaml": ("control_depth: adapters", "control_depth: latents")}),
    "advice to the wrong route": (
        "advice",
        {"advice.yaml": ("when: {route: closed_api}", "when: {route: open_weight_api}")},
    ),
    "the other way round": (
        "preferences",
        {"preferences.yaml": ("  when: {}\n  prefer: open_weight_api\n  over: closed_api", SWAPPED)},
    ),
}


@pytest.mark.parametrize("fault", FAIL_A_CASE)
def test_a_planted_fault_fails_a_case(fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases, plant = FAIL_A_CASE[fault]
    folder = planted(tmp_path, plant)
    for file in Path(folder, "cases").iterdir():
        if file.stem != cases:
            file.unlink()
    assert run(["rules", "test", "--rules", folder]) == 5
    assert "error: case `" in capsys.readouterr().out


DEAD = """
- id: never-anywhere
  axis: residency
  when: {residency: anywhere, not: {residency: [anywhere, in_region]}, leaves_premises: yes}
  eliminate: offer
  because: nothing satisfies this
  source: a test

- id: stays-in-region
"""
UNNOTICED: dict[str, tuple[str, Plant]] = {
    "a gate that can never fire": (
        "never-anywhere",
        {"gates/residency.yaml": ("\n- id: stays-in-region\n", DEAD)},
    ),
    "a condition that always holds in the cases": (
        "mind-the-volume",
        {
            "advice.yaml": (
                "when: {route: self_host, compared_with",
                "when: {route: self_host, monthly_images: {lt: 90000000}, compared_with",
            )
        },
    ),
    "an alternative no case comes to": (
        "plan-the-exit",
        {"advice.yaml": ("when: {route: closed_api}", "when: {any: [{route: closed_api}, {closed_price: {gt: 9}}]}")},
    ),
}


@pytest.mark.parametrize("fault", UNNOTICED)
def test_a_planted_fault_that_no_case_notices_is_not_covered(
    fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rule, plant = UNNOTICED[fault]
    folder = planted(tmp_path, plant)
    assert run(["rules", "test", "--rules", folder]) == 0
    assert run(["rules", "coverage", "--rules", folder, "--rule", rule]) == 5
    table = capsys.readouterr().out
    assert f"{rule}  " in table
    assert "  no" in table


LOOSENED: dict[str, tuple[str, Plant, str]] = {
    "a cap that excludes the cap itself": (
        "revenue-under-licence-cap",
        {
            "gates/licensing.yaml": ("{gt: revenue_cap_usd}", "{ge: revenue_cap_usd}"),
            "cases/licensing.yaml": ("given: {annual_revenue_usd: 1000000}", "given: {annual_revenue_usd: 999999}"),
        },
        "becomes `annual_revenue_usd: {gt: revenue_cap_usd}`",
    ),
}


@pytest.mark.parametrize("fault", LOOSENED)
def test_a_planted_fault_with_cases_to_match_leaves_a_gap(
    fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rule, plant, gap = LOOSENED[fault]
    folder = planted(tmp_path, plant)
    assert run(["rules", "test", "--rules", folder]) == 0, capsys.readouterr().out
    assert run(["rules", "mutate", "--rules", folder, "--rule", rule]) == 5
    assert gap in capsys.readouterr().out


def test_the_table_says_which_case_shows_what(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "coverage", "--rule", "plan-the-exit"]) == 0
    exits, none = "yes: leaving-a-closed-model-is-planned-ahead", "yes: an-open-model-needs-no-exit"
    assert [re.split(" {2,}", line) for line in capsys.readouterr().out.splitlines()] == [
        ["rule", "condition", "relevant when true", "relevant when false"],
        ["plan-the-exit", "(the rule itself)", exits],
        ["plan-the-exit", "route: closed_api", exits, none],
        [""],
        ["100 %: 3 of 3 are shown by a case; `never` is not counted, because no scenario shows it"],
    ]


def test_a_case_that_is_about_no_rule_still_shows_something() -> None:
    cases = tuple(replace(case, about=()) for case in RULEBOOK.cases)
    found = coverage(replace(RULEBOOK, cases=cases), "control-deep-enough")
    assert found.covered == len(found.counted)


def test_without_cases_nothing_is_covered(tmp_path: Path) -> None:
    folder = shutil.copytree(bundled("rules"), tmp_path / "rules", ignore=shutil.ignore_patterns("cases"))
    found = coverage(load_rulebook(folder), "plan-the-exit")
    assert (found.covered, len(found.counted)) == (0, 3)
