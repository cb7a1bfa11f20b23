"""Compiles conditions and terms once, for any carrier, which defines the values and how they combine.

Here too are the carriers that several backends share: exact ratios of whole numbers, and upper bounds of sizes.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

from advisor.rulebook.conditions import AnyOf, Comparison, Condition
from advisor.rulebook.model import Rule
from advisor.rulebook.terms import Choice, Expression, Number, Use

V = TypeVar("V")
Compared = TypeVar("Compared", contravariant=True)
B = TypeVar("B")


class Truth(Protocol[B]):
    """How truths of type B combine."""

    def every(self, truths: list[B]) -> B:
        """Their conjunction; true for none."""

    def some(self, truths: list[B]) -> B:
        """Their disjunction; false for none."""

    def negate(self, truth: B) -> B:
        """True where it is false."""


class Logic(Truth[B], Protocol[Compared, B]):
    """How values compare, besides how truths combine.

    ``compare`` answers twice: does it surely hold, and may it hold (it may when a trait it reads is unknown).
    """

    def compare(self, facts: Mapping[str, Compared], comparison: Comparison) -> tuple[B, B]:
        """Whether the comparison surely holds, and whether it may."""


class Arithmetic(Protocol[V]):
    """How values of type V are computed."""

    def number(self, value: int) -> V:
        """A whole number."""

    def compute(self, op: str, left: V, right: V) -> V:
        """``+``, ``-``, ``*``, ``max``, ``/`` or ``ceil``, which is rounded up; ``/`` by a carrier of whole numbers."""

    def choose(self, answer: V, value: int, then: V, otherwise: V) -> V:
        """``then`` where the answer is a value, else ``otherwise``."""


Compiled = Callable[[Mapping[str, V]], tuple[B, B]]


def compile_condition(condition: Condition, carrier: Logic[V, B]) -> Compiled[V, B]:
    """A function from facts to (surely, maybe)."""
    if isinstance(condition, Comparison):
        return lambda facts: carrier.compare(facts, condition)
    parts = [compile_condition(part, carrier) for part in condition.parts]
    join = carrier.some if isinstance(condition, AnyOf) else carrier.every

    def joined(facts: Mapping[str, V]) -> tuple[B, B]:
        answers = [part(facts) for part in parts]
        return join([surely for surely, _ in answers]), join([maybe for _, maybe in answers])

    return joined


def compile_rules(rules: Iterable[Rule], carrier: Logic[V, B]) -> dict[str, Compiled[V, B]]:
    """The conditions of some rules, by their ids."""
    return {rule.id: compile_condition(rule.when, carrier) for rule in rules}


def term_value(expression: Expression, carrier: Arithmetic[V], values: Mapping[str, V]) -> V:
    """The value of a term, from a value for every name it reads."""
    if isinstance(expression, Number):
        return carrier.number(expression.value)
    if isinstance(expression, Use):
        return values[expression.name]
    if isinstance(expression, Choice):
        then, otherwise = (term_value(part, carrier, values) for part in (expression.then, expression.otherwise))
        return carrier.choose(values[expression.name], expression.value, then, otherwise)
    left = term_value(expression.left, carrier, values)
    right = term_value(expression.right, carrier, values)
    if expression.shift:
        left = carrier.compute("*", left, carrier.number(10**expression.shift))
    return carrier.compute(expression.op, left, right)


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


class Sizes:
    """Sizes of at least one each, so that no operation makes a size smaller. A division leaves its left side's."""

    def number(self, value: int) -> Any:
        return max(1, abs(value))

    def compute(self, op: str, left: Any, right: Any) -> Any:
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
