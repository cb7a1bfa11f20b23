"""Which amounts from the catalogue are old, and which of them may have moved past a turn of the advice."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction

from advisor.catalogue.ageing import age_days, entry_of, is_old, movement_of, reach
from advisor.catalogue.loader import Catalogue
from advisor.domain.formatting import plain
from advisor.domain.record import CATALOGUE, AgeingFigure, Flip, QuoteUsed
from advisor.domain.scenario import Route


def ageing(
    quotes: Iterable[QuoteUsed], flips: Iterable[Flip], catalogue: Catalogue | None, on: datetime.date
) -> list[AgeingFigure]:
    """The old ones among the amounts of a record, for each turn that one may have passed; once if it passes none.

    An offer that the catalogue does not have is left out: how such figures move is not known then.
    """
    turns = tuple(flips)
    return [found for quote in quotes if catalogue for found in _aged(quote, turns, catalogue, on)]


def _aged(quote: QuoteUsed, flips: tuple[Flip, ...], catalogue: Catalogue, on: datetime.date) -> Iterator[AgeingFigure]:
    entry = entry_of(catalogue, quote.field, quote.offer) if quote.origin == CATALOGUE and quote.offer else None
    movement = movement_of(catalogue, quote.field, entry) if entry else None
    days = age_days(datetime.date.fromisoformat(quote.as_of), on) if quote.as_of else 0
    if movement is None or not is_old(movement, days):
        return
    ends = reach(movement, quote.field, Decimal(quote.value), days)
    passed: list[tuple[str | None, str | None, Route | None]] = [
        (plain(end), flip.bound, flip.route)
        for flip in flips
        for end in ends
        if flip.field == quote.field and flip.is_passed_by(Fraction(end))
    ]
    for could_reach, flips_at, route in passed or [(None, None, None)]:
        yield AgeingFigure(
            field=quote.field,
            value=quote.value,
            offer=quote.offer or "",
            as_of=quote.as_of or "",
            age_days=days,
            could_reach=could_reach,
            flips_at=flips_at,
            route=route,
        )
