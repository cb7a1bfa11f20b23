"""`advisor recheck`: a folder of decisions under rules that have changed."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from advisor.cli.main import run
from advisor.common import yaml_loader as strict_yaml
from advisor.common.files import read_text
from tests.verification.memos import EXAMPLES, EXERCISE, QUEUES_FORBIDDEN, REWORDED, ROOT, TURNED_ROUND, rules_with


@pytest.fixture
def decisions(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two decisions, one of them in a folder below."""
    monkeypatch.chdir(tmp_path)
    folder = Path("decisions")
    for name, below in ((EXERCISE, folder), ("exercise-38-3-3-a", folder / "2026")):
        scenario = EXAMPLES / f"{name}.scenario.yaml"
        assert run(["decide", str(scenario), "--out", str(below), "--date", "2026-11-22"]) == 0
    capsys.readouterr()
    return folder


def test_a_folder_stands_under_the_same_rules(decisions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recheck", str(decisions)]) == 0
    assert capsys.readouterr() == ("6 records and memos decided again: 0 would differ\n", "")


def test_rules_in_other_words_change_no_decision(
    decisions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["recheck", str(decisions), "--rules", rules_with(tmp_path, REWORDED)]) == 0
    assert capsys.readouterr().out == "6 records and memos decided again: 0 would differ\n"


def test_what_would_differ_is_listed_with_the_rules_that_did_it(
    decisions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["recheck", str(decisions), "--rules", rules_with(tmp_path, QUEUES_FORBIDDEN)]) == 5
    why = (
        "open_weight_api on cost -> self_host on latency\n"
        "  no longer fires: rent-below-crossover, open-keeps-the-way-out\n"
        "  fires now: no-queue-spikes\n"
    )
    files = [f"decisions/{EXERCISE}.{ending}" for ending in ("decision.json", "memo.html", "memo.md")]
    said = capsys.readouterr().out
    assert said.startswith("".join(f"{file}: {why}" for file in files))
    assert said.endswith("6 records and memos decided again: 3 would differ\n")


def test_rules_that_fire_alike_and_say_otherwise_are_told(
    decisions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["recheck", str(decisions), "--rules", rules_with(tmp_path, TURNED_ROUND)]) == 5
    assert "  the same rules fire, but their content has changed\n" in capsys.readouterr().out


def test_a_record_that_was_edited_is_not_laid_to_the_rules(decisions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = decisions / f"{EXERCISE}.decision.json"
    text = record.read_text()
    edited = text.replace('"route": "open_weight_api",\n  "deciding', '"route": "self_host",\n  "deciding')
    assert edited != text
    record.write_text(edited)
    assert run(["recheck", str(decisions)]) == 5
    said = capsys.readouterr().out
    assert "  it was decided with these same rules: `advisor verify` shows whether it was edited\n" in said
    assert "has changed" not in said


def test_the_answer_for_programs_is_stable(decisions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = rules_with(tmp_path, QUEUES_FORBIDDEN)
    printed = []
    for _ in range(2):
        assert run(["recheck", str(decisions), "--json", "--rules", rules]) == 5
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    found = json.loads(printed[0])
    assert [one["file"] for one in found["files"]] == sorted(one["file"] for one in found["files"])
    assert (found["differing"], len(found["files"]), found["unreadable"]) == (3, 6, [])
    assert found["files"][3] == {
        "file": f"decisions/{EXERCISE}.decision.json",
        "differs": True,
        "was": "open_weight_api on cost",
        "now": "self_host on latency",
        "no_longer_fires": ["rent-below-crossover", "open-keeps-the-way-out"],
        "fires_now": ["no-queue-spikes"],
        "same_rules": False,
        "same_catalogue": True,
        "prices": [],
        "old": [],
        "in_force": True,
    }


@pytest.mark.parametrize("status", ["rejected", "deprecated", "superseded by other.memo.md"])
def test_a_decision_no_longer_in_force_does_not_count(
    status: str, decisions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    memo = decisions / f"{EXERCISE}.memo.md"
    memo.write_text(memo.read_text().replace('status: "proposed"', f'status: "{status}"'))
    assert run(["recheck", str(decisions), "--rules", rules_with(tmp_path, QUEUES_FORBIDDEN)]) == 0
    said = capsys.readouterr().out
    assert f"{memo} (no longer in force): open_weight_api on cost -> self_host on latency\n" in said
    assert said.endswith("0 would differ\n3 more would differ, and are no longer in force\n")


def test_what_cannot_be_read_is_listed_and_the_others_are_still_checked(
    decisions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (decisions / "cut.decision.json").write_text((decisions / f"{EXERCISE}.decision.json").read_text()[:500])
    (decisions / "empty.memo.md").write_text("")
    (decisions / "latin.memo.html").write_bytes(b"<!doctype html>\xe9")
    (decisions / "notes.md").write_text("not a memo")
    (decisions / "folder.memo.md").mkdir()
    assert run(["recheck", str(decisions), "--rules", rules_with(tmp_path, QUEUES_FORBIDDEN)]) == 2
    out, err = capsys.readouterr()
    assert out.endswith("6 records and memos decided again: 3 would differ\n4 cannot be read\n")
    named = [line.strip() for line in err.splitlines() if line.startswith("  -->")]
    assert named == [
        f"--> decisions/{name}"
        for name in ("cut.decision.json", "empty.memo.md", "folder.memo.md", "latin.memo.html:1")
    ]


def test_a_folder_that_may_not_be_read_is_no_clean_one(
    decisions: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def refusing(path: str) -> Any:
        if Path(path).name == "2026":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert run(["recheck", str(decisions)]) == 2
    out, err = capsys.readouterr()
    assert out == "3 records and memos decided again: 0 would differ\n1 cannot be read\n"
    assert err == (
        "error: the folder cannot be read: permission denied\n  --> decisions/2026\n  help: check its permissions\n"
    )


def test_an_empty_folder_has_nothing_to_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recheck", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "0 records and memos decided again: 0 would differ\n"


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recheck", str(tmp_path / "none")]) == 2
    assert "there is no such folder" in capsys.readouterr().err


def test_the_example_workflow_is_yaml_and_runs_recheck() -> None:
    path = ROOT / "docs" / "recheck-workflow.yaml"
    workflow = strict_yaml.load(read_text(str(path)), path.name)
    assert set(workflow) == {"name", "on", "permissions", "jobs"}
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    assert [step["run"] for step in steps if "run" in step][-1] == "advisor recheck decisions/"
