"""Files of one NAME that are not of one decision are named by `verify` and `recheck`."""

from __future__ import annotations

import json
import shutil
from itertools import combinations
from pathlib import Path

import pytest

from advisor.cli.main import run
from advisor.report.memo_parts import NOTES_END, NOTES_START
from tests.verification.memos import EXAMPLES, EXERCISE, REWORDED, rules_with

SET = ("scenario.yaml", "decision.json", "memo.md", "memo.html")
STATING = SET[1:]
OTHERS = {
    "answers": (["--set", "monthly_images=90000"], "other answers"),
    "date": (["--date", "2026-11-23"], "another date"),
    "rules": (["--rules", "RULES"], "other rules"),
}


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a decision in `one`, and others of the same name in folders named after what is other in them."""
    folder = tmp_path_factory.mktemp("decided")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        shutil.copy(EXAMPLES / f"{EXERCISE}.scenario.yaml", "photos.scenario.yaml")
        rules = rules_with(folder, REWORDED)
        decide = ["decide", "photos.scenario.yaml", "--date", "2026-11-22"]
        assert run([*decide, "--out", "one"]) == 0
        for name, (options, _) in OTHERS.items():
            assert run([*decide, *(rules if part == "RULES" else part for part in options), "--out", name]) == 0
    return folder


@pytest.fixture
def versions(
    decided: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Path:
    """A copy of that folder, to change."""
    capsys.readouterr()
    monkeypatch.chdir(shutil.copytree(decided, tmp_path, dirs_exist_ok=True))
    return tmp_path


def test_any_part_of_a_set_belongs_together(versions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(1, len(SET) + 1):
        for parts in combinations(SET, number):
            folder = versions / "-".join(parts)
            folder.mkdir()
            for part in parts:
                shutil.copy(versions / "one" / f"photos.{part}", folder)
            assert run(["recheck", str(folder)]) == 0
            assert "not of the decision" not in capsys.readouterr().out
    folder = versions / "-".join(SET)
    assert [run(["verify", str(folder / f"photos.{part}")]) for part in STATING] == [0, 0, 0]


@pytest.mark.parametrize(("other", "part"), [(other, part) for other in OTHERS for part in SET])
def test_a_file_of_another_decision_is_named(
    other: str, part: str, versions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(versions / other / f"photos.{part}", "one")
    stranger = f"one/photos.{part}"
    seen = part != "scenario.yaml" or other == "answers"
    for file in (f"one/photos.{stating}" for stating in STATING if stating != part):
        assert run(["verify", file]) == (5 if seen else 0)
        said = capsys.readouterr().out
        listed = f"not of the decision in {file}:\n  {stranger}: {OTHERS[other][1]}\nhelp: "
        assert (listed in said) == seen
        assert said.startswith(f"{'mixed' if seen else 'verified'}: {file} matches its scenario")
        assert run(["verify", file, "--json"]) == (5 if seen else 0)
        found = json.loads(capsys.readouterr().out)
        assert found["verdict"] == ("mixed" if seen else "verified")
        mismatched = [{"file": stranger, "differs_in": [OTHERS[other][1]]}] if seen else []
        assert found["of_another_decision"] == mismatched
    assert run(["recheck", "one"]) == (5 if seen else 0)
    assert ("not of the decision in one/photos." in capsys.readouterr().out) == seen
    assert run(["recheck", "one", "--json"]) == (5 if seen else 0)
    assert len(json.loads(capsys.readouterr().out)["mixed"]) == seen


def test_what_a_reviewer_writes_makes_no_other_decision(versions: Path) -> None:
    memo = Path("one/photos.memo.md")
    noted = memo.read_text().replace('status: "proposed"', 'status: "accepted"')
    memo.write_text(noted.replace(f"{NOTES_START}\n\n{NOTES_END}", f"{NOTES_START}\nmeasured?\n{NOTES_END}"))
    memo.write_bytes(memo.read_bytes().replace(b"\n", b"\r\n"))
    assert run(["recheck", "one"]) == 0
    assert run(["verify", "one/photos.decision.json"]) == 0


def test_a_file_that_cannot_be_read_is_named(versions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("one/photos.scenario.yaml").write_text("residency: [")
    assert run(["verify", "one/photos.memo.md"]) == 5
    assert "  one/photos.scenario.yaml: cannot be read\n" in capsys.readouterr().out
    assert run(["recheck", "one"]) == 5
    assert "  one/photos.scenario.yaml: cannot be read\n" in capsys.readouterr().out
