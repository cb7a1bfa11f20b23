"""The files of one decision are the old ones or the new ones, never some of each.

Whether a command is killed at any of its writing steps, finds the disk full, or meets another at the same time.
"""

from __future__ import annotations

import os
import shutil
import time
from contextlib import redirect_stderr
from pathlib import Path

import pytest

from advisor.cli.main import run
from advisor.common.atomic_files import alone_in, settle, writing
from advisor.report.memo_parts import NOTES_START
from tests.helpers.kill_steps import contents, hidden, killed_at_each_step
from tests.verification.memos import EXAMPLES, EXERCISE

SCENARIO = EXAMPLES / f"{EXERCISE}.scenario.yaml"
AGAIN = ["old.scenario.yaml", "--out", "a", "--set", "monthly_images=90000", "--date", "2026-11-23"]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a scenario, and its decision in ``a`` with a reviewer's notes."""
    start = tmp_path_factory.mktemp("begun")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(start)
        (start / "old.scenario.yaml").write_text(SCENARIO.read_text())
        (start / "new.scenario.yaml").write_text(SCENARIO.read_text())
        assert run(["decide", "old.scenario.yaml", "--out", "a", "--date", "2026-11-22"]) == 0
    memo = start / "a" / "old.memo.md"
    memo.write_text(memo.read_text().replace(f"{NOTES_START}\n", f"{NOTES_START}\nAnn: measured?\n"))
    return start


@pytest.fixture
def start(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that folder, to change."""
    start = Path(shutil.copytree(begun, tmp_path / "start"))
    monkeypatch.chdir(start)
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
        for each in within:
            with writing(each):
                assert not hidden(each)
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
        assert not hidden(one)
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


@pytest.mark.parametrize("out", ["a", "below/b"])
def test_on_a_full_disk_nothing_appears(out: str, start: Path, tmp_path: Path) -> None:
    arguments = ["decide", "new.scenario.yaml", "--out", out, "--supersedes", "a/old.memo.md"]
    *failed, ended = killed_at_each_step(start, tmp_path / "full", arguments, full=True)
    assert len(failed) >= 15
    for one in failed:
        assert contents(one / "a") == contents(start / "a")
        assert not hidden(one)
        assert not (one / "below").exists()
    assert (ended / out / "new.memo.md").exists()


def test_of_two_that_supersede_one_memo_at_once_the_second_is_refused(start: Path, tmp_path: Path) -> None:
    def supersedes(name: str) -> int:
        """The process of a decision that waits until the folder is free."""
        child = os.fork()
        if child:
            return child
        code = 1
        try:
            os.close(go)
            os.read(wait, 1)
            with (tmp_path / f"{name}.said").open("w") as said, redirect_stderr(said):
                code = run(["decide", f"{name}.scenario.yaml", "--out", name, "--supersedes", "a/old.memo.md"])
        finally:
            os._exit(code)

    (start / "third.scenario.yaml").write_text(SCENARIO.read_text())
    wait, go = os.pipe()
    children = {name: supersedes(name) for name in ("new", "third")}
    with alone_in(start / "a"):
        os.close(go)
        time.sleep(2)
        assert "superseded" not in (start / "a" / "old.memo.md").read_text()
    codes = {name: os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for name, child in children.items()}
    assert sorted(codes.values()) == [0, 2]
    first, second = sorted(codes, key=lambda name: codes[name])
    assert f'status: "superseded by ../{first}/{first}.memo.md"' in (start / "a" / "old.memo.md").read_text()
    assert (start / first / f"{first}.memo.md").exists()
    assert not (start / second).exists()
    said = (tmp_path / f"{second}.said").read_text()
    assert f"this memo is `superseded by ../{first}/{first}.memo.md` already" in said


def test_a_folder_that_stays_locked_is_not_waited_for_without_end(
    start: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("advisor.common.atomic_files.WAIT_SECONDS", 0.1)
    with alone_in(start / "a"):
        assert run(["decide", "new.scenario.yaml", "--out", "a"]) == 2
    assert "another advisor command is still writing in this folder" in capsys.readouterr().err


def test_what_is_no_regular_file_is_not_written_over(start: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(start / "a" / "new.memo.pdf")
    assert run(["decide", "new.scenario.yaml", "--out", "a"]) == 2
    assert "this is not a regular file" in capsys.readouterr().err
    assert not (start / "a" / "new.memo.md").exists()
