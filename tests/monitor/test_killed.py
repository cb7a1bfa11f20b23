"""The monitor killed at each of its writing steps: each file old or new, the memo's files together, nothing lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from advisor.cli.main import run
from advisor.common.atomic_files import settle
from advisor.common.files import work_folder
from advisor.usage.history import read_history
from advisor.usage.read import _PREFIX
from tests.helpers.kill_steps import contents, hidden, killed_at_each_step
from tests.helpers.strategies import repeats
from tests.monitor.history_examples import lines_of

EXAMPLE = Path(__file__).parents[2] / "examples" / "startup-year"
MAPPING = "meter: any\ncolumns: {at: at, images: images, cost: cost}\n"
MONITOR = ["monitor", "log.csv", "--mapping", "m.yaml", "--decision", "startup.decision.json", "--date", "2026-11-02"]
MONITOR += ["--covers", "2026-05-01..2026-10-31", "--history", "kept.usage.sqlite", "--html", "watch.html"]
MONITOR += ["--rejects", "rejects.csv", "--memo", "memo"]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What an earlier run wrote, its history in the earlier format, and a log that has more in it since."""
    start = tmp_path / "start"
    start.mkdir()
    monkeypatch.chdir(start)
    shutil.copy(EXAMPLE / "startup.decision.json", start)
    (start / "m.yaml").write_text(MAPPING)
    rows = [f"2026-{month:02}-10T00:00:00Z,{month}00000,4000" for month in range(5, 11)]
    (start / "log.csv").write_text("\n".join(["at,images,cost", "today,1,1", *rows[:3]]) + "\n")
    assert run(MONITOR) == 0
    kept = start / "kept.usage.sqlite"
    kept.write_bytes(lines_of(*read_history(kept).observations))
    (start / "log.csv").write_text("\n".join(["at,images,cost", "today,1,1", "now,1,1", *rows]) + "\n")
    return start


@pytest.mark.fuzz
def test_killed_at_each_step(start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    *killed, ended = killed_at_each_step(start, tmp_path / "killed", MONITOR, every=repeats(1, 8))
    assert len(killed) >= repeats(48, 6)
    assert not hidden(ended)
    old, new = contents(start / "memo"), contents(ended / "memo")
    whole = {
        path.name: (path.read_bytes(), (ended / path.name).read_bytes()) for path in start.iterdir() if path.is_file()
    }
    before = read_history(start / "kept.usage.sqlite").days()
    days = read_history(ended / "kept.usage.sqlite").days()
    assert old != new
    assert all(one != other for name, (one, other) in whole.items() if name in ("watch.html", "rejects.csv"))
    for one in killed:
        for name, versions in whole.items():
            if name == "kept.usage.sqlite":
                assert set(before) <= set(read_history(one / name).days()) <= set(days)
            else:
                assert (one / name).read_bytes() in versions, f"{name} is a part of a file in {one}"
        settle(one / "memo")
        assert contents(one / "memo") in (old, new), one
    monkeypatch.chdir(killed[len(killed) // 2])
    assert run(MONITOR) == 0
    assert contents(Path("memo")) == new
    assert read_history(Path("kept.usage.sqlite")).days() == days
    with work_folder(tmp_path, _PREFIX):
        assert len(list(tmp_path.glob(f"{_PREFIX}*"))) == 1
