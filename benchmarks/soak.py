"""Many decisions in one process: memory stays flat, and threads get the right answers.

Run it with `make soak`, or with `python -m benchmarks.soak` from the repository's root. Exits with 1 when
memory grows, an answer is wrong, or there is nothing to soak.
"""

from __future__ import annotations

import gc
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from benchmarks import ours
from benchmarks.peers import Contender
from benchmarks.peers.plain import decide
from benchmarks.peers.scenarios import generate

DECISIONS = 200_000
STEP = 20_000
WARM = 40_000
ALLOWED_GROWTH = 5.0
THREADS = 8
PER_THREAD = 5_000


def main() -> int:
    """Soak each of the advisor's contenders in turn."""
    contenders = ours.contenders()
    if not contenders:
        print("there is nothing to soak: benchmarks/ours.py names no contender", file=sys.stderr)
        return 1
    held = [soak(contender) for contender in contenders]
    return 0 if all(held) else 1


def soak(contender: Contender) -> bool:
    """Soak one contender, print what was seen, and tell whether it held."""
    print(f"{contender.name}: {DECISIONS:,} decisions in one thread")
    growth = memory_growth(contender)
    print(f"  grew by {growth:.1f} MB after the first {WARM:,}; {ALLOWED_GROWTH:.0f} MB are allowed")
    wrong = wrong_answers(contender)
    print(f"{contender.name}: {THREADS} threads, {PER_THREAD:,} decisions each: {wrong} wrong")
    return growth <= ALLOWED_GROWTH and wrong == 0


def memory_growth(contender: Contender) -> float:
    """Resident megabytes gained between the first WARM decisions and the last; no scenario comes twice."""
    warm = 0.0
    for done in range(STEP, DECISIONS + 1, STEP):
        # Small batches, so that the scenarios themselves hardly show in the memory measured.
        for seed in range(done - STEP, done, 1_000):
            for scenario in generate(1_000, seed):
                contender.decide(scenario)
        gc.collect()
        resident = resident_megabytes()
        print(f"  {done:>7,} decisions: {resident:6.1f} MB resident")
        if done == WARM:
            warm = resident
    return resident_megabytes() - warm


def wrong_answers(contender: Contender) -> int:
    """Let THREADS threads decide at once, and count the answers that differ from plain Python's."""
    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(partial(_wrong, contender), range(THREADS)))


def resident_megabytes() -> float:
    """Memory of this process that is in RAM, as Linux counts it."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _wrong(contender: Contender, seed: int) -> int:
    scenarios = generate(PER_THREAD, DECISIONS + seed)
    return sum(contender.decide(scenario)[:2] != decide(scenario)[:2] for scenario in scenarios)


if __name__ == "__main__":
    sys.exit(main())
