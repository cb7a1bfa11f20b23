"""Before an earlier memo is overwritten: a warning of what is lost, and a question on a terminal only."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pexpect
import pytest

from advisor.cli.main import run

ROOT = Path(__file__).parents[2]
EXAMPLE = str(ROOT / "examples" / "exercise-38-3-2.scenario.yaml")
DECIDE = ["decide", EXAMPLE, "--out", "out", "--date", "2026-11-22"]
INTERVIEW = ["interview", "--answers", EXAMPLE, "--out", "out", "--date", "2026-11-22"]
MEMO = Path("out/exercise-38-3-2.memo.md")


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert run(arguments) == 0
    return capsys.readouterr().err


@pytest.mark.parametrize("command", [DECIDE, [*INTERVIEW, "--no-input"]], ids=["decide", "interview"])
def test_a_script_is_warned_and_goes_on(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert said(command, capsys) == ""
    assert said(command, capsys) == "", "the same bytes need no warning"
    warned = said([*command, "--set", "monthly_images=2M", "--date", "2026-11-23"], capsys)
    assert warned == (
        "warning: the decision of 2026-11-22 (`open_weight_api`) is overwritten; these differ: "
        "`monthly_images`, `decided_on`, `route`\n"
        f"  --> out/{'decision' if command[0] == 'interview' else 'exercise-38-3-2'}.memo.md\n"
        "  help: the reviewer's notes stay; to keep the memo as well, write under another name and link it with "
        "`--supersedes`\n"
    )


def test_another_name_is_no_earlier_memo(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(DECIDE, capsys) == ""
    assert said([*DECIDE[:3], "other", *DECIDE[4:], "--set", "monthly_images=2M"], capsys) == ""


def test_a_memo_whose_record_cannot_be_read_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(DECIDE, capsys) == ""
    MEMO.with_name("exercise-38-3-2.decision.json").write_text("{")
    assert said(DECIDE, capsys).startswith("warning: an earlier memo is overwritten, and its record cannot be read\n")


def _on_terminal(arguments: list[str]) -> Any:
    environment: Any = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    return pexpect.spawn(
        sys.executable,
        ["-m", "advisor", *arguments],
        env=environment,
        encoding="utf-8",
        timeout=60,
        dimensions=(24, 200),
    )


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("", 2), ("n", 2)])
def test_a_person_is_asked(answer: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(DECIDE, capsys) == ""
    before = MEMO.read_bytes()
    program = _on_terminal([*DECIDE, "--set", "monthly_images=2M"])
    program.expect_exact("these differ: `monthly_images`, `route`")
    program.expect_exact("overwrite it? [y/N] ")
    program.sendline(answer)
    program.expect(pexpect.EOF)
    program.close()
    assert program.exitstatus == code
    assert (MEMO.read_bytes() == before) == (code == 2)
    assert code == 0 or "error: nothing was written" in program.before


def test_an_interview_asks_before_its_first_question(capsys: pytest.CaptureFixture[str]) -> None:
    assert said([*INTERVIEW, "--no-input"], capsys) == ""
    program = _on_terminal(INTERVIEW)
    program.expect_exact("the decision of 2026-11-22 (`open_weight_api`) will be overwritten")
    program.expect_exact("overwrite it? [y/N] ")
    program.sendline("n")
    program.expect_exact("error: nothing was written")
    program.expect(pexpect.EOF)
    program.close()
    assert program.exitstatus == 2
    assert not list(Path("out").glob("*.interview.json"))
