"""The Z3 reading: the shared compiler over symbolic values, so that one question covers every scenario at once.

Numbers are exact reals in their smallest steps (dollars: micro-dollars) and ``/`` is exact. What is already known is
folded in Python, so that terms are built only of what is still free.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import ceil
from numbers import Rational
from typing import Any

import z3

from advisor.domain.cost_model import VOLUMES
from advisor.domain.offer import UNKNOWN, Encoded, Unknown
from advisor.domain.scenario import FIELDS, MAX_MONTHLY_COST
from advisor.evaluation.compiler import Whole, term_value
from advisor.evaluation.facts import NOT_ASKED
from advisor.rulebook.model import LARGEST, Comparison, Rulebook
from advisor.rulebook.symbols import FIELD_NAMES, Name

Truth = Any
"""A bool, or a z3.BoolRef where it depends on what is free; z3 has no types."""
Value = Encoded | Unknown | None
"""A value of an answer or a trait; None is no answer."""


@dataclass(frozen=True)
class Symbol:
    """A fact: its value, whether there is an answer, and whether the trait is known.

    A word is a mapping from its options to the truth that it is this one; the others are Python or Z3 values.
    """

    value: Any
    answered: Truth = True
    known: Truth = True


class Z3Logic:
    """Carrier of symbols with free truths. Comparisons of missing answers do not hold; those of unknown traits may."""

    def compare(self, facts: Mapping[str, Symbol], comparison: Comparison) -> tuple[Truth, Truth]:
        left = facts.get(comparison.name)
        right = facts.get(str(comparison.right)) if comparison.against_name else Symbol(comparison.right)
        if left is None or right is None:
            return False, False
        answered, known = self.every([left.answered, right.answered]), self.every([left.known, right.known])
        if known is False:
            return False, answered
        holds = self._holds(comparison.op, left.value, right.value)
        return self.every([answered, known, holds]), self.every([answered, self.some([self.negate(known), holds])])

    def _holds(self, op: str, left: Any, right: Any) -> Truth:
        if isinstance(left, Mapping):
            return left.get(right, False)
        if isinstance(right, bool):
            return left if right else self.negate(left)
        return getattr(operator, op)(left, right)

    def every(self, truths: list[Truth]) -> Truth:
        return _joined(z3.And, True, truths)

    def some(self, truths: list[Truth]) -> Truth:
        return _joined(z3.Or, False, truths)

    def negate(self, truth: Truth) -> Truth:
        return not truth if isinstance(truth, bool) else z3.Not(truth)


def _joined(join: Callable[[list[Truth]], Truth], neutral: bool, truths: list[Truth]) -> Truth:
    free = [truth for truth in truths if truth is not neutral]
    if any(truth is (not neutral) for truth in free):
        return not neutral
    return join(free) if len(free) > 1 else (free[0] if free else neutral)


class _Exact(Whole):
    """Whole numbers and Z3 reals; ``/`` is exact, and ``ceil`` rounds up."""

    def compute(self, op: str, left: Any, right: Any) -> Any:
        if op == "max":
            known = isinstance(left, Rational) and isinstance(right, Rational)
            return max(left, right) if known else z3.If(left >= right, left, right)
        if op == "ceil" and isinstance(left, Rational) and isinstance(right, Rational):
            return ceil(Fraction(left) / Fraction(right))
        if op in ("/", "ceil"):
            quotient = (z3.RealVal(left) if isinstance(left, int) else left) / right
            return quotient if op == "/" else -z3.ToReal(z3.ToInt(-quotient))
        return super().compute(op, left, right)

    def choose(self, answer: Any, value: int, then: Any, otherwise: Any) -> Any:
        if isinstance(answer, int):
            return then if answer == value else otherwise
        return z3.If(answer == value, then, otherwise)


class _AnyGpus(_Exact):
    """As ``_Exact``, with any number from a quotient to less than one more in place of the quotient rounded up.

    That is more than there is: what holds of all of these holds of the whole numbers among them.
    """

    def __init__(self) -> None:
        self.limits: list[Any] = []

    def compute(self, op: str, left: Any, right: Any) -> Any:
        if op != "ceil":
            return super().compute(op, left, right)
        quotient, rounded = left / right, z3.FreshReal("rounded up")
        self.limits += [quotient <= rounded, rounded < quotient + 1]
        return rounded


LOGIC = Z3Logic()
EXACT = _Exact()


@cache
def _words(options: tuple[str, ...]) -> tuple[Any, dict[str, Any]]:
    """An enumeration sort and its constants; declared once, because Z3 identifies sorts by their names."""
    sort, constants = z3.EnumSort("|".join(options), [f"{option} of {'|'.join(options)}" for option in options])
    return sort, dict(zip(options, constants, strict=True))


@dataclass(frozen=True, eq=False)
class Variable:
    """A free answer or trait, with the bounds of a number in steps; ``answered`` and ``known`` may be free."""

    name: Name
    value: Any
    answered: Truth = True
    known: Truth = True
    least: int = 0
    most: int = 0

    @property
    def symbol(self) -> Symbol:
        """The fact a rule reads."""
        if self._is_word:
            constants = _words(self.name.options)[1]
            is_word = {word: self.value == constant for word, constant in constants.items()}
            return Symbol(is_word, self.answered, self.known)
        return Symbol(self.value, self.answered, self.known)

    @property
    def _is_word(self) -> bool:
        return not (self.name.numeric or self.name.ordered or self.name.boolean)

    @property
    def within_bounds(self) -> Truth:
        """Whether a number or a level is one of its domain."""
        if self._is_word or self.name.boolean:
            return True
        return z3.And(self.least <= self.value, self.value <= self.most)

    def equals(self, value: Value) -> Truth:
        """Whether it is this value; None asks whether it is not answered, UNKNOWN whether it is not known."""
        if value is None:
            return LOGIC.negate(self.answered)
        if isinstance(value, Unknown):
            return LOGIC.negate(self.known)
        constant = _words(self.name.options)[1][str(value)] if self._is_word else value
        return LOGIC.every([self.answered, self.known, self.value == constant])

    def read(self, model: Any) -> Value | Fraction:
        """Its value in a model; a number as a fraction of steps (an irrational one to ten digits)."""
        if not _true(model, self.answered):
            return None
        if not _true(model, self.known):
            return UNKNOWN
        value = model.eval(self.value, model_completion=True)
        if self.name.numeric:
            return Fraction((value.approx(10) if z3.is_algebraic_value(value) else value).as_fraction())
        if self.name.boolean:
            return bool(z3.is_true(value))
        if self.name.ordered:
            return int(value.as_long())
        return next(word for word, constant in _words(self.name.options)[1].items() if value.eq(constant))


def _true(model: Any, truth: Truth) -> bool:
    return truth if isinstance(truth, bool) else bool(z3.is_true(model.eval(truth, model_completion=True)))


def _free(name: Name, label: str) -> Any:
    if name.numeric:
        return z3.Real(label)
    if name.boolean:
        return z3.Bool(label)
    return z3.Int(label) if name.ordered else z3.Const(label, _words(name.options)[0])


def free_answer(field: str, version: str = "") -> Variable:
    """Any value of a scenario field within its bounds; an optional one may be absent, but not a volume or the load.

    Answers of another ``version`` are independent of one another.
    """
    name, spec = FIELD_NAMES[field], FIELDS[field]
    label = f"{field}{version}"
    answered = z3.Bool(f"{label} is given") if spec.optional and field not in (*VOLUMES, *NOT_ASKED) else True
    most = len(name.options) - 1
    if spec.quantity is None:
        return Variable(name, _free(name, label), answered, most=most)
    least, most = spec.quantity.bounds
    return Variable(name, _free(name, label), answered, least=least, most=most)


def free_trait(rulebook: Rulebook, trait: str, offer: str, may_be_unknown: bool) -> Variable:
    """Any value of an offer's trait, or unknown where it may be."""
    name = rulebook.names[trait]
    label = f"{trait} of {offer}"
    known = z3.Bool(f"{label} is known") if may_be_unknown else True
    return Variable(name, _free(name, label), known=known, most=LARGEST - 1 if name.numeric else len(name.options) - 1)


def stated(value: Encoded | Unknown) -> Symbol:
    """A trait or a constant as the rulebook states it."""
    if isinstance(value, Unknown):
        return Symbol(None, known=False)
    return Symbol({value: True} if isinstance(value, str) else value)


def always_on_facts(rulebook: Rulebook, answers: Mapping[str, Symbol]) -> tuple[dict[str, Symbol], list[Truth]]:
    """As ``symbolic_facts``, where GPUs are always on, with limits on how many there are in place of their number."""
    carrier = _AnyGpus()
    facts = symbolic_facts(rulebook, {**answers, "gpu_billing": Symbol(1)}, carrier)
    return facts, carrier.limits


def symbolic_facts(rulebook: Rulebook, answers: Mapping[str, Symbol], carrier: _Exact = EXACT) -> dict[str, Symbol]:
    """The answers with the constants and every term; a term is known if all its amounts are."""
    facts = {**{name: stated(value) for name, value in rulebook.constants.items()}, **answers}
    values = {name: symbol.value for name, symbol in facts.items()}
    for name, term in rulebook.terms.items():
        answered = LOGIC.every([facts[read].answered for read in sorted(term.reads)])
        facts[name] = Symbol(term_value(term.expression, carrier, values), answered)
    return facts


def accepted(answers: Mapping[str, Variable]) -> list[Truth]:
    """What a scenario file has to keep to: every bound, the order of the volumes, and the most a month may cost."""
    low, expected, high = (answers[name].value for name in VOLUMES)
    dearest = int(MAX_MONTHLY_COST.scaleb(6))
    hourly, per_hour = answers["gpu_hour_price"], answers["images_per_gpu_hour"]
    running = hourly.value * 10 ** (per_hour.name.places or 0) * high / per_hour.value
    return [
        *(variable.within_bounds for variable in answers.values()),
        low <= expected,
        expected <= high,
        answers["open_price"].value * high <= dearest,
        answers["closed_price"].value * high <= dearest,
        running + answers["monthly_overhead"].value <= dearest,
    ]
