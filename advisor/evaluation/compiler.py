"""Compiles conditions and terms once, for any carrier, which defines the values and how they combine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeVar

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
