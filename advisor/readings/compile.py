"""Compiles conditions and terms once, for any carrier: what the values are and how they combine is its business."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from advisor.rulebook.conditions import AnyOf, Comparison, Condition
from advisor.rulebook.terms import Expression, Number, Use

V = TypeVar("V")
B = TypeVar("B")


class Carrier(Protocol[V, B]):
    """How values of type V compare and truths of type B combine.

    ``compare`` answers twice: does it surely hold, and may it hold (it may when a trait it reads is unknown).
    """

    def compare(self, facts: Mapping[str, V], comparison: Comparison) -> tuple[B, B]:
        """Whether the comparison surely holds, and whether it may."""

    def every(self, truths: list[B]) -> B:
        """Their conjunction; true for none."""

    def some(self, truths: list[B]) -> B:
        """Their disjunction; false for none."""

    def number(self, value: int) -> V:
        """A whole number."""

    def arithmetic(self, op: str, left: V, right: V) -> V:
        """``+``, ``-``, ``*``, or ``/`` rounded up."""


Compiled = Callable[[Mapping[str, V]], tuple[B, B]]


def compile_condition(condition: Condition, carrier: Carrier[V, B]) -> Compiled[V, B]:
    """A function from facts to (surely, maybe)."""
    if isinstance(condition, Comparison):
        return lambda facts: carrier.compare(facts, condition)
    parts = [compile_condition(part, carrier) for part in condition.parts]
    join = carrier.some if isinstance(condition, AnyOf) else carrier.every

    def joined(facts: Mapping[str, V]) -> tuple[B, B]:
        answers = [part(facts) for part in parts]
        return join([surely for surely, _ in answers]), join([maybe for _, maybe in answers])

    return joined


def compile_term(expression: Expression, carrier: Carrier[V, B]) -> Callable[[Mapping[str, V]], V]:
    """A function from facts, which must hold every name the term reads, to its value."""
    if isinstance(expression, Number):
        constant = carrier.number(expression.value)
        return lambda facts: constant
    if isinstance(expression, Use):
        name = expression.name
        return lambda facts: facts[name]
    left, right = compile_term(expression.left, carrier), compile_term(expression.right, carrier)
    op, factor = expression.op, carrier.number(10**expression.shift)
    if expression.shift:
        return lambda facts: carrier.arithmetic(op, carrier.arithmetic("*", left(facts), factor), right(facts))
    return lambda facts: carrier.arithmetic(op, left(facts), right(facts))
