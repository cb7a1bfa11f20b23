"""Numbers with a unit: how people type them, how exactly they are kept, how they are printed.

Inside, a quantity is a whole number of its smallest step (dollars: micro-dollars). Outside it is a Decimal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from advisor.errors import quoted

MICRO = 6
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
    r"(?P<dollar>\$|usd)?\s*(?P<number>[-+]?(?:[0-9][0-9,_ ]*)?(?:\.[0-9_]+)?(?:e[-+]?[0-9]{1,3})?)"
    r"\s*(?P<multiple>thousand|million|billion|mn|bn|[kmb])?\s*(?P<unit>usd|dollars?|\$|cents?|¢)?",
    re.IGNORECASE,
)
_GROUPED = re.compile(r"[-+]?[0-9]{1,3}(?P<by>[,_ ])[0-9]{3}(?:(?P=by)[0-9]{3})*(?:\.[0-9]+)?")
_PLAIN = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:e[-+]?[0-9]{1,3})?", re.IGNORECASE)


class NotANumber(ValueError):
    """The text or value is no usable number; ``help`` says what to write."""

    def __init__(self, what: str, help: str) -> None:
        super().__init__(what)
        self.help = help


@dataclass(frozen=True)
class Quantity:
    """What one numeric field holds.

    ``unit`` is for people ("$ per image"); ``places`` is how many decimal places are kept; ``least`` and ``most``
    bound it, ``least`` included.
    """

    unit: str
    places: int
    least: Decimal
    most: Decimal
    money: bool = False

    @property
    def example(self) -> str:
        """A number of this kind, for help lines."""
        return "0.03" if self.money else "50000"

    def check(self, value: object) -> Decimal:
        """The value as an exact Decimal within bounds. Raises NotANumber; a float is refused, as it is not exact."""
        help = f"write a plain number, {self.unit}, such as {self.example}"
        if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
            raise NotANumber(f"{quoted(_word(value))} is not a number", help)
        if isinstance(value, str):
            if len(value) > 100 or not _PLAIN.fullmatch(value):
                raise NotANumber(f"{quoted(value)} is not a plain number", help)
            value = Decimal(value)
        number = Decimal(value)
        if not number.is_finite():
            raise NotANumber(f"{quoted(value)} is not a finite number", help)
        if number < self.least:
            if number < 0:
                raise NotANumber(f"{quoted(plain(number))} is negative", help)
            if number == 0:
                raise NotANumber("`0` is not more than zero", help)
            raise NotANumber(f"{quoted(plain(number))} is less than {plain(self.least)}", help)
        if number > self.most:
            raise NotANumber(
                f"{quoted(plain(number))} is more than {grouped(self.most)}, the most that is computed",
                f"check the unit: {self.unit}",
            )
        return self._rounded_exactly(number)

    def _rounded_exactly(self, number: Decimal) -> Decimal:
        steps = number.scaleb(self.places)
        if steps != steps.to_integral_value():
            finest = "a whole number" if self.places == 0 else f"at most {self.places} decimal places"
            raise NotANumber(f"{quoted(plain(number))} has more digits than are kept", f"write {finest}, {self.unit}")
        return Decimal(plain(number))

    def inside(self, number: Decimal) -> int:
        """The number in its smallest steps (dollars to micro-dollars)."""
        return int(number.scaleb(self.places))

    def outside(self, steps: int) -> Decimal:
        """The reverse of ``inside``."""
        return Decimal(plain(Decimal(steps).scaleb(-self.places)))


def typed(text: str, money: bool) -> Decimal:
    """A number as a person types it: ``40k``, ``1.2M``, ``1,200``, ``2_000_000``, and for money ``$0.03``, ``3 cents``.

    Raises NotANumber.

    >>> [str(typed(text, money=True)) for text in ("40k", "1,200", "$0.03", "3 cents", "2_000_000", "1.2M")]
    ['40000', '1200', '0.03', '0.03', '2000000', '1200000']
    """
    help = "write a number such as 1200, 1,200, 40k or 1.2M" + (", or $0.03, or 3 cents" if money else "")
    match = _TYPED.fullmatch(text.strip()) if len(text) <= 100 else None
    digits = match["number"].strip() if match else ""
    if not match or not (_PLAIN.fullmatch(digits) or _GROUPED.fullmatch(digits)):
        raise NotANumber(f"{quoted(text)} is not a number", help)
    unit = (match["unit"] or "").lower()
    if (match["dollar"] or unit) and not money:
        raise NotANumber(f"{quoted(text)} is an amount of money, and this is not", help)
    try:
        number = Decimal(re.sub(r"[,_ ]", "", digits)) * _MULTIPLES[(match["multiple"] or "").lower()]
    except InvalidOperation:
        raise NotANumber(f"{quoted(text)} is not a number", help) from None
    return Decimal(plain(number / 100 if unit in ("cent", "cents", "¢") else number))


def plain(number: Decimal) -> str:
    """Decimal text without exponent or trailing zeros.

    >>> plain(Decimal("5.00E+4")), plain(Decimal("0.0300"))
    ('50000', '0.03')
    """
    if not -400 < number.adjusted() < 400:
        return str(number)
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


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


def _word(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return str(value)


def dollars(micro_dollars: int) -> str:
    """An amount for prose: cents from one dollar up, every digit below.

    >>> dollars(2_100_000_000), dollars(30), dollars(-1_500_000)
    ('$2,100.00', '$0.00003', '-$1.50')
    """
    sign, size = ("-" if micro_dollars < 0 else ""), abs(micro_dollars)
    if size < 10**MICRO:
        return f"{sign}${amount_text(size)}"
    cents = (size + 5_000) // 10_000
    return f"{sign}${cents // 100:,}.{cents % 100:02d}"
