"""The Ibis reading: one expression over a table, the same on DuckDB and on Spark.

The outcome of a row is looked up in short literal arrays, not joined, as a join does not keep the order of the rows.
Numbers are compared without dividing, as Ibis divides them as floats on both.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import prod
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from advisor.common.diagnostics import BadInput, Problem
from advisor.evaluation.compiler import SIZES, Ratio, Ratios, Whole
from advisor.evaluation.numpy_backend import OutcomeTable
from advisor.rulebook.symbols import FIELD_NAMES
from advisor.rulebook.terms import term_text

MAX_LOOKED_UP = 2**19
"""Entries of one array that is looked up: a database parses this many in a few seconds."""
_INT64, _DECIMAL = 2**63, 10**38
_ADDED = {
    "route": "array<string>",
    "deciding_axis": "array<string>",
    "feasible_routes": "array<array<string>>",
    "settled": "array<boolean>",
}
Places = NDArray[Any]


class _Columns(Whole):
    """Whole numbers in columns."""

    def compute(self, op: str, left: Any, right: Any) -> Any:
        """As ``Whole``; a quotient is estimated as a double, and corrected by exact products."""
        if op == "max":
            return (left >= right).ifelse(left, right)
        if op != "ceil":
            return super().compute(op, left, right)
        estimate = (left.cast("float64") / right.cast("float64")).floor().cast(left.type()) - 1
        short = [((estimate + place) * right < left).ifelse(1, 0) for place in range(4)]
        return estimate + sum(short)

    def choose(self, answer: Any, value: int, then: Any, otherwise: Any) -> Any:
        return (answer == value).ifelse(then, otherwise)


class IbisReading:
    """Decides rows of complete scenarios.

    ``names`` are the fields that can change an outcome. Every row has all of them, the volume range filled in.
    """

    name = "ibis"

    def __init__(self, table: OutcomeTable) -> None:
        self._table, self.names = table, table.names
        cells, self._classes = self._table.cells, dict[str, Places]()
        for place, name in enumerate(self._table.options):
            cells, self._classes[name] = _merged(cells, place)
        options = len(self._table.options)
        by_answers = cells.reshape(prod(cells.shape[:options]), prod(cells.shape[options:]))
        by_class, self._answer_classes = _merged(by_answers, 0)
        self._outcomes, self._comparisons = _merged(by_class, 1)
        longest = max(self._answer_classes.size, self._comparisons.size, self._outcomes.size)
        if longest > MAX_LOOKED_UP:
            what = f"in a database these rules distinguish {longest:,} cases, more than {MAX_LOOKED_UP:,}"
            help = "decide them one by one, with `--reading run`, or compare fewer numbers in the rules"
            raise BadInput(Problem(what, "the rulebook", help=help))

    def decide(self, table: ir.Table, most: Mapping[str, int]) -> ir.Table:
        """The table with ``route``, ``deciding_axis``, ``feasible_routes`` and ``settled``.

        In ``table`` options are words, booleans boolean, and numbers int64 in their smallest steps; none is null.
        ``most`` holds the largest value of each number, and may say by 0 that ``gpu_billing`` is never always on.
        Raises BadInput where numbers may become too large.
        """
        answers, numbers = (_unused(table, name) for name in ("answers_", "numbers_"))
        table = table.mutate({answers: self._answers(table), numbers: self._numbers(table, most)})
        answer_class = _looked_up(self._answer_classes, table[answers])
        compared = _looked_up(self._comparisons, table[numbers])
        table = table.mutate({answers: answer_class, numbers: compared})
        place = table[answers] * self._outcomes.shape[1] + table[numbers]
        table = table.mutate({answers: _looked_up(self._outcomes, place)})
        columns = zip(*self._table.outcomes, strict=True)
        words = {
            name: _at(ibis.literal(list(values), type=_ADDED[name]), table[answers])
            for name, values in zip(_ADDED, columns, strict=True)
        }
        return table.mutate(words).drop(answers, numbers)

    def _answers(self, table: ir.Table) -> Any:
        """The place of the row's answers among all combinations of answers that differ."""
        place: Any = ibis.literal(0)
        stride = self._answer_classes.size
        for name, classes in self._classes.items():
            stride //= int(classes.max()) + 1
            options = FIELD_NAMES[name].options or (False, True)
            for number in range(1, int(classes.max()) + 1):
                words = [word for word, its in zip(options, classes, strict=True) if its == number]
                place += table[name].isin(words).ifelse(number * stride, 0)
        return place

    def _numbers(self, table: ir.Table, most: Mapping[str, int]) -> Any:
        """The place of the row's numbers among all ways in which they may compare."""
        sizes = Ratios(SIZES)
        as_used = most.get("gpu_billing") == 0
        side_values = partial(self._table.side_values, as_used=as_used)
        largest = side_values(sizes, {name: Ratio(max(1, most.get(name, 1))) for name in self._table.numbers})
        whole = Ratios(_Columns())
        numbers = {name: _number(table, name) for name in self._table.numbers}
        narrow = side_values(whole, {name: Ratio(number) for name, number in numbers.items()})
        wide = side_values(whole, {name: Ratio(number.cast("decimal(38, 0)")) for name, number in numbers.items()})
        place: Any = ibis.literal(0)
        stride = self._comparisons.size
        for step in self._table.steps:
            stride //= len(step.marks) + 1
            for mark in step.marks:
                size = max(sizes.crossed(largest[step.left], largest[mark]))
                if size >= _DECIMAL:
                    words = [side if isinstance(side, str | int) else term_text(side) for side in (step.left, mark)]
                    what = f"to compare `{words[0]}` with `{words[1]}` in a database"
                    help = "check the largest amounts, or decide them one by one, with `--reading run`"
                    raise BadInput(Problem(f"{what}, numbers of more than 38 digits would be needed", help=help))
                sides = narrow if size < _INT64 else wide
                left, right = whole.crossed(sides[step.left], sides[mark])
                place += (left >= right).ifelse(stride, 0)
        return place


def _number(table: ir.Table, name: str) -> Any:
    """A number of the row; an answer as its place among the options."""
    options = FIELD_NAMES[name].options
    if not options:
        return table[name]
    return sum((table[name] == option).ifelse(place, 0) for place, option in enumerate(options) if place)


def _merged(cells: Places, dimension: int) -> tuple[Places, Places]:
    """The cells with equal slices merged, in order of first appearance, and which of these each slice became."""
    numbers: dict[bytes, int] = {}
    slices = np.moveaxis(cells, dimension, 0)
    classes = np.array([numbers.setdefault(its.tobytes(), len(numbers)) for its in slices])
    _, first = np.unique(classes, return_index=True)
    return cells.take(first, dimension), classes


def _looked_up(places: Places, index: Any) -> Any:
    """From one literal of text, which the database splits once: Ibis takes seconds for a literal of each entry."""
    return _at(ibis.literal(",".join(map(str, places.ravel().tolist()))).split(",").cast("array<int64>"), index)


def _at(values: Any, index: Any) -> Any:
    """The value at a place; Spark takes places of 32 bits only."""
    return values[index.cast("int32")]


def _unused(table: ir.Table, name: str) -> str:
    """The name, extended until it is unique among the table's columns."""
    while name in table.columns:
        name += "_"
    return name
