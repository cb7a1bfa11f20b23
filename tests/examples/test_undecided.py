"""A rulebook that leaves several routes, or none of several, is a fault of the rulebook, and is said to be one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.cli.main import run

ROOT = Path(__file__).parents[2]
EXAMPLE = str(ROOT / "examples" / "exercise-38-3-2.scenario.yaml")
ROUTES = ("self_host", "open_weight_api", "closed_api")
Write = Callable[[str], str]


def preference(id: str, axis: str, prefer: str, over: str, when: str = "{}") -> str:
    return (
        f"- {{id: {id}, axis: {axis}, when: {when}, prefer: {prefer}, over: {over}, because: of it, source: a test}}\n"
    )


def circle(axis: str) -> str:
    return "".join(preference(f"circle-{a}", axis, a, b) for a, b in zip(ROUTES, ROUTES[1:] + ROUTES[:1], strict=True))


BUNDLED = (ROOT / "rules" / "preferences.yaml").read_text(encoding="utf-8")
DECIDED = "open_rent_high: {ge: own_high}}\n  prefer: self_host"
SEVERAL = BUNDLED.replace(DECIDED, "quality: frontier_only}\n  prefer: self_host")
TWO = preference("one-way", "latency", "open_weight_api", "closed_api")
TWO += preference("the-other", "latency", "closed_api", "open_weight_api")
TWO += preference("and-own", "latency", "open_weight_api", "self_host")
OPPOSED = {
    "two that oppose each other": TWO + BUNDLED,
    "two that oppose each other after all others": BUNDLED
    + preference("one-way", "switching_cost", "closed_api", "open_weight_api"),
    "a circle": circle("cost") + BUNDLED,
    "a circle of the first axis": circle("residency") + BUNDLED,
    "a circle alone": circle("model_access"),
    "opposed by what they ask for": BUNDLED
    + preference("one-way", "switching_cost", "closed_api", "open_weight_api", "{monthly_images: {lt: 60000}}"),
}


@pytest.fixture
def rules(tmp_path: Path) -> Write:
    """Writes the bundled rules with other preferences, and returns the folder."""

    def write(preferences: str) -> str:
        folder = tmp_path / "rules"
        shutil.copytree(ROOT / "rules", folder)
        (folder / "preferences.yaml").write_text(preferences, encoding="utf-8")
        if "best-while-modest" not in preferences:
            shutil.rmtree(folder / "cases")
        return str(folder)

    return write


def test_decide_says_that_the_rules_do_not_decide(rules: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["decide", EXAMPLE, "--set", "monthly_images=5M", "--rules", rules(SEVERAL)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "these rules do not decide: `self_host`, `open_weight_api` are left" in shown.err


def test_the_cases_that_are_not_decided_fail(rules: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "test", "--rules", rules(SEVERAL)]) == 5
    assert "these rules do not decide" in capsys.readouterr().out


@pytest.mark.parametrize("case", OPPOSED)
@pytest.mark.parametrize("missing", [[], ["--set", "output_use="], ["--set", "migration_cost="]])
def test_preferences_against_each_other_are_refused(
    case: str, missing: list[str], rules: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = rules(OPPOSED[case])
    for command in (["decide", EXAMPLE, *missing], ["explain", EXAMPLE]):
        assert run([*command, "--rules", folder]) == 2
        shown = capsys.readouterr()
        assert shown.out == ""
        assert "are feasible, and each is dropped for another by `" in shown.err
        assert "help: `advisor rules prove`" in shown.err


@pytest.mark.parametrize("case", ["two that oppose each other", "a circle"])
def test_the_rules_named_are_those_in_each_others_way(
    case: str, rules: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["decide", EXAMPLE, "--rules", rules(OPPOSED[case])])
    named = "`one-way`, `the-other`, `and-own`" if case.startswith("two") else "`circle-self_host`"
    assert named in capsys.readouterr().err


def test_what_is_missing_is_asked_for_before_the_rules_are_blamed(
    rules: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """With own GPUs alone there is nothing to be dropped for another."""
    folder = rules(OPPOSED["a circle"])
    assert run(["decide", EXAMPLE, "--set", "latency=", "--json", "--rules", folder, "--catalogue", "none"]) == 3
    record = json.loads(capsys.readouterr().out)
    assert "latency" in record["open_questions"]
    assert not record["may_be_infeasible"]


@pytest.mark.parametrize("reading", [[], ["--reading", "run"]])
@pytest.mark.parametrize("preferences", [SEVERAL, OPPOSED["a circle"]])
def test_a_sweep_refuses_what_the_rules_do_not_decide(
    preferences: str, reading: list[str], rules: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = rules(preferences)
    assert run(["decide", EXAMPLE, "--json", "--set", "monthly_images=5M"]) == 0
    decided = json.loads(capsys.readouterr().out)["scenario"]
    rows = [decided | {"latency": "predictable"}] * 5 + [decided]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    sweep = ["sweep", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "out.jsonl"), "--rules", folder, *reading]
    assert run(sweep) == 2
    assert "these rules do not decide" in capsys.readouterr().err
    assert not (tmp_path / "out.jsonl").exists()
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[:5]))
    assert run(sweep) == 0
