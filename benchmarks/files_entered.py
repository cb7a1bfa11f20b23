"""How many files of the package a reader has to open to follow one run: those whose functions the run calls."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from multiprocessing import get_context
from pathlib import Path
from types import FrameType

import advisor
from advisor.cli.main import run as run_advisor

PACKAGE = Path(advisor.__file__).parent
EXAMPLE = "examples/exercise-38-3-2.scenario.yaml"
YEAR = "examples/startup-year"
RUNS = {
    "a scenario to its JSON record": ["decide", EXAMPLE, "--json"],
    "a scenario to its HTML memo": ["decide", EXAMPLE, "--format", "html"],
    "usage files to a verdict": [
        *("monitor", f"{YEAR}/usage/*", "--decision", f"{YEAR}/startup.decision.json"),
        *("--no-history", "--date", "2026-11-02", "--json"),
    ],
}


@contextmanager
def files_entered() -> Iterator[set[Path]]:
    """Collects the files of the package in which a function is called; importing a module alone does not count."""
    found: set[Path] = set()

    def profile(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_flags & 0x02:  # CO_NEWLOCALS: a function, not a module or a class body
            found.add(Path(frame.f_code.co_filename))

    sys.setprofile(profile)
    try:
        yield found
    finally:
        sys.setprofile(None)
        found.intersection_update(PACKAGE.rglob("*.py"))


def entered_by(arguments: Sequence[str]) -> list[Path]:
    """The files that one command line goes through, relative to the package."""
    with redirect_stdout(io.StringIO()), files_entered() as found:
        run_advisor(arguments)
    return sorted(path.relative_to(PACKAGE) for path in found)


def run() -> None:
    """Prints the number of files for each run; with ``--list`` their names too."""
    # A fresh process for each run, as what one run has cached the next would not enter.
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for name, arguments in RUNS.items():
            found = pool.apply(entered_by, (arguments,))
            print(f"{len(found):3} files: {name}")
            if "--list" in sys.argv:
                print(*(f"      {path}" for path in found), sep="\n")


if __name__ == "__main__":
    run()
