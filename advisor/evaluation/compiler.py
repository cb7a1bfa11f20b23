"""Compiles conditions and terms once, for any carrier, which defines the values and how they combine.

Here too are what every reading implements, the plain Python reading, and the carriers that several backends share:
exact ratios of whole numbers, and upper bounds of sizes.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeVar

from advisor.domain.offer import Encoded, Offer, Unknown
from advisor.rulebook.model import AnyOf, Comparison, Condition, Rule, Rulebook, names_read
from advisor.rulebook.terms import Choice, Expression, Number, Use

V = TypeVar("V")
Compared = TypeVar("Compared", contravariant=True)
B = TypeVar("B")


class Truth(Protocol[B]):
    """How truths of type B combine: ``every`` is true for none, ``some`` is false for none."""

    def every(self, truths: list[B]) -> B: ...
    def some(self, truths: list[B]) -> B: ...
    def negate(self, truth: B) -> B: ...


class Logic(Truth[B], Protocol[Compared, B]):
    """How values compare, besides how truths combine.

    ``compare`` answers twice: does it surely hold, and may it hold (it may when a trait it reads is unknown).
    """

    def compare(self, facts: Mapping[str, Compared], comparison: Comparison) -> tuple[B, B]: ...


class Arithmetic(Protocol[V]):
    """How values of type V are computed.

    ``compute`` knows ``+``, ``-``, ``*``, ``max``, ``/`` and ``ceil``, which is rounded up; a carrier of whole numbers
    rounds ``/`` up too. ``choose`` is ``then`` where the answer is the value, else ``otherwise``.
    """

    def number(self, value: int) -> V: ...
    def compute(self, op: str, left: V, right: V) -> V: ...
    def choose(self, answer: V, value: int, then: V, otherwise: V) -> V: ...


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

Facts = Mapping[str, Encoded | Unknown]
"""Names to values. A name that is missing is not known yet; an unknown trait is present as UNKNOWN."""


class GateMatch(NamedTuple):
    """Ids of the gates that eliminate an offer, and of those that would if an unknown trait turned out badly."""

    eliminating: tuple[str, ...]
    to_verify: tuple[str, ...]


def match_each(
    offers: Iterable[Offer], traits: Iterable[str], match: Callable[[Offer], GateMatch]
) -> tuple[GateMatch, ...]:
    """The match of each offer; offers with equal ``traits`` are matched once."""
    found: dict[tuple[object, ...], GateMatch] = {}
    matches = []
    for offer in offers:
        kind = tuple(offer.traits.get(name) for name in traits)
        if kind not in found:
            found[kind] = match(offer)
        matches.append(found[kind])
    return tuple(matches)


class Matcher(Protocol):
    """A reading of the rulebook. Ids come in the order of the rulebook.

    ``gates``: needs and each offer's traits against the gates, one match for each offer of the rulebook.
    ``preferences``: needs and terms against the preferences. ``advice``: needs, terms and the outcome against the
    advice.
    """

    @property
    def name(self) -> str: ...
    def gates(self, facts: Facts) -> tuple[GateMatch, ...]: ...
    def preferences(self, facts: Facts) -> tuple[str, ...]: ...
    def advice(self, facts: Facts) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class ComposedMatcher:
    """A matcher made of functions: those of another matcher, some of them replaced."""

    name: str
    gates: Callable[[Facts], tuple[GateMatch, ...]]
    preferences: Callable[[Facts], tuple[str, ...]]
    advice: Callable[[Facts], tuple[str, ...]]


class PlainLogic:
    """Carrier of Python values and bools. A comparison of a missing fact does not hold; one of an unknown trait may."""

    def compare(self, facts: Facts, comparison: Comparison) -> tuple[bool, bool]:
        left = facts.get(comparison.name)
        right = facts.get(str(comparison.right)) if comparison.against_name else comparison.right
        if left is None or right is None:
            return False, False
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            return False, True
        holds: bool = getattr(operator, comparison.op)(left, right)
        return holds, holds

    def every(self, truths: list[bool]) -> bool:
        return all(truths)

    def some(self, truths: list[bool]) -> bool:
        return any(truths)

    def negate(self, truth: bool) -> bool:
        return not truth


PLAIN = PlainLogic()


class PlainReading:
    """Matches rules by evaluating their compiled conditions in Python."""

    name = "python"

    def __init__(self, rulebook: Rulebook) -> None:
        self._offers = rulebook.offers
        self._gates = compile_rules(rulebook.gates, PLAIN)
        self._traits = tuple(sorted(names_read(rulebook.gates) & rulebook.traits.keys()))
        self._preferences = compile_rules(rulebook.preferences, PLAIN)
        self._advice = compile_rules(rulebook.advice, PLAIN)

    def gates(self, facts: Facts) -> tuple[GateMatch, ...]:
        return self.match_offers(facts, self._offers)

    def match_offers(self, facts: Facts, offers: Iterable[Offer]) -> tuple[GateMatch, ...]:
        return match_each(offers, self._traits, lambda offer: match_offer(self._gates, {**facts, **offer.traits}))

    def preferences(self, facts: Facts) -> tuple[str, ...]:
        return tuple(rule for rule, test in self._preferences.items() if test(facts)[0])

    def advice(self, facts: Facts) -> tuple[str, ...]:
        return tuple(rule for rule, test in self._advice.items() if test(facts)[0])


def match_offer(gates: Mapping[str, Compiled[Encoded | Unknown, bool]], facts: Facts) -> GateMatch:
    """Needs and one offer's traits against compiled gates."""
    answers = [(rule, test(facts)) for rule, test in gates.items()]
    return GateMatch(
        tuple(rule for rule, (surely, _) in answers if surely),
        tuple(rule for rule, (surely, maybe) in answers if maybe and not surely),
    )
