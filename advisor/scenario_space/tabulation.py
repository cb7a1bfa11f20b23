"""Tabulates a rulebook: the outcome of every combination of answers and comparisons, so that a row is one look-up.

The rules read of a row its options and how its numbers compare, nothing else. The outcome of every combination of these
is computed beforehand, with the same compiler and the same fold as every other reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from advisor.domain.scenario import Axis, Route
from advisor.evaluation.compiler import compile_rules
from advisor.evaluation.judgement import silences
from advisor.evaluation.resolution import eliminating_axes, fold, is_settled
from advisor.evaluation.table_backend import CellLogic, OutcomeTable, RowOutcome
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import FIELD_NAMES
from advisor.rulebook.terms import names_used
from advisor.scenario_space.breakpoints import written_out
from advisor.scenario_space.gate_outcomes import with_relevant_offers

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
    settled = np.where(asked, 1 + np.asarray(is_settled(logic, whole.asked, logic.wins(rulebook))), 0)
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
