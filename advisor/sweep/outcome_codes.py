"""Compact outcomes of many rows: two bytes a row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from advisor.evaluation.outcome_table import RowOutcome

REJECTED, OPEN = 0, 1


class Codes:
    """For each row the index of its outcome in ``outcomes``, which has None at REJECTED and OPEN."""

    def __init__(self, rows: int) -> None:
        self.codes = np.zeros(rows, np.int16)
        self.outcomes: list[RowOutcome | None] = [None, None]
        self._places: dict[RowOutcome, int] = {}

    def undecided(self) -> NDArray[np.int64]:
        """The rows that the rules leave undecided."""
        places = [place for place, outcome in enumerate(self.outcomes) if outcome and outcome.undecided]
        return np.flatnonzero(np.isin(self.codes, places))

    def place(self, outcome: RowOutcome | None) -> int:
        """The index of an outcome; None is OPEN."""
        if outcome is None:
            return OPEN
        if outcome not in self._places:
            self._places[outcome] = len(self.outcomes)
            self.outcomes.append(outcome)
        return self._places[outcome]
