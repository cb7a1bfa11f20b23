"""The README tells the truth: its excerpt, its commands, its snippet and its tables."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest

from advisor.cli.main import COMMANDS, run
from advisor.common import diagnostics as errors
from advisor.domain.scenario import FIELDS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GOLDEN = (Path(__file__).parent / "golden" / "exercise-38-3-2.memo.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def first_column(heading: str) -> list[str]:
    """The first cells of the table under a heading."""
    section = README.partition(f"# {heading}\n")[2]
    table = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert table
    return [row.split("|")[1].strip() for row in table[0].splitlines()[2:]]


def test_the_memo_shown_is_the_golden_one() -> None:
    (excerpt,) = blocks("markdown")
    missing = [part for part in excerpt.strip().split("\n\n") if part not in GOLDEN]
    assert missing == []


def test_the_commands_print_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    for session in blocks("console"):
        command, _, shown = session.removeprefix("$ advisor ").partition("\n")
        assert run(shlex.split(command)) == 0
        assert capsys.readouterr().out == shown


def test_the_monitor_says_what_is_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    command = re.search(r"^`advisor (monitor .*)`:$", README, re.MULTILINE)
    assert command
    usage = [str(path) for path in sorted(ROOT.glob("examples/startup-year/usage/*"))]
    words = [word for part in shlex.split(command[1]) for word in (usage if part.endswith("*") else [part])]
    assert run(words) == 0
    said = capsys.readouterr().out
    (shown,) = blocks("text")
    assert [line for line in shown.splitlines() if line not in said] == []


def test_the_snippet_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (snippet,) = blocks("python")
    test = doctest.DocTestParser().get_doctest(snippet, {}, "README.md", "README.md", 0)
    assert doctest.DocTestRunner().run(test) == doctest.TestResults(failed=0, attempted=len(test.examples))


def test_every_field_and_every_option_is_in_the_table() -> None:
    rows = README.partition("# A scenario\n")[2].partition("### Exit codes")[0]
    assert [name for cell in first_column("A scenario") for name in re.findall(r"`(\w+)`", cell)] == list(FIELDS)
    for spec in FIELDS.values():
        row = next(row for row in rows.splitlines() if f"`{spec.name}`" in row[: row.find("|", 1)])
        assert all(f"`{option}`" in row for option in spec.options)


def test_every_exit_code_is_in_the_table() -> None:
    codes = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    assert set(map(int, first_column("Exit codes"))) == codes


def test_every_command_is_in_the_table() -> None:
    named = {match[1] for cell in first_column("Use") for match in re.finditer(r"`advisor (\w+)", cell)}
    assert named == set(COMMANDS)


def test_the_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", README)
    assert targets
    titles = re.findall(r"^#+ (.*)$", README, re.MULTILINE)
    headings = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}
    assert [target for target in targets if target[0] == "#" and target[1:] not in headings] == []
    assert [target for target in targets if target[0] != "#" and not (ROOT / target).exists()] == []
