"""Upper bounds of the absolute values of numbers, intermediate results included, as an arithmetic."""

from __future__ import annotations

from typing import Any


class Sizes:
    """Sizes of at least one each, so that no operation makes a size smaller. A division leaves its left side's."""

    def number(self, value: int) -> Any:
        """The size of a whole number."""
        return max(1, abs(value))

    def compute(self, op: str, left: Any, right: Any) -> Any:
        """The size of the result."""
        if op == "*":
            return left * right
        return left if op in ("/", "ceil") else left + right

    def choose(self, answer: Any, value: int, then: Any, otherwise: Any) -> Any:
        """Both sides are computed, so their sum bounds each."""
        return then + otherwise


class RowSizes(Sizes):
    """Sizes in single rows, where the values are known and not only bounded."""

    def compute(self, op: str, left: Any, right: Any) -> Any:
        """The size of the result; of a quotient rounded up, and of what it is made from."""
        return left / right + 1 if op == "ceil" else super().compute(op, left, right)


SIZES, ROW_SIZES = Sizes(), RowSizes()
