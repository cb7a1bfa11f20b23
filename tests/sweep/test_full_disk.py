"""A disk without room for the rows: one clear error that names OUT, exit code 2, and nothing is left behind."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from advisor.common.diagnostics import reason
from tests.sweep.sweeping import PLAIN, Sweeping

ROOT = Path(__file__).parents[2]
SAID = (
    "error: the file cannot be written: no space left on device\n"
    "  --> {}\n"
    "  help: free space on the disk, or name another folder\n"
)
_SMALL = """
mount -t tmpfs -o size=2m none small || exit 99
"$@"; code=$?
find small -mindepth 1
exit $code
"""


def test_staging_on_a_full_disk(sweeping: Sweeping, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*parts: object, **more: object) -> None:
        # As pyarrow raises it.
        raise OSError(errno.ENOSPC, "Error writing bytes to file. Detail: [errno 28] No space left on device")

    sweeping.write("in.csv", [PLAIN])
    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
    assert sweeping("in.csv", "out.csv") == (2, SAID.format("out.csv"))
    assert not (sweeping.folder / "out.csv").exists()


def test_other_errors_keep_their_cause_and_no_words_of_a_library() -> None:
    assert reason(OSError(errno.EIO, "Error writing bytes to file. Detail: [errno 5]")) == "input/output error"
    assert reason(ValueError("Embedded null byte")) == "embedded null byte"


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("unshare") is None, reason="needs root to mount")
@pytest.mark.parametrize(("kind", "out"), [("csv", "csv"), ("parquet", "csv"), ("parquet", "parquet")])
def test_a_disk_that_is_full(kind: str, out: str, sweeping: Sweeping) -> None:
    rows = [{**PLAIN, "title": os.urandom(200).hex()} for _ in range(10_000)]
    sweeping.write(f"in.{kind}", rows)
    (sweeping.folder / "small").mkdir()
    words = ["-m", "advisor", "sweep", f"in.{kind}", "--out", f"small/out.{out}"]
    done = subprocess.run(
        ["unshare", "-m", "bash", "-c", _SMALL, "bash", sys.executable, *words],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=sweeping.folder,
        check=False,
        timeout=120,
    )
    if done.returncode == 99:
        pytest.skip("nothing can be mounted here")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", SAID.format(f"small/out.{out}"))
