"""The sweep as a user runs it: on a terminal, without one, and interrupted; and on Spark."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pexpect
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ibis.backends.duckdb import Backend

from tests.helpers.strategies import EXERCISE
from tests.sweep.sweeping import PLAIN, Sweeping

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}


def _large(path: Path, rows: int) -> None:
    columns = {name: pa.array([value] * 100_000) for name, value in EXERCISE.items()}
    batch = pa.table({**columns, "id": pa.array([os.urandom(12).hex() for _ in range(100_000)])})
    with pq.ParquetWriter(path, batch.schema) as writer:
        for _ in range(rows // 100_000):
            writer.write_table(batch)


def _spawn(folder: Path, *arguments: str) -> Any:
    return pexpect.spawn(
        sys.executable,
        ["-m", "advisor", "sweep", *arguments],
        cwd=str(folder),
        env=ENVIRONMENT,
        encoding="utf-8",
        timeout=60,
    )


def test_ctrl_c_while_writing_leaves_nothing(tmp_path: Path) -> None:
    _large(tmp_path / "in.parquet", 3_000_000)
    program = _spawn(tmp_path, "in.parquet", "--out", "out.parquet")
    program.expect("writing: [1-9]")
    program.sendintr()
    program.expect("interrupted")
    program.expect(pexpect.EOF)
    program.close()
    assert program.exitstatus == 130
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.parquet"]


@pytest.mark.parametrize("after", [0.3, 1.5, 2.5])
def test_an_interrupt_at_any_time_leaves_nothing(after: float, tmp_path: Path) -> None:
    header, row = ",".join(PLAIN), ",".join(PLAIN.values())
    (tmp_path / "in.csv").write_text(f"{header}\n" + f"{row}\n" * 800_000)
    process = subprocess.Popen(
        [sys.executable, "-m", "advisor", "sweep", "in.csv", "--out", "out.csv", "--reading", "run"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    if after > 1:
        assert process.returncode == 130, said
        assert said == "interrupted\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv"]


@pytest.mark.parametrize("error", [RuntimeError("Query interrupted"), duckdb.InterruptException("INTERRUPT Error")])
@pytest.mark.parametrize("call", ["connect", "raw_sql"])
def test_an_interrupt_within_any_call_of_duckdb_is_one(
    call: str, error: Exception, sweeping: Sweeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB raises an error of its own when Ctrl-C reaches one of its statements, also while it connects."""

    def interrupted(*parts: object, **more: object) -> None:
        raise error

    sweeping.write("in.csv", [PLAIN])
    monkeypatch.setattr(Backend, call, interrupted)
    assert sweeping("in.csv", "out.csv", "--reading", "run") == (130, "interrupted\n")
    assert not (sweeping.folder / "out.csv").exists()


def test_a_terminal_sees_how_far_it_is(tmp_path: Path) -> None:
    _large(tmp_path / "in.parquet", 2_000_000)
    program = _spawn(tmp_path, "in.parquet", "--out", "out.parquet")
    program.expect(r"writing: [0-9,]+ of 2,000,000 rows")
    program.expect("2,000,000 rows decided: out.parquet")
    shown = str(program.before)
    assert shown.endswith("\r"), "the line is wiped before the result is printed"
    assert "\x1b" not in shown
    program.expect(pexpect.EOF)
    program.close()
    assert program.exitstatus == 0


def test_a_pipe_sees_the_result_only(sweeping: Sweeping) -> None:
    sweeping.write("in.csv", [PLAIN] * 50_000)
    assert sweeping("in.csv", "out.csv") == (0, "50,000 rows decided: out.csv\n")


def test_the_help_needs_no_heavy_import() -> None:
    check = "import sys; from advisor.cli.main import run\ntry: run(['sweep', '--help'])\nexcept SystemExit: pass\n"
    heavy = "print(sorted({'numpy', 'ibis', 'duckdb', 'pyarrow', 'pandas', 'pydantic', 'pyspark'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", check + heavy], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


_PYSPARK = importlib.util.find_spec("pyspark") is not None
_JAVA = bool(os.environ.get("JAVA_HOME") or shutil.which("java"))


@pytest.mark.skipif(_PYSPARK, reason="pyspark is installed")
def test_without_pyspark_it_says_what_to_install(sweeping: Sweeping) -> None:
    sweeping.write("in.csv", [PLAIN])
    done = sweeping("in.csv", "out.csv", "--on", "spark")
    assert done.code == 2
    assert "error: pyspark is not installed\n  --> --on\n  help: pip install 'rent-or-own[spark]'" in done.said
    assert not (sweeping.folder / "out.csv").exists()


@pytest.mark.spark
@pytest.mark.skipif(not (_PYSPARK and _JAVA), reason="needs pyspark (the extra `spark`) and Java")
@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_spark_and_duckdb_agree(kind: str, sweeping: Sweeping) -> None:
    rows = [
        PLAIN,
        {**PLAIN, "residency": "on_premises", "quality": "frontier_only"},
        {**PLAIN, "monthly_images": "3e6"},
        {**PLAIN, "latency": "x"},
        {**PLAIN, "quality": ""},
        {**PLAIN, "open_price": "5\n"},
        {**PLAIN, "control": "latents", "monthly_images": "71429.0"},
    ]
    sweeping.write(f"in.{kind}", rows * 30)
    assert sweeping(f"in.{kind}", f"a.{kind}").code == 2
    assert sweeping(f"in.{kind}", f"b.{kind}", "--on", "spark").code == 2
    assert sweeping.read(f"a.{kind}") == sweeping.read(f"b.{kind}")
    assert sweeping.rejects(f"a.{kind}") == sweeping.rejects(f"b.{kind}")
