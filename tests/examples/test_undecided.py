"""A rulebook that leaves several routes is a fault of the rulebook, and is said to be one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from advisor.cli.main import run

ROOT = Path(__file__).parents[2]
EXAMPLE = str(ROOT / "examples" / "exercise-38-3-2.scenario.yaml")


@pytest.fixture
def undecided_rules(tmp_path: Path) -> str:
    folder = tmp_path / "rules"
    shutil.copytree(ROOT / "rules", folder)
    path = folder / "preferences.yaml"
    text = path.read_text(encoding="utf-8")
    decided = "open_rent_high: {ge: own_high}}\n  prefer: self_host"
    assert decided in text
    path.write_text(text.replace(decided, "quality: frontier_only}\n  prefer: self_host"), encoding="utf-8")
    return str(folder)


def test_decide_says_that_the_rules_do_not_decide(undecided_rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["decide", EXAMPLE, "--set", "monthly_images=5M", "--rules", undecided_rules]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "these rules do not decide: `self_host`, `open_weight_api` are left" in shown.err


def test_the_cases_that_are_not_decided_fail(undecided_rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "test", "--rules", undecided_rules]) == 5
    assert "these rules do not decide" in capsys.readouterr().out
