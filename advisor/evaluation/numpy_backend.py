"""The numpy reading: a rulebook as a table of outcomes, in which whole columns of rows are looked up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.domain.scenario import Axis, Route
from advisor.evaluation.compiler import ROW_SIZES, SIZES, Arithmetic, V, Whole, term_value
from advisor.rulebook.terms import Expression, chosen, names_used

Side = str | int | Expression
"""A side of a comparison of numbers: the name of a field or a term, a known number, or an expression of no term."""


class Steps(NamedTuple):
    """Asks how many of ``marks`` the number ``left`` reaches; the marks ascend, or there is only one."""

    left: Side
    marks: tuple[Side, ...]


OutcomeCodes = NDArray[np.int16]


class RowOutcome(NamedTuple):
    """The outcome of a row. Without a route, none is feasible, or the rules do not decide."""

    route: Route | None
    deciding_axis: Axis | None
    feasible_routes: tuple[Route, ...]
    settled: bool | None

    @property
    def undecided(self) -> bool:
        """Whether the rules leave several routes, or drop every feasible one for another."""
        return self.route is None and bool(self.feasible_routes)


@dataclass(frozen=True)
class RowOutcomes:
    """The outcomes of many rows: that of row ``i`` is ``table[codes[i]]``."""

    codes: OutcomeCodes
    table: Sequence[RowOutcome]


@dataclass(frozen=True)
class OutcomeTable:
    """A rulebook, tabulated.

    ``cells`` holds places in ``outcomes``. It has one dimension for each field of ``options``, by the place of the
    answer in the field's list of options (false before true), and then one for each of ``steps``, by how many marks
    are reached. ``sides`` holds each side of a step over fields and numbers. ``names`` are the fields behind all this:
    no other field can change an outcome.
    """

    options: tuple[str, ...]
    steps: tuple[Steps, ...]
    cells: OutcomeCodes
    outcomes: tuple[RowOutcome, ...]
    sides: Mapping[Side, Expression]
    names: tuple[str, ...]

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """The fields that the sides are computed from."""
        used = {name for side in self.sides.values() for name in names_used(side)}
        return tuple(name for name in self.names if name in used)

    def side_values(self, carrier: Arithmetic[V], values: Mapping[str, V], as_used: bool) -> dict[Side, V]:
        """The value of each side from those of ``numbers``; no GPUs are counted where all are paid ``as_used``."""
        billing = {"gpu_billing": 0} if as_used else {}
        return {side: term_value(chosen(each, billing), carrier, values) for side, each in self.sides.items()}


CHUNK = 65_536
"""Rows at a time: their columns stay in the processor's cache."""
_LARGEST = 2.0**62
"""Half of what an int64 holds, as sizes are computed with floats."""
Columns = Mapping[str, NDArray[Any]]


class _Rounded(Whole):
    """Whole numbers, int64 or Python's own; ``/`` rounds up."""

    def compute(self, op: str, left: Any, right: Any) -> Any:
        if op == "max":
            return np.maximum(left, right)
        return -(-left // right) if op in ("/", "ceil") else super().compute(op, left, right)

    def choose(self, answer: Any, value: int, then: Any, otherwise: Any) -> Any:
        return np.where(answer == value, then, otherwise)


class NumpyReading:
    """Decides rows of complete scenarios.

    ``names`` are the fields that can change an outcome. Every row has all of them, the volume range filled in.
    """

    name = "numpy"

    def __init__(self, table: OutcomeTable) -> None:
        self._table, self.names = table, table.names
        self._flat = table.cells.ravel()

    def decide(self, columns: Columns) -> RowOutcomes:
        """The outcome of each row.

        ``columns`` holds arrays of one length: for a field with options the places of the answers in its list of
        options, for a boolean bools, for a number its smallest steps as int64. The values are those of checked
        scenarios.
        """
        rows = max(map(len, columns.values()))
        codes = np.empty(rows, np.int16)
        for start in range(0, rows, CHUNK):
            chunk = {name: columns[name][start : start + CHUNK] for name in self.names}
            codes[start : start + CHUNK] = self._decided(chunk, min(CHUNK, rows - start))
        return RowOutcomes(codes, self._table.outcomes)

    def beyond_int64(self, columns: Columns) -> NDArray[np.bool_]:
        """The rows in which some intermediate result may not fit an int64."""
        sizes = self._size({name: columns[name].astype(np.float64) for name in self._table.numbers}, ROW_SIZES)
        return np.asarray(sizes > _LARGEST)

    def _decided(self, chunk: Columns, rows: int) -> OutcomeCodes:
        """With int64, and once more with Python's integers where int64 may be too small."""
        codes = self._looked_up(chunk, rows)
        if self._size({name: float(chunk[name].max()) for name in self._table.numbers}, SIZES) > _LARGEST:
            (large,) = np.nonzero(self.beyond_int64(chunk))
            exact = {name: column[large] for name, column in chunk.items()}
            exact |= {name: exact[name].astype(object) for name in self._table.numbers}
            codes[large] = self._looked_up(exact, len(large))
        return codes

    def _looked_up(self, chunk: Columns, rows: int) -> OutcomeCodes:
        table = self._table
        cell = np.zeros(rows, np.min_scalar_type(-self._flat.size))
        for name, radix in zip(table.options, table.cells.shape, strict=False):
            cell *= radix
            np.add(cell, chunk[name], out=cell, casting="unsafe")
        sides = self._sides(_Rounded(), chunk)
        for step in table.steps:
            cell *= len(step.marks) + 1
            for mark in step.marks:
                cell += sides[step.left] >= sides[mark]
        return self._flat.take(cell)

    def _size(self, values: Mapping[str, Any], sizes: Arithmetic[Any]) -> Any:
        """The largest value of any intermediate result, for one row or for each of many."""
        size: Any = 1.0
        for side in self._sides(sizes, values).values():
            size = np.maximum(size, side)
        return size

    def _sides(self, carrier: Arithmetic[Any], values: Mapping[str, Any]) -> dict[Any, Any]:
        return self._table.side_values(carrier, values, as_used=not np.any(values.get("gpu_billing", 0)))


def less(left: Expression, right: Expression, values: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_]:
    """Where one term is less than another, exact; ``values`` are whole numbers, int64 arrays that broadcast."""
    largest = {name: np.float64(value.max()) for name, value in values.items()}
    if max(term_value(side, SIZES, largest) for side in (left, right)) > _LARGEST:
        values = {name: value.astype(object) for name, value in values.items()}
    below = term_value(left, _Rounded(), values) < term_value(right, _Rounded(), values)
    return np.asarray(below, dtype=np.bool_)
