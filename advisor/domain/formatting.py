"""Numbers and amounts as text: plain for files, grouped and with a dollar sign for prose."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

MICRO = 6
"""Decimal places of a dollar in the unit of calculation, the micro-dollar."""


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
