"""`advisor monitor` in a real terminal: how far it is, Ctrl-C within a large file, and a reader that goes away."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

RECORD = Path(__file__).parents[2] / "examples" / "startup-year" / "startup.decision.json"
ROWS = 3_000_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a log that takes a second or two, and its mapping."""
    folder = tmp_path_factory.mktemp("large")
    row = "2026-09-01T00:00:00Z,1,0.04\n"
    (folder / "log.csv").write_text("at,images,cost\n" + row * ROWS)
    (folder / "m.yaml").write_text("meter: any\ncolumns: {at: at, images: images, cost: cost}\n")
    return folder


def arguments(folder: Path) -> list[str]:
    """The command over that log, with its history beside it."""
    usage = [str(folder / "log.csv"), "--mapping", str(folder / "m.yaml")]
    kept = ["--history", str(folder / "kept.usage.sqlite"), "--date", "2026-11-02"]
    return ["-m", "advisor", "monitor", *usage, "--decision", str(RECORD), *kept]


def test_ctrl_c_while_reading_leaves_no_history(large: Path) -> None:
    running = pexpect.spawn(sys.executable, arguments(large), timeout=60, dimensions=(40, 100))
    running.expect(r"reading .*log\.csv: [0-9]+ %")
    running.sendintr()
    running.expect("interrupted")
    running.expect(pexpect.EOF)
    running.wait()
    assert running.exitstatus == 130
    assert not (large / "kept.usage.sqlite").exists()


def test_a_reader_that_goes_away_is_no_error(large: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, *arguments(large)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.readline()
    running.stdout.close()
    assert "Traceback" not in running.stderr.read()
    assert running.wait(60) == 0
    assert (large / "kept.usage.sqlite").exists()
