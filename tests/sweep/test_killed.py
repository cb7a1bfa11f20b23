"""A sweep that is killed leaves the old tables or the new ones, and its working folder only until the next sweep."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from advisor.cli.main import run
from advisor.common.atomic_files import settle
from advisor.sweep.paths import PREFIX, sweep_work_folder
from tests.helpers.kill_steps import ROOT, hidden, killed_at_each_step
from tests.sweep.sweeping import PLAIN, Sweeping

BAD = {**PLAIN, "latency": "x"}


def tables(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name[0] != "."}


@pytest.mark.parametrize(
    ("rows", "options"),
    [([PLAIN, PLAIN, BAD, BAD], ["--rejects", "listed.csv"]), ([PLAIN, PLAIN], [])],
    ids=["others are rejected", "none is rejected"],
)
def test_killed_at_each_step(
    rows: list[dict[str, str]], options: list[str], sweeping: Sweeping, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sweeping.write("in.csv", [PLAIN, BAD])
    named = [str(sweeping.folder / option) if option.endswith(".csv") else option for option in options]
    assert sweeping("in.csv", "out.csv", *named).code == 2
    sweeping.write("in.csv", rows)
    into = tmp_path_factory.mktemp("killed") / "at"
    arguments = ["sweep", "in.csv", "--out", "out.csv", *options]
    *killed, ended = killed_at_each_step(sweeping.folder, into, arguments, 2 if BAD in rows else 0)
    old, new = tables(sweeping.folder), tables(ended)
    assert len(killed) >= 8
    assert not hidden(ended)
    assert old != new
    mixed, outcomes = 0, []
    for one in killed:
        mixed += tables(one) not in (old, new)
        settle(one)
        assert tables(one) in (old, new), one
        outcomes.append(tables(one) == new)
        with sweep_work_folder(one / "out.csv"):
            assert len(list(one.glob(f"{PREFIX}*"))) == 1
    assert mixed
    assert outcomes == sorted(outcomes)


def test_the_folder_of_a_killed_sweep_goes_and_that_of_a_running_one_stays(sweeping: Sweeping) -> None:
    sweeping.write("in.csv", [PLAIN] * 200_000)
    sweeping.write("few.csv", [PLAIN])
    command = [sys.executable, "-m", "advisor", "sweep", "in.csv", "--reading", "run", "--out", "out.csv"]
    running = subprocess.Popen(command, cwd=sweeping.folder, env={"PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL)
    few = ["sweep", str(sweeping.folder / "few.csv"), "--out", str(sweeping.folder / "few.out.csv")]
    try:
        ends = time.monotonic() + 60
        while not (folders := list(sweeping.folder.glob(f"{PREFIX}*/*"))) and time.monotonic() < ends:
            time.sleep(0.05)
        assert run(few) == 0
        assert {folder.parent.name for folder in folders} == {path.name for path in sweeping.folder.glob(f"{PREFIX}*")}
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert list(sweeping.folder.glob(f"{PREFIX}*"))
    assert run(few) == 0
    assert not list(sweeping.folder.glob(f"{PREFIX}*"))
