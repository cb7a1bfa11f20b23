"""The examples, decided through the command line: their outcomes, and their memos to the byte.

`pytest --snapshot-update tests/examples` records the memos; read the difference before it lands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from advisor.cli.main import run
from advisor.common import yaml_loader as strict_yaml
from advisor.common.files import read_text

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
DATE = "2026-11-22"
ALONE = ("--catalogue", "none")
"""These examples are decided without the catalogue; those of ``examples/catalogue`` with it."""
EXPECTED: dict[str, dict[str, Any]] = strict_yaml.load(read_text(str(EXAMPLES / "expected.yaml")), "expected.yaml")
NAMES = sorted(EXPECTED)

MADR_4 = [
    "## Context and Problem Statement",
    "## Considered Options",
    "## Decision Outcome",
    "## More Information",
]
ODD_TITLES = [
    "",
    " \n\t ",
    "A *bold* _claim_ with `code` and a | bar",
    "First line\n\n## Decision Outcome\n\nChosen option: none",
    "<script>alert(1)</script> &amp; [a link](http://example.com) ![]()",
    "{{ 7 * 7 }} {% raw %} $x$ \\",
    "\u202eright to left\u202c and \x07 a bell",
]


def memo(capsys: pytest.CaptureFixture[str], name: str, *more: str) -> str:
    """The memo that the command line prints for an example."""
    run(["decide", str(EXAMPLES / f"{name}.scenario.yaml"), "--date", DATE, *ALONE, *more])
    return capsys.readouterr().out


def test_every_example_has_its_outcome_and_its_line_in_the_table() -> None:
    scenarios = {path.name.removesuffix(".scenario.yaml") for path in EXAMPLES.glob("*.scenario.yaml")}
    table = set(re.findall(r"^\| \[`([a-z0-9-]+)`\]", (EXAMPLES / "README.md").read_text(), re.MULTILINE))
    assert scenarios == set(EXPECTED) == table


@pytest.mark.parametrize("name", NAMES)
def test_an_example_comes_out_as_expected(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["decide", str(EXAMPLES / f"{name}.scenario.yaml"), "--json", "--date", DATE, *ALONE])
    record = json.loads(capsys.readouterr().out)
    expected = EXPECTED[name]
    assert {**{field: record[field] for field in expected if field != "exit_code"}, "exit_code": code} == expected


@pytest.mark.parametrize("name", NAMES)
def test_the_memo_of_an_example_is_the_golden_one(
    name: str, capsys: pytest.CaptureFixture[str], golden: Callable[[str], SnapshotAssertion]
) -> None:
    assert memo(capsys, name) == golden(f"{name}.memo.md")


@pytest.mark.parametrize("name", NAMES)
def test_a_memo_has_the_sections_of_madr_in_their_order(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = memo(capsys, name)
    assert re.match(rf'---\nstatus: "proposed"\ndate: {DATE}\nid: "20261122-[a-z0-9-]+"\n---\n\n# ', text)
    assert [line for line in text.splitlines() if line.startswith("## ")] == MADR_4
    assert "\n> * **Why:** " in text.partition("## ")[0] or "\n> * **Answer first:** " in text.partition("## ")[0]
    assert re.search(r'^Chosen option: ("[^"]+"|none|none yet), because .+\.$', text, re.MULTILINE)


def test_a_startup_a_year_on_should_move_and_another_should_not_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert "repaid after 0.8 months. The limit is 12 months: worth moving." in memo(capsys, "startup-a-year-on")
    not_yet = memo(capsys, "own-not-yet")
    assert "# Recipe pictures for a meal-kit service: run open weights on own GPUs, but not yet\n" in not_yet
    assert "repaid after 29 months. The limit is 12 months: not worth moving yet." in not_yet


def test_moving_is_worth_it_from_the_very_volume_the_memo_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert "from 140,477 images a month on it is repaid within the limit" in memo(capsys, "own-not-yet")
    assert ": worth moving." in memo(capsys, "own-not-yet", "--set", "monthly_images=140477")
    assert ": not worth moving yet." in memo(capsys, "own-not-yet", "--set", "monthly_images=140476")


@pytest.mark.parametrize("name", ["exercise-38-3-2", "exercise-38-3-3-d", "own-not-yet", "startup-first-month"])
def test_the_answer_changes_exactly_where_the_memo_says(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    def route(*settings: str) -> str:
        run(["decide", str(EXAMPLES / f"{name}.scenario.yaml"), "--json", "--date", DATE, *ALONE, *settings])
        return str(json.loads(capsys.readouterr().out)["route"])

    here = route()
    rows = re.findall(
        r"\(`(\w+)`\) \|[^|]*\| (?:(less|more) than )?\$?([0-9.,]+)(?: images)?(?: or (less|more))? \|",
        memo(capsys, name),
    )
    assert rows
    for field, past, shown, side in rows:
        value = Decimal(shown.replace(",", ""))
        # At "or more" the outcome is another, and one in the last digit before it is not; at "more than" the reverse.
        step = Decimal(1).scaleb(int(value.as_tuple().exponent)) * (1 if "less" in (past, side) else -1)
        same, another = (value, value - step) if past else (value + step, value)
        assert route("--set", f"{field}={another}") != here
        assert route("--set", f"{field}={same}") == here


@pytest.mark.parametrize("title", ODD_TITLES)
@pytest.mark.parametrize("name", ["conflict", "own-not-yet", "partial-open", "partial-settled"])
def test_a_title_changes_no_line_but_its_own(
    name: str, title: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    answers = strict_yaml.load(read_text(str(EXAMPLES / f"{name}.scenario.yaml")), name)
    scenario = tmp_path / "odd.scenario.json"
    scenario.write_text(json.dumps({**answers, "title": title}, default=str))
    run(["decide", str(scenario), "--date", DATE, *ALONE])
    odd, plain = capsys.readouterr().out.splitlines(), memo(capsys, name).splitlines()
    named = ("# ", "How should ", "id: ", "title: ")
    heading, question, *others = (
        next(at for at, line in enumerate(plain) if line.startswith(start)) for start in named
    )
    assert len(odd) == len(plain)
    assert {at for at, line in enumerate(odd) if line != plain[at]} == {heading, question, *others}
    assert all(line.isprintable() for line in odd)
    assert "  " not in odd[heading] + odd[question]
    assert '""' not in odd[question]
    outside_the_fence = [line for line in odd if not line.startswith("title: ")]
    assert not re.search(r"(?<!\\)[<`*]script|(?<!\\)\[a link", "\n".join(outside_the_fence))


def test_the_cost_command_prints_exercise_38_3_2(capsys: pytest.CaptureFixture[str]) -> None:
    figures = ["--price", "0.03", "--gpu-hour", "1.20", "--images-per-hour", "600", "--overhead", "2000"]
    assert run(["cost", *figures, "--volume", "50000"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == "crossover: 71,428.57 images a month"
    assert second.startswith("at 50,000 images a month hosting is cheaper: ")
    assert "hosted $1,500, self-hosted $2,100 a month" in second


@pytest.mark.parametrize("name", ["startup.memo.md", "startup.decision.json"])
def test_the_decision_of_the_startup_year_verifies(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert run(["verify", str(EXAMPLES / "startup-year" / name)]) == 0, capsys.readouterr().out
