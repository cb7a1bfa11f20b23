"""A tabulated rulebook, and the outcomes that it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.domain.scenario import Axis, Route
from advisor.evaluation.table_backend import Side, Steps
from advisor.rulebook.terms import Expression

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
