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
        return left if op == "/" else left + right


SIZES = Sizes()
