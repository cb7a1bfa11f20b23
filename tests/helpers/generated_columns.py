"""Generated columns of complete scenarios: many rows at once, over every magnitude, many of them on cost ties."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from advisor.domain.cost_model import VOLUMES
from advisor.domain.offer import Encoded
from advisor.domain.scenario import FIELDS
from advisor.rulebook.symbols import FIELD_NAMES

Columns = dict[str, NDArray[Any]]

LARGEST_MONTH = 9 * 10**15
"""The dearest month that is computed, in micro-dollars."""
OPTIONS = ("residency", "output_use", "indemnity_required", "train_on_outputs", "quality", "control", "latency")
PRICES = ("open_price", "closed_price")
NUMBERS = (*VOLUMES, *PRICES, "gpu_hour_price", "images_per_gpu_hour", "monthly_overhead")
FLEET = ("gpu_billing", "peak_to_mean", "min_gpus")
_WIDEST = 10**12
"""The most a volume, a price or a throughput can be, in smallest steps."""


def generate(rows: int, seed: int) -> Columns:
    """``rows`` scenarios, encoded: places of options, bools, whole numbers in smallest steps. A seed repeats them.

    Half of them keep to usual amounts, the others go as far as the bounds of the fields.
    """
    rng = np.random.default_rng(seed)
    usual = rng.random(rows) < 0.5
    columns: Columns = {name: _answers(rng, name, rows) for name in OPTIONS}
    volumes = np.sort([_magnitudes(rng, np.where(usual, 10**7, _WIDEST)) for _ in VOLUMES], axis=0)
    volumes = np.where(rng.random(rows) < 0.4, volumes[-1], volumes)
    high = volumes[-1]
    columns |= dict(zip(VOLUMES, volumes, strict=True))
    dearest = np.where(usual, 10**6, np.minimum(_WIDEST, LARGEST_MONTH // high))
    columns |= {name: _magnitudes(rng, dearest) for name in PRICES}
    overhead = _magnitudes(rng, np.where(usual, 10**11, LARGEST_MONTH))
    columns["monthly_overhead"] = np.where(rng.random(rows) < 0.1, 0, overhead)
    columns["images_per_gpu_hour"] = _magnitudes(rng, np.where(usual, 10**7, _WIDEST))
    for name, mended in (("images_per_gpu_hour", _WIDEST), ("monthly_overhead", 0)):
        columns[name] = np.where(_dearest_hour(columns) < 1, mended, columns[name])
    dearest_hour = np.minimum(np.where(usual, 5 * 10**7, _WIDEST), _dearest_hour(columns))
    columns["gpu_hour_price"] = _magnitudes(rng, dearest_hour.astype(np.int64))
    _tie(rng, columns, np.nonzero(rng.random(rows) < 0.35)[0])
    columns |= _fleets(rng, columns, usual)
    _tie_of_fleets(rng, columns, np.nonzero(rng.random(rows) < 0.35)[0])
    return columns


def _fleets(rng: np.random.Generator, columns: Columns, usual: NDArray[np.bool_]) -> Columns:
    """GPUs that are always on in a half of the rows, as far as they are affordable."""
    rows = len(usual)
    peak = 999 + _magnitudes(rng, np.where(usual, 9_001, 729_001))
    fewest = _magnitudes(rng, np.where(usual, 4, 10_000))
    fewest, peak = (np.where(rng.random(rows) < 0.4, least, drawn) for least, drawn in ((1, fewest), (1000, peak)))
    busiest = {**columns, "peak_to_mean": peak, "min_gpus": fewest}
    dear = np.array([_own_always_on(busiest, row, "monthly_images_high") > LARGEST_MONTH for row in range(rows)])
    always_on = (rng.random(rows) < 0.5) & ~dear
    return {"gpu_billing": always_on.astype(np.int8), "peak_to_mean": peak, "min_gpus": fewest}


def _own_always_on(columns: Columns, row: int, volume: str) -> int:
    """What GPUs that are always on cost in micro-dollars."""
    per_hour, peak, images = (int(columns[name][row]) for name in ("images_per_gpu_hour", "peak_to_mean", volume))
    gpus = max(int(columns["min_gpus"][row]), -(-peak * images // (730 * per_hour)))
    return int(columns["gpu_hour_price"][row]) * 730 * gpus + int(columns["monthly_overhead"][row])


def _tie_of_fleets(rng: np.random.Generator, columns: Columns, rows: NDArray[np.int64]) -> None:
    """As ``_tie`` where GPUs are always on, and images on either side of the end of a step of GPUs."""
    for row in (int(row) for row in rows if columns["gpu_billing"][row]):
        volume = str(rng.choice(["monthly_images_low", "monthly_images_high"]))
        price = int(columns[str(rng.choice(PRICES))][row])
        fleet = _own_always_on(columns, row, volume) - int(columns["monthly_overhead"][row])
        overhead = price * int(columns[volume][row]) - fleet + int(rng.integers(-1, 2))
        high = _own_always_on(columns, row, "monthly_images_high") - int(columns["monthly_overhead"][row])
        columns["monthly_overhead"][row] = min(max(0, overhead), LARGEST_MONTH - high)


def facts_of(columns: Columns, row: int) -> dict[str, Encoded]:
    """One row as the readings of single scenarios take it."""
    facts: dict[str, Encoded] = {}
    for name, column in columns.items():
        known, value = FIELD_NAMES[name], int(column[row])
        if known.options:
            facts[name] = known.encode(known.options[value])
        else:
            facts[name] = bool(value) if known.boolean else value
    return facts


def answers_of(columns: Columns, row: int) -> dict[str, Any]:
    """One row as a scenario file would hold it."""
    answers: dict[str, Any] = {}
    for name, value in facts_of(columns, row).items():
        known, quantity = FIELD_NAMES[name], FIELDS[name].quantity
        if quantity:
            answers[name] = Decimal(value).scaleb(-quantity.places)
        else:
            answers[name] = value if known.boolean else known.decode(value)
    return answers


def on_ties(columns: Columns) -> NDArray[np.bool_]:
    """Rows where a hosted price and own GPUs are at most a micro-dollar apart, at the low or the high month."""
    exact = {name: columns[name].astype(object) for name in (*NUMBERS, "peak_to_mean", "min_gpus")}
    per_hour = exact["images_per_gpu_hour"]
    tied = np.zeros(len(per_hour), bool)
    for volume in (exact["monthly_images_low"], exact["monthly_images_high"]):
        gpus = np.maximum(exact["min_gpus"], -(-exact["peak_to_mean"] * volume // (730 * per_hour)))
        always_on = exact["gpu_hour_price"] * 730 * gpus + exact["monthly_overhead"]
        as_used = exact["gpu_hour_price"] * 1000 * volume + exact["monthly_overhead"] * per_hour
        own = np.where(columns["gpu_billing"] == 1, always_on * per_hour, as_used)
        for price in PRICES:
            tied |= abs(exact[price] * volume * per_hour - own) <= per_hour
    return tied


def _answers(rng: np.random.Generator, name: str, rows: int) -> NDArray[Any]:
    """Any option in a third of the rows; in the others mostly the first, so that prices get to decide."""
    chosen = rng.random(rows) < np.where(np.arange(rows) % 3 == 0, 1.0, 0.15)
    places = np.where(chosen, rng.integers(0, len(FIELD_NAMES[name].options) or 2, rows), 0)
    return places.astype(bool if FIELD_NAMES[name].boolean else np.int8)


def _magnitudes(rng: np.random.Generator, most: NDArray[np.int64]) -> NDArray[np.int64]:
    """Whole numbers from 1 to ``most``, spread over their magnitudes, both ends among them."""
    spread = np.exp(rng.uniform(0, np.log(most.astype(float)))).astype(np.int64)
    drawn = rng.random(len(most))
    return np.clip(np.where(drawn < 0.02, most, np.where(drawn > 0.98, 1, spread)), 1, most)


def _dearest_hour(columns: Columns) -> NDArray[np.float64]:
    """A little less than the GPU-hour price at which the high month costs the most there may be."""
    left = (LARGEST_MONTH - columns["monthly_overhead"]) * (1 - 1e-9)
    return np.asarray(left * columns["images_per_gpu_hour"] / (1000.0 * columns["monthly_images_high"]))


def _tie(rng: np.random.Generator, columns: Columns, rows: NDArray[np.int64]) -> None:
    """Makes own GPUs cost what a hosted price comes to at one end of the range, give or take a micro-dollar."""
    exact = {name: columns[name][rows].astype(object) for name in NUMBERS}
    price = np.where(rng.random(len(rows)) < 0.5, exact["open_price"], exact["closed_price"])
    volume = np.where(rng.random(len(rows)) < 0.5, exact["monthly_images_low"], exact["monthly_images_high"])
    per_hour = np.maximum(exact["images_per_gpu_hour"], 1000)
    hour = np.minimum(exact["gpu_hour_price"], price * per_hour // 1000)
    nudge = rng.integers(-1, 2, len(rows)).astype(object)
    overhead = np.maximum(0, price * volume + -(hour * 1000 * volume // per_hour) + nudge)
    high = -(-hour * 1000 * exact["monthly_images_high"] // per_hour)
    columns["monthly_overhead"][rows] = np.minimum(overhead, LARGEST_MONTH - high)
    columns["images_per_gpu_hour"][rows] = per_hour
    columns["gpu_hour_price"][rows] = hour
