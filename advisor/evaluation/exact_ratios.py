"""The arithmetic of ratios: nothing is divided, so nothing is rounded. Ratios compare as their cross products do."""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

from advisor.evaluation.compiler import Arithmetic


class Ratio(NamedTuple):
    """``over / under``, with ``under`` more than zero; None is one."""

    over: Any
    under: Any = None


class Whole:
    """Whole numbers of any type that knows ``+``, ``-`` and ``*``; a subclass divides, compares and chooses."""

    def number(self, value: int) -> Any:
        """A whole number."""
        return value

    def compute(self, op: str, left: Any, right: Any) -> Any:
        """``+``, ``-`` or ``*``."""
        return {"+": operator.add, "-": operator.sub, "*": operator.mul}[op](left, right)


class Ratios:
    """Ratios over the numbers of another carrier."""

    def __init__(self, whole: Arithmetic[Any]) -> None:
        self._whole = whole

    def number(self, value: int) -> Ratio:
        """A whole number."""
        return Ratio(self._whole.number(value))

    def compute(self, op: str, left: Ratio, right: Ratio) -> Ratio:
        """The exact result; what is divided by is more than zero."""
        if op == "/":
            return Ratio(self._times(left.over, right.under), self._times(left.under, right.over))
        if op == "*":
            return Ratio(self._times(left.over, right.over), self._times(left.under, right.under))
        if op in ("ceil", "max"):
            return Ratio(self._whole.compute(op, *self.crossed(left, right)))
        return Ratio(self._whole.compute(op, *self.crossed(left, right)), self._times(left.under, right.under))

    def choose(self, answer: Ratio, value: int, then: Ratio, otherwise: Ratio) -> Ratio:
        """Chooses over and under separately, so that no number becomes larger."""
        over = self._whole.choose(answer.over, value, then.over, otherwise.over)
        if then.under is None and otherwise.under is None:
            return Ratio(over)
        one = self._whole.number(1)
        unders = (one if part.under is None else part.under for part in (then, otherwise))
        return Ratio(over, self._whole.choose(answer.over, value, *unders))

    def crossed(self, left: Ratio, right: Ratio) -> tuple[Any, Any]:
        """Two numbers that compare as the ratios do."""
        return self._times(left.over, right.under), self._times(right.over, left.under)

    def _times(self, left: Any, right: Any) -> Any:
        if left is None or right is None:
            return right if left is None else left
        return self._whole.compute("*", left, right)
