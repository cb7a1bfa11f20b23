"""Columns at once: a rulebook tabulated, so that reading a row is finding its cell.

A row touches the rules through its options and through how its numbers compare, nothing else. What every combination
of these comes to is worked out beforehand, with the same compiler and the same fold as every other reading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.domain.scenario import Axis, Route
from advisor.evaluation.compiler import Compilation
from advisor.evaluation.inequality import is_settled
from advisor.evaluation.judgement import silences
from advisor.evaluation.relevant import with_relevant_offers
from advisor.evaluation.resolution import NOTHING, Folded, Silenced, fold
from advisor.evaluation.table_backend import CellLogic, Side, Steps
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import FIELD_NAMES
from advisor.rulebook.terms import Expression, Number, Use, names_used

Codes = NDArray[np.int16]
_ROUTES, _AXES = tuple(Route), tuple(Axis)
_SETTLED = (None, False, True)
_KEY = (1 << len(_ROUTES), 1 << len(_ROUTES), len(_SETTLED), 1 + len(_AXES))
"""How many values each part of an outcome has: the routes left, the feasible ones, settled, the deciding axis."""


class Outcome(NamedTuple):
    """What a row comes to. Without a route, none is feasible, or the rules do not decide."""

    route: Route | None
    deciding_axis: Axis | None
    feasible_routes: tuple[Route, ...]
    settled: bool | None

    @property
    def undecided(self) -> bool:
        """Whether the rules leave several routes, or drop every feasible one for another."""
        return self.route is None and bool(self.feasible_routes)


@dataclass(frozen=True)
class Outcomes:
    """The outcomes of many rows: row ``i`` comes to ``table[codes[i]]``."""

    codes: Codes
    table: Sequence[Outcome]


@dataclass(frozen=True)
class Table:
    """A rulebook, tabulated.

    ``cells`` holds places in ``outcomes``. It has one dimension for each field of ``options``, by the place of the
    answer in the field's list of options (false before true), and then one for each of ``steps``, by how many marks
    are reached. ``sides`` says how each side of a step is computed. ``names`` are the fields behind all this: no other
    field can change an outcome.
    """

    options: tuple[str, ...]
    steps: tuple[Steps, ...]
    cells: Codes
    outcomes: tuple[Outcome, ...]
    sides: Mapping[Side, Expression]
    names: tuple[str, ...]


@lru_cache(maxsize=8)
def table_of(rulebook: Rulebook, deciding: bool = True) -> Table:
    """Tabulates a rulebook, once. Raises BadInput where it tells more cells apart than are computed.

    Without ``deciding`` no deciding axis is worked out, which is most of the work.
    """
    rulebook = with_relevant_offers(rulebook)
    logic = CellLogic(rulebook)
    compilation = Compilation(rulebook, logic)
    eliminated = [compilation.eliminated({**logic.facts, **offer.traits}) for offer in rulebook.offers]
    holds = compilation.holds(logic.facts)
    speaking = {rule.axis for rule in (*rulebook.gates, *rulebook.preferences)} if deciding else set()
    wins = logic.wins(rulebook)
    keys = _keys(
        lambda silenced: fold(rulebook, logic, eliminated, holds, silenced),
        silences(tuple(axis for axis in Axis if axis in speaking)),
        lambda asked: is_settled(logic, asked, wins),
        (1,) * logic.dimensions,
    )
    distinct, places = np.unique(keys, return_inverse=True)
    cells = places.reshape(keys.shape).astype(np.int16)
    matters = [bool((cells != cells.take([0], dimension)).any()) for dimension in range(cells.ndim)]
    cells = cells[tuple(slice(None) if does else 0 for does in matters)]
    options = tuple(compress(logic.options, matters))
    steps = tuple(compress(logic.steps, matters[len(logic.options) :]))
    sides = {side: _expression(rulebook, side) for step in steps for side in (step.left, *step.marks)}
    read = {name for side in sides for name in _fields_behind(rulebook, side)}
    names = tuple(name for name in FIELD_NAMES if name in read or name in options)
    return Table(options, steps, cells, tuple(map(_outcome, distinct)), sides, names)


def _keys(
    folded: Callable[[Silenced], Folded[Any]],
    silences: Sequence[tuple[Axis, ...]],
    is_settled: Callable[[Mapping[Route, Any]], Any],
    shape: tuple[int, ...],
) -> NDArray[np.int64]:
    """The outcome of every cell as one number."""
    whole = folded(NOTHING)
    left = _mask(whole.left)
    asked = sum(map(np.asarray, whole.asked.values()))
    settled = np.where(asked, 1 + np.asarray(is_settled(whole.asked)), 0)
    deciding, undecided = np.zeros(shape, np.int64), left != 0
    for axes in silences:
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


def _outcome(key: int) -> Outcome:
    left, feasible, settled, deciding = (int(part) for part in np.unravel_index(key, _KEY))
    routes = _routes(left)
    axis = _AXES[deciding - 1] if deciding else None
    return Outcome(routes[0] if len(routes) == 1 else None, axis, _routes(feasible), _SETTLED[settled])


def _routes(mask: int) -> tuple[Route, ...]:
    return tuple(route for place, route in enumerate(_ROUTES) if mask >> place & 1)


def _expression(rulebook: Rulebook, side: Side) -> Expression:
    if isinstance(side, int):
        return Number(side)
    if not isinstance(side, str):
        return side
    term = rulebook.terms.get(side)
    return term.expression if term else Use(side)


def _fields_behind(rulebook: Rulebook, side: Side) -> frozenset[str]:
    return frozenset(names_used(_expression(rulebook, side)))
