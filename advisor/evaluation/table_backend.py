"""Truths in every cell at once, and the table of outcomes that they make.

A cell is one combination of the answers and comparisons that the rules can distinguish in a row. A truth is an array
with one dimension for each question, of length one if the question does not matter to it; a truth that is the same in
every cell is a bool.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.common.diagnostics import BadInput, Problem
from advisor.domain.offer import Encoded, Unknown
from advisor.domain.scenario import FIELDS, Axis, Route
from advisor.evaluation.compiler import Arithmetic, V, term_value
from advisor.evaluation.resolution import INEQUALITY
from advisor.rulebook.conditions import Comparison, comparisons
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import FIELD_NAMES, Name
from advisor.rulebook.terms import Expression, Number, Use, chosen, constant_value, names_used, replaced

MAX_CELLS = 2**22
_MAX_DIMENSIONS = 32
"""The most an array has in numpy 1."""

Truth = bool | NDArray[np.bool_]
Side = str | int | Expression
"""A side of a comparison of numbers: the name of a field or a term, a known number, or an expression of no term."""
Value = Encoded | Unknown | NDArray[Any]
"""What is known of a name in every cell; of a number that only a row gives, its name."""


class Steps(NamedTuple):
    """Asks how many of ``marks`` the number ``left`` reaches; the marks ascend, or there is only one."""

    left: Side
    marks: tuple[Side, ...]


class _Below(NamedTuple):
    """``left < mark``, or its opposite where ``negated``."""

    left: Side
    mark: Side
    negated: bool


class CellLogic:
    """The carrier of truths in cells. Raises BadInput where a rulebook has more cells than can be computed.

    ``options`` are the fields with options that rules read and ``steps`` the comparisons of numbers they make: the
    dimensions, in this order. ``facts`` holds what is known of every name but the traits.
    """

    def __init__(self, rulebook: Rulebook) -> None:
        self._names = rulebook.names
        read = rulebook.reads((*rulebook.gates, *rulebook.preferences))
        self.options = tuple(name for name, known in FIELD_NAMES.items() if name in read and not known.numeric)
        numbers = {name: name for name, known in rulebook.names.items() if known.numeric}
        values = {name: constant_value(term.expression, rulebook.constants) for name, term in rulebook.terms.items()}
        always = {name: value for name, value in values.items() if value is not None}
        self.facts: dict[str, Value] = {**numbers, **rulebook.constants, **always}
        self.steps = self._steps(rulebook)
        self.dimensions = len(self.options) + len(self.steps)
        if self.dimensions > _MAX_DIMENSIONS:
            raise _too_many(f"{self.dimensions} questions, more than {_MAX_DIMENSIONS}")
        for place, name in enumerate(self.options):
            self.facts[name] = self._along(place, np.array(FIELD_NAMES[name].values))
        self._reached = {
            step: self._along(place, np.arange(len(step.marks) + 1))
            for place, step in enumerate(self.steps, len(self.options))
        }
        self._step_of = {(step.left, mark): step for step in self.steps for mark in step.marks}

    def compare(self, facts: Mapping[str, Value], comparison: Comparison) -> tuple[Truth, Truth]:
        left, right = _sides(facts, comparison)
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            return False, True
        if self._names[comparison.name].numeric:
            holds = self._compared(_below(self._names, left, comparison.op, right))
        else:
            holds = _collapsed(getattr(operator, comparison.op)(left, right))
        return holds, holds

    def every(self, truths: list[Truth]) -> Truth:
        return _joined(np.logical_and, True, truths)

    def some(self, truths: list[Truth]) -> Truth:
        return _joined(np.logical_or, False, truths)

    def negate(self, truth: Truth) -> Truth:
        return not truth if isinstance(truth, bool) else ~truth

    def wins(self, rulebook: Rulebook) -> dict[Route, tuple[Truth, ...]]:
        """For each hosted route whether renting wins in the low month, and whether in the high one."""
        return {
            route: tuple(self._compared(below) for below in months) for route, months in _inequality(rulebook).items()
        }

    def _compared(self, below: _Below) -> Truth:
        known = _known(below)
        if known is not None:
            return known is not below.negated
        step = self._step_of[below.left, below.mark]
        holds = self._reached[step] <= step.marks.index(below.mark)
        return ~holds if below.negated else holds

    def _along(self, place: int, values: NDArray[Any]) -> NDArray[Any]:
        shape = [1] * self.dimensions
        shape[place] = len(values)
        return values.reshape(shape)

    def _steps(self, rulebook: Rulebook) -> tuple[Steps, ...]:
        """Known marks of one number make one question, any other comparison of numbers makes its own."""
        known_marks: dict[Side, set[int]] = {}
        others: dict[Steps, None] = {}
        for comparison, facts in _of_numbers(rulebook, self.facts):
            left, right = _sides(facts, comparison)
            if isinstance(left, Unknown) or isinstance(right, Unknown):
                continue
            below = _below(self._names, left, comparison.op, right)
            if _known(below) is not None:
                continue
            if isinstance(below.mark, int):
                known_marks.setdefault(below.left, set()).add(below.mark)
            else:
                others[Steps(below.left, (below.mark,))] = None
        others |= {Steps(left, (mark,)): None for months in _inequality(rulebook).values() for left, mark, _ in months}
        return (*(Steps(left, tuple(sorted(marks))) for left, marks in known_marks.items()), *others)


def _inequality(rulebook: Rulebook) -> dict[Route, tuple[_Below, ...]]:
    """The cost inequality, each side under the name of the equal term, if the rulebook has one."""
    constants = {name: Number(value) for name, value in rulebook.constants.items()}
    named: dict[Expression, Side] = {
        replaced(term.expression, lambda name: constants.get(name) or Use(name)): term.name.name
        for term in rulebook.terms.values()
    }
    return {
        route: tuple(_Below(named.get(rent, rent), named.get(own, own), negated=False) for rent, own in months)
        for route, months in INEQUALITY.items()
    }


def _of_numbers(rulebook: Rulebook, facts: Mapping[str, Value]) -> Iterator[tuple[Comparison, Mapping[str, Value]]]:
    """Every comparison of numbers in the rules, with the facts that it compares."""
    judged = [(rulebook.gates, {**facts, **offer.traits}) for offer in rulebook.offers]
    for rules, known in (*judged, (rulebook.preferences, facts)):
        for rule in rules:
            numeric = (found for found in comparisons(rule.when) if rulebook.names[found.name].numeric)
            yield from ((comparison, known) for comparison in numeric)


def _sides(facts: Mapping[str, Value], comparison: Comparison) -> tuple[Value, Value]:
    right = facts[str(comparison.right)] if comparison.against_name else comparison.right
    return facts[comparison.name], right


def _below(names: Mapping[str, Name], left: Any, op: str, right: Any) -> _Below:
    """Every order as ``<``, a known number on its right where that is as exact: for whole x, not n < x is x < n + 1."""
    less, more = (left, right) if op in ("lt", "ge") else (right, left)
    negated = op in ("ge", "le")
    if isinstance(less, int) and isinstance(more, str) and not names[more].quotient:
        return _Below(more, less + 1, not negated)
    return _Below(less, more, negated)


def _known(below: _Below) -> bool | None:
    """Whether ``left < mark`` holds for numbers known beforehand, or for every value a field may have."""
    left, mark, _ = below
    if not isinstance(mark, int):
        return None
    if isinstance(left, int):
        return left < mark
    quantity = FIELDS[left].quantity if isinstance(left, str) and left in FIELDS else None
    if quantity and not quantity.bounds[0] < mark <= quantity.bounds[1]:
        return mark > quantity.bounds[1]
    return None


def _joined(join: Callable[[Any, Any], Any], neutral: bool, truths: list[Truth]) -> Truth:
    if any(truth is (not neutral) for truth in truths):
        return not neutral
    arrays = [truth for truth in truths if not isinstance(truth, bool)]
    cells = prod(np.broadcast_shapes(*(truth.shape for truth in arrays)))
    if cells > MAX_CELLS:
        raise _too_many(f"{cells:,} cases, more than {MAX_CELLS:,}")
    return _collapsed(reduce(join, arrays)) if arrays else neutral


def _collapsed(truth: Any) -> Truth:
    """A bool where the truth is the same in every cell."""
    first = bool(np.ravel(truth)[0])
    return first if np.all(truth == first) else truth


def _too_many(what: str) -> BadInput:
    help = "decide them one by one, with `--reading run`, or compare fewer numbers in the rules"
    return BadInput(Problem(f"for whole columns at once these rules distinguish {what}", "the rulebook", help=help))


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
