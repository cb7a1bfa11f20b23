"""The decision with its deciding axis written by hand in numpy: the reference for whole columns.

Routes are bits, so that a set of routes is a small number. Numbers must fit an int64 on the way; nobody looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Columns = Mapping[str, NDArray[Any]]
Bits = NDArray[np.int8]

SELF_HOST, OPEN, CLOSED = 1, 2, 4
HOSTED = OPEN | CLOSED
AXES = ("residency", "licensing", "model_access", "control", "latency", "cost", "switching_cost")
NO_AXIS = -1
NOT_ASKED = -1
CHUNK = 65_536


class Decided(NamedTuple):
    """A set of routes left and of feasible ones, the place of the deciding axis, and settled as 0, 1 or -1."""

    left: Bits
    feasible: Bits
    axis: Bits
    settled: Bits


class _Judged(NamedTuple):
    """What the gates eliminate, axis by axis, and at which end of the range a hosted price wins."""

    out: Mapping[str, Bits]
    best: NDArray[np.bool_]
    open_low: NDArray[np.bool_]
    open_high: NDArray[np.bool_]
    closed_low: NDArray[np.bool_]
    closed_high: NDArray[np.bool_]

    def at(self, rows: NDArray[np.int64]) -> _Judged:
        out = {axis: bits[rows] for axis, bits in self.out.items()}
        return _Judged(out, *(truths[rows] for truths in self[1:]))


def decide(columns: Columns) -> Decided:
    """Decides every row: options are places in their list, booleans bools, numbers int64 in smallest steps."""
    rows = len(columns["residency"])
    chunks = [
        _decide({name: column[start : start + CHUNK] for name, column in columns.items()})
        for start in range(0, rows, CHUNK)
    ]
    return Decided(*map(np.concatenate, zip(*chunks, strict=True)))


def routes(columns: Columns) -> Bits:
    """The routes left of every row, and nothing else."""
    rows = len(columns["residency"])
    chunks = (
        {name: column[start : start + CHUNK] for name, column in columns.items()} for start in range(0, rows, CHUNK)
    )
    return np.concatenate([_routes(_judge(chunk), ())[0] for chunk in chunks])


def _decide(columns: Columns) -> Decided:
    judged = _judge(columns)
    left, feasible, settled = _routes(judged, ())
    axis = np.full(len(left), NO_AXIS, np.int8)
    rows = np.nonzero(left)[0]
    for size in range(1, len(AXES) + 1):
        if not len(rows):
            break
        here, before = judged.at(rows), left[rows]
        found = np.full(len(rows), NO_AXIS, np.int8)
        for axes in combinations(AXES, size):
            turned = (_routes(here, axes)[0] != before) & (found == NO_AXIS)
            found[turned] = AXES.index(axes[0])
        axis[rows] = found
        rows = rows[found == NO_AXIS]
    return Decided(left, feasible, axis, settled)


def _judge(columns: Columns) -> _Judged:
    control = np.array([0, CLOSED, CLOSED, HOSTED], np.int8)
    out = {
        "residency": (columns["residency"] == 2) * np.int8(HOSTED),
        "licensing": columns["indemnity_required"] * np.int8(SELF_HOST | OPEN)
        | columns["train_on_outputs"] * np.int8(CLOSED),
        "model_access": (columns["quality"] == 2) * np.int8(SELF_HOST | OPEN),
        "control": control.take(columns["control"]),
        "latency": (columns["latency"] == 1) * np.int8(HOSTED),
    }
    low, high = columns["monthly_images_low"], columns["monthly_images_high"]
    hour = columns["gpu_hour_price"] * 1000
    own_low, own_high = (
        -(-hour * images // columns["images_per_gpu_hour"]) + columns["monthly_overhead"] for images in (low, high)
    )
    return _Judged(
        out,
        columns["quality"] == 1,
        columns["open_price"] * low < own_low,
        columns["open_price"] * high < own_high,
        columns["closed_price"] * low < own_low,
        columns["closed_price"] * high < own_high,
    )


def _routes(judged: _Judged, silenced: tuple[str, ...]) -> tuple[Bits, Bits, Bits]:
    """The routes left, the feasible ones, and whether cost settled it, with some axes silenced."""
    running = np.full(len(judged.best), SELF_HOST | HOSTED, np.int8)
    for axis, bits in judged.out.items():
        if axis not in silenced:
            running &= ~bits
    feasible = running.copy()
    if "model_access" not in silenced:
        dropped = judged.best & ((running & HOSTED) == HOSTED) & (((running & SELF_HOST) == 0) | judged.closed_high)
        running &= ~(dropped * np.int8(OPEN))
    open_in = (running & OPEN) != 0
    low = (judged.open_low & open_in) | (judged.closed_low & ~open_in)
    high = (judged.open_high & open_in) | (judged.closed_high & ~open_in)
    asked = ((running & SELF_HOST) != 0) & ((running & HOSTED) != 0)
    settled = np.where(asked, (low == high).view(np.int8), np.int8(NOT_ASKED))
    if "cost" not in silenced:
        running &= ~((asked & low & high) * np.int8(SELF_HOST))
        running &= ~((asked & ~low & ~high) * np.int8(HOSTED))
    if "switching_cost" not in silenced:
        both, hosted = (running & HOSTED) == HOSTED, (running & HOSTED) != 0
        running &= ~(both * np.int8(CLOSED))
        running &= ~((hosted & (low != high)) * np.int8(SELF_HOST))
    return running, feasible, settled
