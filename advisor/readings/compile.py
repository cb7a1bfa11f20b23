"""Compiles conditions and terms once, for any carrier: what the values are and how they combine is its business."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from advisor.rulebook.conditions import AnyOf, Comparison, Condition
from advisor.rulebook.terms import Expression, Number, Use

V = TypeVar("V")
Compared = TypeVar("Compared", contravariant=True)
B = TypeVar("B")


class Logic(Protocol[Compared, B]):
    """How values compare and truths of type B combine.

    ``compare`` answers twice: does it surely hold, and may it hold (it may when a trait it reads is unknown).
    """

    def compare(self, facts: Mapping[str, Compared], comparison: Comparison) -> tuple[B, B]:
        """Whether the comparison surely holds, and whether it may."""

    def every(self, truths: list[B]) -> B:
        """Their conjunction; true for none."""

    def some(self, truths: list[B]) -> B:
        """Their disjunction; false for none."""


class Arithmetic(Protocol[V]):
    """How values of type V are computed."""

    def number(self, value: int) -> V:
        """A whole number."""

    def compute(self, op: str, left: V, right: V) -> V:
        """``+``, ``-``, ``*``, or ``/`` rounded up."""


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


def term_value(expression: Expression, carrier: Arithmetic[V], values: Mapping[str, V]) -> V:
    """The value of a term, given a value for every name it reads."""
    if isinstance(expression, Number):
        return carrier.number(expression.value)
    if isinstance(expression, Use):
        return values[expression.name]
    left = term_value(expression.left, carrier, values)
    right = term_value(expression.right, carrier, values)
    if expression.shift:
        left = carrier.compute("*", left, carrier.number(10**expression.shift))
    return carrier.compute(expression.op, left, right)
