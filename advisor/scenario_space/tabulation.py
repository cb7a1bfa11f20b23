"""Tabulates a rulebook: the outcome of every combination of answers and comparisons, so that a row is one look-up.

The rules read of a row its options and how its numbers compare, nothing else. A cell is one combination of these. The
outcome of every cell is computed beforehand, with the same compiler and the same fold as every other reading. A truth
is an array with one dimension for each question, of length one if the question does not matter to it; a truth that is
the same in every cell is a bool.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import lru_cache, partial, reduce
from itertools import compress
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.common.diagnostics import BadInput, Problem
from advisor.domain.offer import Encoded, Unknown
from advisor.domain.scenario import FIELDS, Axis, Route
from advisor.evaluation.compiler import compile_rules
from advisor.evaluation.numpy_backend import OutcomeTable, RowOutcome, Side, Steps
from advisor.evaluation.resolution import INEQUALITY, eliminating_axes, fold, is_settled, silences
from advisor.rulebook.model import Comparison, Rulebook, comparisons
from advisor.rulebook.symbols import FIELD_NAMES, Name
from advisor.rulebook.terms import Expression, Number, Use, constant_value, names_used, replaced
from advisor.scenario_space.amount_regions import written_out
from advisor.scenario_space.gate_outcomes import with_relevant_offers

MAX_CELLS = 2**22
_MAX_DIMENSIONS = 32
"""The most an array has in numpy 1."""

Truth = bool | NDArray[np.bool_]
Value = Encoded | Unknown | NDArray[Any]
"""What is known of a name in every cell; of a number that only a row gives, its name."""


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
        self._inequality = _inequality(rulebook)
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

    def wins(self) -> dict[Route, tuple[Truth, ...]]:
        """For each hosted route whether renting wins in the low month, and whether in the high one."""
        return {route: tuple(map(self._compared, months)) for route, months in self._inequality.items()}

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
        judged = [(rulebook.gates, {**self.facts, **offer.traits}) for offer in rulebook.offers]
        for rules, facts in (*judged, (rulebook.preferences, self.facts)):
            compared = (found for rule in rules for found in comparisons(rule.when))
            for comparison in (found for found in compared if self._names[found.name].numeric):
                left, right = _sides(facts, comparison)
                if isinstance(left, Unknown) or isinstance(right, Unknown):
                    continue
                below = _below(self._names, left, comparison.op, right)
                if _known(below) is None and isinstance(below.mark, int):
                    known_marks.setdefault(below.left, set()).add(below.mark)
                elif _known(below) is None:
                    others[Steps(below.left, (below.mark,))] = None
        others |= {Steps(left, (mark,)): None for months in self._inequality.values() for left, mark, _ in months}
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


_ROUTES, _AXES = tuple(Route), tuple(Axis)
_SETTLED = (None, False, True)
_KEY = (1 << len(_ROUTES), 1 << len(_ROUTES), len(_SETTLED), 1 + len(_AXES))
"""How many values each part of an outcome has: the routes left, the feasible ones, settled, the deciding axis."""


@lru_cache(maxsize=8)
def table_of(rulebook: Rulebook) -> OutcomeTable:
    """Tabulates a rulebook, once. Raises BadInput if it has more cells than can be computed."""
    rulebook = with_relevant_offers(rulebook)
    logic = CellLogic(rulebook)
    keys = _keys(rulebook, logic)
    distinct, places = np.unique(keys, return_inverse=True)
    cells = places.reshape(keys.shape).astype(np.int16)
    matters = [bool((cells != cells.take([0], dimension)).any()) for dimension in range(cells.ndim)]
    cells = cells[tuple(slice(None) if does else 0 for does in matters)]
    options = tuple(compress(logic.options, matters))
    steps = tuple(compress(logic.steps, matters[len(logic.options) :]))
    sides = {side: written_out(rulebook, side) for step in steps for side in (step.left, *step.marks)}
    read = {name for expression in sides.values() for name in names_used(expression)}
    names = tuple(name for name in FIELD_NAMES if name in read or name in options)
    return OutcomeTable(options, steps, cells, tuple(map(_outcome, distinct)), sides, names)


def _keys(rulebook: Rulebook, logic: CellLogic) -> NDArray[np.int64]:
    """The outcome of every cell as one number."""
    gates = compile_rules(rulebook.gates, logic)
    eliminated = [
        eliminating_axes(rulebook, logic, {id: test({**logic.facts, **offer.traits})[0] for id, test in gates.items()})
        for offer in rulebook.offers
    ]
    holds = {id: test(logic.facts)[0] for id, test in compile_rules(rulebook.preferences, logic).items()}
    folded = partial(fold, rulebook, logic, eliminated, holds)
    whole = folded()
    left = _mask(whole.left)
    asked = sum(map(np.asarray, whole.asked.values()))
    settled = np.where(asked, 1 + np.asarray(is_settled(logic, whole.asked, logic.wins())), 0)
    deciding, undecided = np.zeros((1,) * logic.dimensions, np.int64), left != 0
    for axes in silences({rule.axis for rule in (*rulebook.gates, *rulebook.preferences)}):
        if not np.any(undecided):
            break
        turned = undecided & (_mask(folded(frozenset(axes)).left) != left)
        deciding = np.where(turned, 1 + _AXES.index(axes[0]), deciding)
        undecided = undecided & ~turned
    parts = np.broadcast_arrays(left, _mask(whole.feasible), settled, deciding)
    return np.asarray(np.ravel_multi_index(parts, _KEY))


def _mask(routes: Mapping[Route, Any]) -> NDArray[np.int64]:
    """A set of routes as one number, with a bit for each."""
    return np.asarray(sum(np.asarray(routes[route], np.int64) << place for place, route in enumerate(_ROUTES)))


def _outcome(key: int) -> RowOutcome:
    left, feasible, settled, deciding = (int(part) for part in np.unravel_index(key, _KEY))
    routes = _routes(left)
    axis = _AXES[deciding - 1] if deciding else None
    return RowOutcome(routes[0] if len(routes) == 1 else None, axis, _routes(feasible), _SETTLED[settled])


def _routes(mask: int) -> tuple[Route, ...]:
    return tuple(route for place, route in enumerate(_ROUTES) if mask >> place & 1)
