"""A decision that is killed at each of its writing steps leaves the old files or the new ones, never some of each."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from advisor.atomic_files import settle, writing
from advisor.cli.main import run
from advisor.report.review import NOTES_START
from tests.helpers.kill_steps import contents, hidden, killed_at_each_step
from tests.verification.memos import EXAMPLES, EXERCISE

SCENARIO = EXAMPLES / f"{EXERCISE}.scenario.yaml"
AGAIN = ["old.scenario.yaml", "--out", "a", "--set", "monthly_images=90000", "--date", "2026-11-23"]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a scenario, and its decision in ``a`` with a reviewer's notes."""
    start = tmp_path / "start"
    start.mkdir()
    monkeypatch.chdir(start)
    (start / "old.scenario.yaml").write_text(SCENARIO.read_text())
    (start / "new.scenario.yaml").write_text(SCENARIO.read_text())
    assert run(["decide", "old.scenario.yaml", "--out", "a", "--date", "2026-11-22"]) == 0
    memo = start / "a" / "old.memo.md"
    memo.write_text(memo.read_text().replace(f"{NOTES_START}\n", f"{NOTES_START}\nAnn: measured?\n"))
    return start


@pytest.mark.parametrize(
    ("arguments", "folders", "least"),
    [
        (AGAIN, ("a",), 20),
        (["new.scenario.yaml", "--out", "a", "--supersedes", "a/old.memo.md"], ("a",), 20),
        (["new.scenario.yaml", "--out", "b", "--supersedes", "a/old.memo.md"], ("b", "a"), 25),
    ],
    ids=["over an older set", "supersedes", "supersedes in another folder"],
)
def test_killed_at_each_step(
    arguments: list[str], folders: tuple[str, ...], least: int, start: Path, tmp_path: Path
) -> None:
    for folder in folders:
        (start / folder).mkdir(exist_ok=True)
    *killed, ended = killed_at_each_step(start, tmp_path / "killed", ["decide", *arguments])
    old, new = (contents(*(one / folder for folder in folders)) for one in (start, ended))
    assert len(killed) >= least
    assert old != new
    assert not hidden(ended)
    mixed, outcomes = 0, []
    for one in killed:
        within = [one / folder for folder in folders]
        for name, content in contents(*within).items():
            assert content in (old.get(name), new.get(name)), f"{name} is a part of a file in {one}"
        mixed += contents(*within) not in (old, new)
        settle(within[0])
        assert contents(*within) in (old, new), one
        outcomes.append(contents(*within) == new)
        for folder in within:
            with writing(folder):
                assert not hidden(folder)
    assert mixed, "no kill was between two renames"
    assert (outcomes[0], outcomes[-1]) == (False, True)
    assert outcomes == sorted(outcomes), "a later kill leaves what an earlier one does, or more"


@pytest.fixture
def mixed(start: Path, tmp_path: Path) -> list[Path]:
    """Folders in which a kill left some files of each version."""
    *killed, ended = killed_at_each_step(start, tmp_path / "killed", ["decide", *AGAIN])
    mixed = [one for one in killed if contents(one / "a") not in (contents(start / "a"), contents(ended / "a"))]
    assert len(mixed) >= 3
    return mixed


def test_the_next_command_settles_it(mixed: list[Path], start: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commands = ("verify a/old.memo.md", "recheck a", "explain a/old.decision.json")
    for one, command in zip(mixed, commands, strict=False):
        os.chdir(one)
        assert run(command.split()) == 0
        assert contents(one / "a") == contents(start / "a")
    os.chdir(mixed[-1])
    assert run(["decide", *AGAIN]) == 0
    assert run(["recheck", "a"]) == 0
    capsys.readouterr()


def test_a_file_edited_since_is_kept(mixed: list[Path], start: Path) -> None:
    name = "old.decision.json"
    old = (start / "a" / name).read_text()
    edited = [one / "a" / name for one in mixed if (one / "a" / name).read_text() != old]
    assert edited
    for record in edited:
        record.write_text("edited")
        settle(record.parent)
        assert record.read_text() == "edited"


def test_a_journal_that_came_with_a_copy_is_not_obeyed(mixed: list[Path], tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(mixed[0] / "a", copy)
    before = contents(copy)
    settle(copy)
    assert contents(copy) == before
