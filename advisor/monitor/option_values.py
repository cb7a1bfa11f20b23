"""Parses what a run takes in text: ranges, rates, days, columns. Faults name the option of the command line."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.domain.cost_model import OWN_AMOUNTS
from advisor.domain.quantity import NotANumber, Quantity
from advisor.domain.scenario import FIELDS
from advisor.monitor.span import Span

_ABOVE_NOTHING = Quantity("images, megapixels or dollars", 9, Decimal("0.000000001"), Decimal(10**9), example="4")
_CURRENCY = re.compile("[A-Za-z]{3}")


def number_range(text: str, option: str, quantity: Quantity = _ABOVE_NOTHING) -> Span:
    """``4`` or ``1..4``; the middle is expected. Raises BadInput."""
    low, between, high = text.partition("..")
    ends = [number(low, option, quantity), number(high if between else low, option, quantity)]
    if ends[0] > ends[1]:
        what = f"{quoted(text)} begins with the larger number"
        raise BadInput(Problem(what, option, help=f"write {high}..{low}"))
    return Span(ends[0], (ends[0] + ends[1]) / 2, ends[1])


def amount_ranges(texts: Sequence[str]) -> Mapping[str, Span]:
    """``gpu_hour_price=1.00..1.50``, by field. Raises BadInput."""
    ranges = {}
    for text in texts:
        field, equals, numbers = text.partition("=")
        if not equals or field not in OWN_AMOUNTS:
            help = did_you_mean(field, OWN_AMOUNTS) or f"write one of {', '.join(OWN_AMOUNTS)}, as FIELD=LOW..HIGH"
            raise BadInput(Problem(f"{quoted(text)} is not an amount and a range", "--range", help=help))
        quantity = FIELDS[field].quantity
        ranges[field] = number_range(numbers, "--range", quantity or _ABOVE_NOTHING)
    return ranges


def rates(texts: Sequence[str]) -> Mapping[str, Decimal]:
    """``EUR=1.08``, by currency: dollars for one unit of it. Raises BadInput."""
    found = {}
    for text in texts:
        currency, equals, amount = text.partition("=")
        if not equals or not _CURRENCY.fullmatch(currency):
            raise BadInput(Problem(f"{quoted(text)} is not a rate", "--rate", help="write it as in EUR=1.08"))
        rate = number(amount, "--rate", _ABOVE_NOTHING)
        found[currency.upper()] = Decimal(rate.numerator) / Decimal(rate.denominator)
    return found


def covered(text: str | None) -> tuple[datetime.date, datetime.date] | None:
    """``2026-01-01..2026-10-31``, both days included. Raises BadInput."""
    if text is None:
        return None
    first, between, last = text.partition("..")
    try:
        days = datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)
    except ValueError:
        days = None
    if not between or days is None or days[0] > days[1]:
        what = f"{quoted(text)} is not a range of days"
        raise BadInput(Problem(what, "--covers", help="write it as in 2026-01-01..2026-10-31"))
    return days


def only(texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """``ServiceName=images``: a column and what its text must hold. Raises BadInput."""
    pairs = []
    for text in whole_texts(texts, "--only"):
        column, equals, value = text.partition("=")
        if not equals or not column or not value:
            what = f"{quoted(text)} is not a column and a text"
            raise BadInput(Problem(what, "--only", help="write it as in ServiceName=image"))
        pairs.append((column, value))
    return tuple(pairs)


def whole_texts(texts: Sequence[str], option: str) -> tuple[str, ...]:
    """Texts that are valid UTF-8, which a database can compare. Raises BadInput for others."""
    for text in texts:
        try:
            text.encode()
        except UnicodeEncodeError:
            raise BadInput(Problem(f"{quoted(text)} is not UTF-8 text", option, help="write it as UTF-8")) from None
    return tuple(texts)


def sources(texts: Sequence[str], option: str) -> tuple[str, ...]:
    """Names of sources, as ``--format`` takes them. Raises BadInput."""
    from advisor.usage.detect import names

    for source in texts:
        if source not in names():
            help = did_you_mean(source, names()) or f"write one of {', '.join(names())}"
            raise BadInput(Problem(f"{quoted(source)} is not a source", option, help=help))
    return tuple(texts)


def number(text: str, option: str, quantity: Quantity) -> Fraction:
    """A number within bounds. Raises BadInput."""
    try:
        return Fraction(quantity.check(text))
    except NotANumber as error:
        raise BadInput(Problem(str(error), option, help=error.help)) from None
