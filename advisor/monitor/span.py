"""A number as far as it is known, and how the JSON of the monitor writes it: decimal text, a range as three keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from advisor.domain.cost_model import rounded
from advisor.domain.quantity import MICRO, amount_text, plain


@dataclass(frozen=True)
class Span:
    """A number as far as it is known: exact where low equals high."""

    low: Fraction
    expected: Fraction
    high: Fraction

    @staticmethod
    def of(value: Fraction) -> Span:
        """A number known exactly."""
        return Span(value, value, value)

    def __add__(self, other: Span) -> Span:
        """The sum of two numbers."""
        return Span(self.low + other.low, self.expected + other.expected, self.high + other.high)

    @property
    def ends(self) -> tuple[Fraction, Fraction, Fraction]:
        """The least, the expected and the largest value."""
        return self.low, self.expected, self.high

    @property
    def exact(self) -> bool:
        """True where nothing had to be assumed."""
        return self.low == self.high


Form = Callable[[Fraction], str]


def whole(value: Fraction) -> str:
    """Images, as whole ones."""
    return plain(Decimal(rounded(value, 0)))


def hundredths(value: Fraction) -> str:
    """N*, as the record has it."""
    return rounded(value, 2)


def amount(value: Fraction) -> str:
    """Dollars, rounded to the nearest micro-dollar: what was paid is reported, not compared."""
    return amount_text(micro_dollars(value))


def micro_dollars(value: Fraction) -> int:
    """Dollars in whole micro-dollars, rounded to the nearest."""
    return int(Decimal(rounded(value, MICRO)).scaleb(MICRO))


def plain_number(value: Fraction) -> str:
    """A threshold or another number without a unit.

    >>> plain_number(Fraction(11, 10))
    '1.1'
    """
    return plain(Decimal(rounded(value, MICRO)))


def maybe(value: Fraction | None, form: Form) -> str | None:
    """The text of a number; None for an unknown one."""
    return None if value is None else form(value)


def ends_of(name: str, span: Span | None, form: Form) -> dict[str, str | None]:
    """A number, and both ends of its range as ``_low`` and ``_high``."""
    keys = {"": "expected", "_low": "low", "_high": "high"}
    return {name + key: form(getattr(span, end)) if span else None for key, end in keys.items()}
