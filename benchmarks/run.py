"""Time the advisor's decision against other engines, and its cold start against Python's.

Run it with `make bench`, or with `python -m benchmarks.run` from the repository's root. No number is printed
before all contenders have been seen to decide alike.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TypeVar

from benchmarks import ours
from benchmarks.interview import time_interviews
from benchmarks.peers import Contender, Scenario
from benchmarks.peers.cedar_peer import Cedar
from benchmarks.peers.check import DisagreementError, check_outcomes, check_rules
from benchmarks.peers.clips_peer import Clips, ClipsCells
from benchmarks.peers.plain import PlainPython
from benchmarks.peers.scenarios import generate
from benchmarks.peers.zen_peer import Zen, ZenTraced

Item = TypeVar("Item")

CHECKED = 3_000
STARTS = 15
ROOT = Path(__file__).resolve().parent.parent
_UNCACHED = ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")
EXAMPLE = "examples/exercise-38-3-2.scenario.yaml"
DISTRIBUTIONS = ("durable_rules", "clipspy", "zen-engine", "cedarpy")

# One number for each round, by contender or command.
Series = dict[str, list[float]]


def main() -> int:
    """Check, time the decisions, time the cold start; 1 when contenders disagree or a command fails."""
    parser = argparse.ArgumentParser(description="Time the advisor against other engines, and its cold start.")
    parser.add_argument("--rounds", type=int, default=11, help="rounds of decisions (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=2_000, help="decisions a round (default: %(default)s)")
    options = parser.parse_args()

    print(", ".join([f"Python {platform.python_version()}", *_versions(DISTRIBUTIONS)]))
    advisors, peers = ours.contenders(), _peers()
    contenders = [*advisors, *peers]
    scenarios = generate(CHECKED, seed=0)
    try:
        check_outcomes(contenders, scenarios)
        check_rules(peers, scenarios)
    except DisagreementError as difference:
        print(difference, file=sys.stderr)
        return 1
    print(f"{len(contenders)} contenders decide {CHECKED:,} scenarios alike.\n")

    rates = time_decisions(contenders, options.rounds, options.batch)
    print(f"Decisions a second, median (min to max) of {options.rounds} rounds of {options.batch:,}:\n")
    _print_rates(rates, [advisor.name for advisor in advisors])
    time_interviews()
    try:
        _cold_start()
    except subprocess.CalledProcessError as error:
        print(f"{error}\n{error.stderr}", file=sys.stderr)
        return 1
    return 0


def time_decisions(contenders: Sequence[Contender], rounds: int, batch: int) -> Series:
    """Decisions a second of each contender, round by round.

    In a round all contenders decide the same scenarios, new ones each round; each round another begins.
    """
    rates: Series = {contender.name: [] for contender in contenders}
    for number in range(rounds):
        scenarios = generate(batch, seed=number + 1)
        for contender in _rotated(contenders, number):
            rates[contender.name].append(batch / _seconds(partial(_decide_all, contender, scenarios)))
    return rates


def time_commands(commands: dict[str, list[str]], rounds: int) -> tuple[Series, Series]:
    """Wall time and CPU time in seconds of each command, round by round. OUT in a command is a new, empty folder."""
    times: Series = {name: [] for name in commands}
    computing: Series = {name: [] for name in commands}
    for number in range(rounds):
        for name in _rotated(list(commands), number):
            with tempfile.TemporaryDirectory() as out:
                command = [out if word == "OUT" else word for word in commands[name]]
                before = _children_seconds()
                times[name].append(_seconds(partial(_run, command)))
                computing[name].append(_children_seconds() - before)
    return times, computing


def _peers() -> list[Contender]:
    return [PlainPython(), Clips(), ClipsCells(), Zen(), ZenTraced(), Cedar()]


def _decide_all(contender: Contender, scenarios: Sequence[Scenario]) -> None:
    decide = contender.decide
    for scenario in scenarios:
        decide(scenario)


def _run(command: list[str]) -> None:
    subprocess.run(command, cwd=ROOT, env=_as_installed(), check=True, capture_output=True, text=True, timeout=60)


def _as_installed() -> dict[str, str]:
    """The environment without the settings that make Python compile every module again at each start."""
    return {name: value for name, value in os.environ.items() if name not in _UNCACHED}


def _children_seconds() -> float:
    """The CPU time of all ended child processes."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _seconds(action: Callable[[], None]) -> float:
    gc.collect()
    start = perf_counter()
    action()
    return perf_counter() - start


def _rotated(items: Sequence[Item], by: int) -> list[Item]:
    by %= len(items)
    return [*items[by:], *items[:by]]


def _versions(distributions: Sequence[str]) -> Iterator[str]:
    for name in distributions:
        yield f"{name} {version(name)}"


def _print_rates(rates: Series, advisors: Sequence[str]) -> None:
    """Print the rates, and for each of ours how many times as fast as the row's contender it is."""
    rows = [["", "decisions/s", *(f"{advisor} is" for advisor in advisors)]]
    for name, values in rates.items():
        ratios = [
            _spread([mine / theirs for mine, theirs in zip(rates[advisor], values, strict=True)], "{:.2f}x")
            for advisor in advisors
        ]
        rows.append([name, _spread(values, "{:,.0f}"), *ratios])
    _print_table(rows)


def _cold_start() -> None:
    """Print how long a command takes from a cold start, as a multiple of what Python alone takes."""
    advisor = Path(sys.executable).with_name("advisor")
    if not advisor.exists():
        print("\nCold start: not measured, `advisor` is not installed with this Python.")
        return
    bare = "python -c pass"
    commands = {
        bare: [sys.executable, "-c", "pass"],
        "advisor --help": [str(advisor), "--help"],
        "advisor decide, memo as Markdown": [str(advisor), "decide", EXAMPLE],
        "advisor decide, memo as HTML": [str(advisor), "decide", EXAMPLE, "--format", "html"],
        "advisor decide --out, every file": [str(advisor), "decide", EXAMPLE, "--out", "OUT"],
    }
    time_commands(commands, rounds=1)  # compiles what is imported, as an installation does
    times, computing = time_commands(commands, STARTS)
    print(f"\nCold start, median (min to max) of {STARTS} rounds:\n")
    rows = [["", "milliseconds", "of python -c pass", "in CPU time"]]
    for name, values in times.items():
        rows.append(
            [
                name,
                _spread([1000 * value for value in values], "{:.0f}"),
                _spread(_ratios(values, times[bare]), "{:.2f}x"),
                _spread(_ratios(computing[name], computing[bare]), "{:.2f}x"),
            ]
        )
    _print_table(rows)


def _ratios(values: Sequence[float], bare: Sequence[float]) -> list[float]:
    return [mine / python for mine, python in zip(values, bare, strict=True)]


def _spread(values: Sequence[float], form: str) -> str:
    low, middle, high = (form.format(value) for value in (min(values), median(values), max(values)))
    return f"{middle} ({low} to {high})"


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        numbers = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        print("  ".join([name.ljust(widths[0]), *numbers]))


if __name__ == "__main__":
    sys.exit(main())
