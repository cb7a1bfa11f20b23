"""Numbers with a unit: how people type them, how precisely they are stored, and how they are written.

Inside, a quantity is a whole number of its smallest step (dollars: micro-dollars). Outside it is a Decimal.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from numbers import Rational, Real

from advisor.common.diagnostics import quoted

MICRO = 6
"""Decimal places of a dollar in the unit of calculation, the micro-dollar."""
_EXACT = Context(prec=1_000)
"""Wide enough for every number that is at most 100 characters long, so that nothing is rounded before it is checked."""
_MULTIPLES = {
    "": 1,
    "k": 1_000,
    "thousand": 1_000,
    "m": 1_000_000,
    "mn": 1_000_000,
    "million": 1_000_000,
    "b": 1_000_000_000,
    "bn": 1_000_000_000,
    "billion": 1_000_000_000,
}
_TYPED = re.compile(
    r"(?P<dollar>\$|usd)?\s*(?P<number>[-+]?[0-9.,][0-9.,_' ]*(?:e[-+]?[0-9]{1,3})?)"
    r"\s*(?P<multiple>thousand|million|billion|mn|bn|[kmb])?\s*(?P<unit>usd|dollars?|\$|cents?|¢)?",
    re.IGNORECASE | re.ASCII,
)
_GROUPED = re.compile(r"[-+]?[1-9][0-9]{0,2}(?P<by>[,_' ])[0-9]{3}(?:(?P=by)[0-9]{3})*(?:\.[0-9]+)?")
"""With thousands in groups; a group of thousands never begins with 0, so `0,042` has none."""
_GROUPED_BY_POINTS = re.compile(r"[-+]?[1-9][0-9]{0,2}\.[0-9]{3}")
_PLAIN = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[-+]?[0-9]{1,3})?", re.IGNORECASE)
_ANY_LENGTH = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?", re.IGNORECASE)
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+(?:\.[0-9]*)?")
_SEPARATOR = re.compile("[.,_' ]")
_WRITTEN_ALIKE = str.maketrans({"\u00a0": " ", "\u2007": " ", "\u2009": " ", "\u202f": " ", "\u2019": "'"})
"""Spaces and the apostrophe that other programs use between groups of thousands."""
_MAX_TYPED = 100
FLOATS_REFUSED = "floats are refused: write Decimal or text"
"""A float is no exact decimal: 0.1 is 0.1000000000000000055."""


class NotANumber(ValueError):
    """The text or value is not a valid number; ``help`` says what to write."""

    def __init__(self, what: str, help: str) -> None:
        super().__init__(what)
        self.help = help


@dataclass(frozen=True)
class Quantity:
    """What one numeric field holds.

    ``unit`` is for people ("$ per image"); ``places`` is the number of decimal places; ``least`` and ``most``
    bound it, ``least`` included; ``example`` is a usual one, for help lines.
    """

    unit: str
    places: int
    least: Decimal
    most: Decimal
    money: bool = False
    example: str = "1"

    def check(self, value: object) -> Decimal:
        """The value as an exact Decimal within bounds. Raises NotANumber; a float is refused, as it is not exact."""
        if is_float(value):
            raise NotANumber(f"{FLOATS_REFUSED}, not {quoted(value)}", self._help)
        if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
            raise NotANumber(f"{quoted(value)} is not a number", self._help)
        number = self._read(value) if isinstance(value, str) else Decimal(value)
        if not number.is_finite():
            raise NotANumber(f"{quoted(value)} is not a finite number", self._help)
        if number < self.least:
            if number < 0:
                raise NotANumber(f"{quoted(_brief(number))} is negative", self._help)
            if number == 0:
                raise NotANumber("`0` is not more than zero", self._help)
            raise NotANumber(f"{quoted(_brief(number))} is less than {plain(self.least)}", self._help)
        if number > self.most:
            raise NotANumber(
                f"{quoted(_brief(number))} is more than {grouped(self.most)}, the most that is computed",
                f"check the unit: {self.unit}",
            )
        steps = number.scaleb(self.places, _EXACT)
        if steps != steps.to_integral_value():
            if self.places == 0:
                raise NotANumber(f"{quoted(_brief(number))} is not a whole number", f"write whole {self.unit}")
            finest = f"at most {self.places} decimal places"
            raise NotANumber(f"{quoted(_brief(number))} has more digits than are kept", f"write {finest}, {self.unit}")
        return Decimal(plain(abs(number) if number == 0 else number))

    def parse(self, text: str) -> Decimal:
        """The number in a text as a person types it (``typed``), checked. Raises NotANumber."""
        return self.check(typed(text, self.money, whole=self.places == 0))

    @property
    def _help(self) -> str:
        return f"write a plain number, {self.unit}, such as {self.example}"

    def _read(self, text: str) -> Decimal:
        """The number a text holds: plain digits only, because a file is read by other programs too."""
        if len(text) <= _MAX_TYPED and _PLAIN.fullmatch(text) and not _LEADING_ZERO.fullmatch(text):
            return Decimal(text)
        if _LEADING_ZERO.fullmatch(text) and len(text) <= _MAX_TYPED:
            help = f"write {plain(Decimal(text))}, without the leading zero"
            raise NotANumber(f"{quoted(text)} starts with a zero, which some programs read as octal", help)
        if _ANY_LENGTH.fullmatch(text):
            raise NotANumber(f"{quoted(text)} has more digits than any amount", f"check the unit: {self.unit}")
        raise NotANumber(f"{quoted(text)} is not a plain number", self._instead(text))

    def _instead(self, text: str) -> str:
        try:
            meant = typed(text, self.money, whole=self.places == 0)
        except NotANumber:
            return _respelt(text) or self._help
        return f"write {_brief(meant)}: a plain number, {self.unit}"

    def inside(self, number: Decimal) -> int:
        """The number in its smallest steps (dollars to micro-dollars)."""
        return int(number.scaleb(self.places))

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the most, in smallest steps."""
        return self.inside(self.least), self.inside(self.most)

    @property
    def usual(self) -> int:
        """The example, in smallest steps."""
        return self.inside(Decimal(self.example))

    def outside(self, steps: int) -> Decimal:
        """The reverse of ``inside``."""
        return Decimal(plain(Decimal(steps).scaleb(-self.places)))


def is_float(value: object) -> bool:
    """True for a float of Python, numpy or the like, which is not an exact decimal.

    >>> is_float(0.1), is_float(Decimal("0.1")), is_float(1), is_float("0.1")
    (True, False, False, False)
    """
    return isinstance(value, Real) and not isinstance(value, Rational)


def typed(text: str, money: bool, whole: bool = False) -> Decimal:
    """A number as a person types it: ``40k``, ``1.2M``, ``1,200``, ``2_000_000``, and for money ``$0.03``, ``3 cents``.

    A point is always a decimal point, and a comma always separates thousands; text that contradicts this, or a
    ``whole`` number with a point before three digits, is refused. Raises NotANumber.

    >>> [str(typed(text, money=True)) for text in ("40k", "1,200", "$0.03", "3 cents", "2_000_000", "1.2M")]
    ['40000', '1200', '0.03', '0.03', '2000000', '1200000']
    """
    help = _respelt(text) or "write a number such as 1200, 1,200, 40k or 1.2M" + (
        ", or $0.03, or 3 cents" if money else ""
    )
    if len(text) > _MAX_TYPED:
        raise NotANumber(f"{quoted(text)} is too long for a number", help)
    match = _TYPED.fullmatch(text.translate(_WRITTEN_ALIKE).strip())
    digits = match["number"].strip() if match else ""
    if not match or not (_PLAIN.fullmatch(digits) or _GROUPED.fullmatch(digits)):
        raise NotANumber(f"{quoted(text)} is not a number", help)
    unit = (match["unit"] or "").lower()
    cents = unit in ("cent", "cents", "¢")
    if (match["dollar"] or unit) and not money:
        raise NotANumber(f"{quoted(text)} is an amount of money, and this is not", help)
    if match["dollar"] and cents:
        raise NotANumber(f"{quoted(text)} names both dollars and cents", f"write ${digits}, or {digits} cents")
    if whole and not match["multiple"] and _GROUPED_BY_POINTS.fullmatch(digits):
        thousands, decimal = digits.replace(".", ""), plain(Decimal(digits))
        raise NotANumber(f"{quoted(text)} may be {thousands} or {decimal}", f"write {thousands} or {decimal}")
    number = _EXACT.multiply(Decimal(re.sub("[,_' ]", "", digits)), _MULTIPLES[(match["multiple"] or "").lower()])
    return Decimal(plain(number.scaleb(-2, _EXACT) if cents else number))


def _respelt(text: str) -> str | None:
    """The help for a number written in other digits or separators; None for anything else."""
    if len(text) > _MAX_TYPED:
        return None
    written = "".join(str(unicodedata.decimal(character, character)) for character in text).strip()
    match = _TYPED.fullmatch(written.translate(_WRITTEN_ALIKE))
    digits = match["number"].strip() if match else ""
    if not match or _PLAIN.fullmatch(digits) or _GROUPED.fullmatch(digits):
        return f"write {written}, in the digits 0 to 9" if match and written != text.strip() else None
    *marks, last = _SEPARATOR.findall(digits) or [""]
    *groups, rest = _SEPARATOR.split(digits)
    if len({*marks}) > 1 or not re.search("[0-9]", digits):
        return None
    if last in ".," and last not in marks:
        respelt = f"{''.join(groups)}.{rest}"
        more = " and nothing between thousands" if marks else ""
        return f"write {written.replace(digits, respelt)}, with a decimal point{more}"
    respelt = "".join([*groups, rest])
    return f"write {written.replace(digits, respelt)}, with nothing between thousands" if {*marks} <= {last} else None


def _brief(number: Decimal) -> str:
    """Decimal text, with an exponent in place of many zeros."""
    return plain(number) if -20 < number.adjusted() < 20 else str(number)


def plain(number: Decimal) -> str:
    """Decimal text without exponent or trailing zeros.

    >>> plain(Decimal("5.00E+4")), plain(Decimal("0.0300"))
    ('50000', '0.03')
    """
    if not -400 < number.adjusted() < 400:
        return str(number)
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def payback_text(months: Fraction, limit: Fraction) -> str:
    """Months to a tenth; rounded up if they would otherwise read as zero, or as within a limit that they exceed.

    >>> [payback_text(Fraction(months), Fraction(12)) for months in ("29", "12.04", "11.94", "0.01")]
    ['29', '12.1', '11.9', '0.1']
    """
    tenths = months * 10
    up = months > limit or 0 < 2 * tenths <= 1
    return plain(Decimal(-(-tenths.numerator // tenths.denominator) if up else round(tenths)).scaleb(-1))


def grouped(number: Decimal | int) -> str:
    """Decimal text with thousands separators.

    >>> grouped(Decimal("71428.57"))
    '71,428.57'
    """
    sign, size = ("-" if number < 0 else ""), plain(abs(Decimal(number)))
    whole, point, rest = size.partition(".")
    return f"{sign}{int(whole):,}{point}{rest}"


def amount_text(micro_dollars: int) -> str:
    """Micro-dollars as decimal text with at least cents.

    >>> amount_text(2_100_000_000), amount_text(30), amount_text(1_500_000)
    ('2100.00', '0.00003', '1.50')
    """
    sign = "-" if micro_dollars < 0 else ""
    dollars, rest = divmod(abs(micro_dollars), 10**MICRO)
    cents = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{sign}{dollars}.{cents}"


def dollars(micro_dollars: int) -> str:
    """An amount for prose: cents from one dollar up if there are any, every digit below.

    >>> dollars(2_100_000_000), dollars(30), dollars(-1_500_000)
    ('$2,100', '$0.00003', '-$1.50')
    """
    sign, size = ("-" if micro_dollars < 0 else ""), abs(micro_dollars)
    if 0 < size < 10**MICRO:
        return f"{sign}${amount_text(size)}"
    whole, cents = divmod((size + 5_000) // 10_000, 100)
    return f"{sign}${whole:,}{f'.{cents:02d}' if cents else ''}"


def price(amount: Decimal) -> str:
    """An amount with every digit as stated, and cents if there is a fraction.

    >>> price(Decimal("1.2")), price(Decimal(2000)), price(Decimal("0.000001"))
    ('$1.20', '$2,000', '$0.000001')
    """
    whole, point, rest = grouped(amount).partition(".")
    return f"${whole}{point}{rest.ljust(2, '0') if point else ''}"
