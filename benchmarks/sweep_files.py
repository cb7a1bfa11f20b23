"""A sweep from Parquet to Parquet against DuckDB copying the same file: time, and the memory at its peak.

Run it with `python -m benchmarks.sweep_files [--rows N] [--rounds N]` from the repository's root. Each run is a process
of its own, and in each round both come one after the other; the ratio is taken within the round.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COPY = "import duckdb; duckdb.sql(\"COPY (FROM 'in.parquet') TO 'out.parquet' (FORMAT parquet)\")"
SWEEP = "import sys; from advisor.cli.main import run; sys.exit(run(['sweep', 'in.parquet', '--out', 'out.parquet']))"
ROWS = """
COPY (
    SELECT 'site-' || i AS id,
        (['anywhere', 'in_region', 'on_premises'])[1 + (hash(i) % 3)::INT] AS residency,
        (['internal', 'commercial'])[1 + (hash(i + 1) % 2)::INT] AS output_use,
        hash(i + 2) % 4 = 0 AS indemnity_required,
        hash(i + 3) % 4 = 0 AS train_on_outputs,
        (['open_suffices', 'best_preferred', 'frontier_only'])[1 + (hash(i + 4) % 3)::INT] AS quality,
        (['prompt_only', 'pinned_version', 'adapters', 'latents'])[1 + (hash(i + 5) % 4)::INT] AS control,
        (['tolerant', 'predictable'])[1 + (hash(i + 6) % 2)::INT] AS latency,
        (1 + hash(i + 7) % 100_000)::BIGINT AS monthly_images_low,
        (100_000 + hash(i + 8) % 1_000_000)::BIGINT AS monthly_images,
        (1_100_000 + hash(i + 9) % 10_000_000)::BIGINT AS monthly_images_high,
        ((1 + hash(i + 10) % 100_000) / 1e6)::DOUBLE AS open_price,
        ((1 + hash(i + 11) % 100_000) / 1e6)::DOUBLE AS closed_price,
        ((100_000 + hash(i + 12) % 5_000_000) / 1e6)::DOUBLE AS gpu_hour_price,
        (1 + hash(i + 13) % 1_000)::BIGINT AS images_per_gpu_hour,
        ((hash(i + 14) % 1_000_000) / 100.0)::DOUBLE AS monthly_overhead
    FROM range({rows}) numbers(i)
) TO 'in.parquet' (FORMAT parquet)
"""


def main() -> int:
    """Prints the seconds, the ratio and the peak memory of each round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="advisor-sweep-") as folder:
        _finished(f'import duckdb; duckdb.sql("""{ROWS.format(rows=options.rows)}""")', folder)
        size = (Path(folder) / "in.parquet").stat().st_size
        print(f"{options.rows:,} rows, {size / 1e6:,.0f} MB of Parquet, {os.cpu_count()} cores")
        ratios = []
        for _ in range(options.rounds):
            copied, copying = _finished(COPY, folder)
            swept, sweeping = _finished(SWEEP, folder)
            ratios.append(swept / copied)
            print(
                f"copy {copied:6.1f} s, {copying:4.0f} MB   sweep {swept:6.1f} s, {sweeping:4.0f} MB   "
                f"ratio {swept / copied:.2f}"
            )
        print(f"median ratio {statistics.median(ratios):.2f}")
    return 0


def _finished(code: str, folder: str) -> tuple[float, float]:
    """Seconds and peak megabytes of a Python process."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        raise SystemExit(f"it ended with exit code {os.waitstatus_to_exitcode(status)}: {code}")
    return seconds, used.ru_maxrss / 1e3


if __name__ == "__main__":
    sys.exit(main())
