"""Time whole columns: the numpy reading and the Ibis reading on DuckDB, against numpy by hand and zen-engine.

Run it with `python -m benchmarks.sweep_readings` from the repository's root. No number is printed before all of them
have been seen to decide every scenario alike.
"""

from __future__ import annotations

import argparse
import gc
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from statistics import median
from time import perf_counter
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from advisor.domain.scenario import Axis, Route
from advisor.evaluation.ibis_backend import IbisReading
from advisor.evaluation.numpy_backend import NumpyReading, RowOutcome, RowOutcomes
from advisor.rulebook.loader import bundled_rulebook
from advisor.rulebook.symbols import FIELD_NAMES
from advisor.scenario_space.tabulation import table_of
from benchmarks.peers import Scenario, numpy_peer
from benchmarks.peers.scenarios import MICRO, own, rent
from benchmarks.peers.zen_batch import ZenBatch

Columns = dict[str, NDArray[Any]]

ZEN_BATCH = 2_000
DISTRIBUTIONS = ("numpy", "ibis-framework", "duckdb", "zen-engine")
ADDED = ("route", "deciding_axis", "feasible_routes", "settled")
PARTS = (numpy_peer.SELF_HOST, numpy_peer.OPEN, numpy_peer.CLOSED)
SHARES = {
    "residency": (0.7, 0.2, 0.1),
    "indemnity_required": (0.94, 0.06),
    "train_on_outputs": (0.85, 0.15),
    "quality": (0.55, 0.37, 0.08),
    "control": (0.7, 0.12, 0.13, 0.05),
    "latency": (0.9, 0.1),
}
"""How often each option is given: permissive answers prevail, so that prices decide often enough."""


def main() -> int:
    """Check, then time; 1 when two of them disagree."""
    parser = argparse.ArgumentParser(description="Time decisions on whole columns.")
    parser.add_argument("--rows", type=int, default=1_000_000, help="scenarios (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=11, help="rounds (default: %(default)s)")
    options = parser.parse_args()

    print(", ".join([f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in DISTRIBUTIONS)]))
    columns = generate(options.rows, seed=1)
    numpy, table, zen = NumpyReading(table_of(bundled_rulebook())), _in_memory(columns), ZenBatch()
    decided = IbisReading(table_of(bundled_rulebook())).decide(
        table, {name: int(columns[name].max()) for name in _numbers()}
    )
    scenarios = [scenario(columns, row) for row in range(min(ZEN_BATCH, options.rows))]
    outcomes, by_hand = numpy.decide(columns), numpy_peer.decide(columns)
    for name, differing in (
        ("numpy by hand", _differing(outcomes, by_hand)),
        ("Ibis on DuckDB", _differing_in_words(outcomes, decided.select(*ADDED).to_pyarrow())),
        ("zen-engine", _differing_routes(outcomes, [found[:2] for found in zen.decide_all(scenarios)])),
    ):
        if differing:
            print(f"{name} and the numpy reading decide {differing:,} scenarios otherwise", file=sys.stderr)
            return 1
    print(f"All decide {options.rows:,} scenarios alike (zen-engine {len(scenarios):,}, without a deciding axis).\n")

    counted = decided.group_by(["route", "deciding_axis"]).aggregate(scenarios=decided.count())
    whole: dict[str, Callable[[], object]] = {
        "numpy by hand, routes only": lambda: np.bincount(numpy_peer.routes(columns)),
        "numpy by hand, counted": lambda: _count_by_hand(numpy_peer.decide(columns)),
        "numpy reading, counted": lambda: _count(numpy.decide(columns)),
        "Ibis on DuckDB, counted": counted.to_pyarrow,
        "numpy by hand, in words": lambda: _words_by_hand(numpy_peer.decide(columns)),
        "numpy reading, in words": lambda: in_words(numpy.decide(columns)),
        "Ibis on DuckDB, in words": decided.select(*ADDED).to_pyarrow,
    }
    seconds: dict[str, list[float]] = {name: [] for name in (*whole, "zen-engine")}
    for number in range(options.rounds):
        for name in _rotated(list(whole), number):
            seconds[name].append(_seconds(whole[name]) / options.rows)
        seconds["zen-engine"].append(_seconds(partial(zen.decide_all, scenarios)) / len(scenarios))
    _print(seconds)
    return 0


def generate(rows: int, seed: int) -> Columns:
    """Columns of complete scenarios in usual amounts; a third of them lie on a cost tie or beside one."""
    rng = np.random.default_rng(seed)
    columns: Columns = {
        name: rng.choice(len(shares), rows, p=shares).astype(bool if FIELD_NAMES[name].boolean else np.int8)
        for name, shares in SHARES.items()
    }
    images = (10 ** rng.uniform(2, 6.5, rows)).astype(np.int64)
    spread = np.where(rng.random(rows) < 1 / 3, 1.0, rng.uniform(1, 12, rows))
    low, high = np.maximum(1, (images / spread).astype(np.int64)), (images * spread).astype(np.int64)
    price = rng.integers(2_000, 60_000, rows)
    hour, per_hour = rng.integers(50, 400, rows) * 10_000, rng.integers(60, 1_500, rows) * 1_000
    columns |= {"monthly_images_low": low, "monthly_images_high": high, "open_price": price}
    columns |= {"closed_price": price + rng.integers(1_000, 60_000, rows)}
    columns |= {"gpu_hour_price": hour, "images_per_gpu_hour": per_hour}
    volume, tied = np.where(rng.random(rows) < 0.5, low, high), np.where(rng.random(rows) < 0.5, price, 0)
    tied = np.where(tied == 0, columns["closed_price"], tied)
    overhead = tied * volume + -hour * 1_000 * volume // per_hour + rng.integers(-1, 2, rows)
    usual = rng.integers(0, 8_000, rows) * MICRO
    columns["monthly_overhead"] = np.where((rng.random(rows) < 0.4) & (overhead >= 0), overhead, usual)
    return columns


def scenario(columns: Columns, row: int) -> Scenario:
    """One row as zen-engine takes it, its terms computed beforehand."""
    found: Scenario = {name: int(column[row]) for name, column in columns.items()}
    low, high = found["monthly_images_low"], found["monthly_images_high"]
    for name in SHARES:
        options = FIELD_NAMES[name].options
        found[name] = options[found[name]] if options else bool(found[name])
    for end, images in (("low", low), ("high", high)):
        found[f"open_rent_{end}"] = rent(found["open_price"], images)
        found[f"closed_rent_{end}"] = rent(found["closed_price"], images)
        hour, per_hour = found["gpu_hour_price"] * 1_000, found["images_per_gpu_hour"]
        found[f"own_{end}"] = own(hour, images, per_hour, found["monthly_overhead"])
    return found


def in_words(outcomes: RowOutcomes) -> Any:
    """The outcomes as an Arrow table like the one a database gives."""
    return _arrow(outcomes.table, outcomes.codes)


def _arrow(table: Sequence[RowOutcome], codes: NDArray[Any]) -> Any:
    kinds = (pa.string(), pa.string(), pa.list_(pa.string()), pa.bool_())
    values = zip(ADDED, kinds, zip(*table, strict=True), strict=True)
    return pa.table({name: pa.array(list(column), kind).take(pa.array(codes)) for name, kind, column in values})


def _numbers() -> list[str]:
    return [name for name in NumpyReading(table_of(bundled_rulebook())).names if FIELD_NAMES[name].numeric]


def _in_memory(columns: Columns) -> Any:
    words = {
        name: np.array(FIELD_NAMES[name].options)[column] if FIELD_NAMES[name].options else column
        for name, column in columns.items()
    }
    return ibis.duckdb.connect().create_table("scenarios", pa.table(words))


def _key(decided: numpy_peer.Decided) -> NDArray[np.int64]:
    """Each outcome found by hand as one number below 4,096."""
    left, feasible, axis, settled = (part.astype(np.int64) for part in decided)
    return np.asarray(((left * 8 + feasible) * 8 + axis + 1) * 4 + settled + 1)


def _outcome(key: int) -> RowOutcome:
    left, feasible, axis, settled = key >> 8, key >> 5 & 7, key >> 2 & 7, key & 3
    routes = _routes(left)
    deciding = Axis(numpy_peer.AXES[axis - 1]) if axis else None
    return RowOutcome(
        routes[0] if len(routes) == 1 else None, deciding, _routes(feasible), (None, False, True)[settled]
    )


def _routes(bits: int) -> tuple[Route, ...]:
    return tuple(route for route, bit in zip(Route, PARTS, strict=True) if bits & bit)


def _count(outcomes: RowOutcomes) -> object:
    return np.bincount(outcomes.codes, minlength=len(outcomes.table))


def _count_by_hand(decided: numpy_peer.Decided) -> object:
    return np.bincount(decided.left * np.int8(8) + decided.axis + 1)


def _words_by_hand(decided: numpy_peer.Decided) -> object:
    keys = _key(decided)
    places = np.zeros(4_096, np.int16)
    found = np.nonzero(np.bincount(keys, minlength=4_096))[0]
    places[found] = np.arange(len(found))
    return _arrow([_outcome(int(key)) for key in found], places[keys])


def _differing(outcomes: RowOutcomes, decided: numpy_peer.Decided) -> int:
    distinct, places = np.unique(_key(decided), return_inverse=True)
    number = {outcome: place for place, outcome in enumerate(outcomes.table)}
    by_hand = np.array([number.get(_outcome(int(key)), -1) for key in distinct])[places]
    return int((by_hand != outcomes.codes).sum())


def _differing_in_words(outcomes: RowOutcomes, found: Any) -> int:
    expected = in_words(outcomes)
    return sum(a != b for a, b in zip(expected.to_pylist(), found.to_pylist(), strict=True))


def _differing_routes(outcomes: RowOutcomes, found: Sequence[tuple[str | None, frozenset[str]]]) -> int:
    expected = (outcomes.table[code] for code in outcomes.codes[: len(found)].tolist())
    return sum((one.route, frozenset(one.feasible_routes)) != other for one, other in zip(expected, found, strict=True))


def _seconds(action: Callable[[], object]) -> float:
    gc.collect()
    start = perf_counter()
    action()
    return perf_counter() - start


def _rotated(items: list[str], by: int) -> list[str]:
    by %= len(items)
    return [*items[by:], *items[:by]]


def _print(seconds: Mapping[str, list[float]]) -> None:
    """Rates, and ratios to zen-engine and to numpy by hand, as median (min to max) of the rounds."""
    for name, values in seconds.items():
        by_hand = "numpy by hand, " + name.rpartition(", ")[2]
        beside = ""
        if by_hand in seconds and by_hand != name:
            beside = f"  {_spread(values, seconds[by_hand], '{:.2f}')} of the time by hand"
        rates = [1 / value for value in values]
        low, middle, high = (f"{rate / 1e6:,.3f}" for rate in (min(rates), median(rates), max(rates)))
        faster = _spread(seconds["zen-engine"], values, "{:,.0f}")
        print(f"{name:26} {middle} ({low} to {high}) million/s  {faster} times zen-engine{beside}")


def _spread(over: Sequence[float], under: Sequence[float], form: str) -> str:
    ratios = [one / other for one, other in zip(over, under, strict=True)]
    return "{} ({} to {})".format(*(form.format(value) for value in (median(ratios), min(ratios), max(ratios))))


if __name__ == "__main__":
    sys.exit(main())
