"""Reading usage files against the bare DuckDB query for the same months: time, and the memory at its peak.

Run it with `python -m benchmarks.usage_files [--rows N] [--rounds N]` from the repository's root. Each run is a process
of its own, both come one after the other in each round, and the best of the rounds counts. The seconds are those of the
reading; what importing costs is in neither.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

WRITE = """
import duckdb
duckdb.sql("SET enable_progress_bar = false")
duckdb.sql('''CREATE TABLE log AS SELECT
    TIMESTAMP '2025-01-01' + to_microseconds((i * (31536000000000 / {rows}.0))::BIGINT) AS stamp,
    CASE WHEN hash(i) % 20 = 0 THEN 500 ELSE 200 END AS status,
    '/v1/images/' || (['generations', 'edits', 'variations'])[1 + (hash(i + 1) % 3)::INT] AS path,
    (1 + hash(i + 2) % 4)::INT AS images,
    ((1 + hash(i + 3) % 100000) / 1e6)::DECIMAL(12, 6) AS cost
FROM range({rows}) numbers(i)''')
for name, how in (('csv', 'FORMAT csv, HEADER'), ('jsonl', 'FORMAT json'), ('parquet', 'FORMAT parquet')):
    duckdb.sql(f"COPY log TO 'log.{{name}}' ({{how}})")
"""
BARE = """
import time, duckdb
duckdb.sql("SET enable_progress_bar = false")
columns = "{{stamp: 'TIMESTAMP', status: 'INTEGER', path: 'VARCHAR', images: 'INTEGER', cost: 'DECIMAL(12, 6)'}}"
tables = dict(
    csv=f"read_csv('log.csv', columns = {{columns}}, header = true)",
    jsonl=f"read_json('log.jsonl', columns = {{columns}}, format = 'newline_delimited')",
    parquet="read_parquet('log.parquet')",
)
started = time.perf_counter()
duckdb.sql(f'''SELECT date_trunc('month', stamp) AS month, count(*), sum(images), sum(cost)
    FROM {{tables["{kind}"]}} WHERE status = 200 GROUP BY month''').fetchall()
print(time.perf_counter() - started)
"""
READ = """
import datetime, time
from pathlib import Path
from advisor.usage.model import ReadOptions
from advisor.usage.read import read_usage
import advisor.usage.engines, ibis
ibis.duckdb
options = ReadOptions(today=datetime.date(2026, 1, 1), mapping=Path('log.mapping.yaml'))
started = time.perf_counter()
reading = read_usage(['log.{kind}'], options)
print(time.perf_counter() - started)
assert len(reading.days) == 365, len(reading.days)
"""
MAPPING = """
meter: bench
columns: {at: stamp, images: images, cost: cost}
where: {status: 200}
"""


def main() -> int:
    """Prints the seconds, the ratio and the peak memory for each format."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="advisor-usage-") as folder:
        (Path(folder) / "log.mapping.yaml").write_text(MAPPING)
        _finished(WRITE.format(rows=options.rows), folder)
        for kind in ("csv", "jsonl", "parquet"):
            size = (Path(folder) / f"log.{kind}").stat().st_size
            rounds = [
                (_finished(BARE.format(kind=kind), folder), _finished(READ.format(kind=kind), folder))
                for _ in range(options.rounds)
            ]
            bare = min(seconds for (seconds, _), _ in rounds)
            read = min(seconds for _, (seconds, _) in rounds)
            bare_memory = max(memory for (_, memory), _ in rounds)
            memory = max(memory for _, (_, memory) in rounds)
            print(
                f"{kind:8} {options.rows:,} rows, {size / 1e6:6,.0f} MB: bare {bare:6.2f} s, {bare_memory:5.0f} MB   "
                f"read {read:6.2f} s, {memory:5.0f} MB   ratio {read / bare:.2f}",
                flush=True,
            )
    return 0


def _finished(code: str, folder: str) -> tuple[float, float]:
    """Seconds as the process prints them, and its peak megabytes."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    process = subprocess.Popen([sys.executable, "-c", code], cwd=folder, env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"it ended with exit code {os.waitstatus_to_exitcode(status)}")
    return float(printed or 0), used.ru_maxrss / 1e3


if __name__ == "__main__":
    sys.exit(main())
