"""What the catalogue supplies, in words: a price with its range and days, a checkpoint with its licence and offers."""

from __future__ import annotations

from decimal import Decimal

from advisor.catalogue.entries import LicenceForm
from advisor.domain.formatting import grouped, price
from advisor.interview.answer_texts import AnswerTexts, quantity_of
from advisor.interview.catalogue_amounts import CheckpointChoice, SuppliedAmount
from advisor.interview.state import InterviewState
from advisor.wording import interview as words


def supplied_text(texts: AnswerTexts, name: str, amount: SuppliedAmount, state: InterviewState) -> str:
    """``the catalogue's price, $0.0014 to $0.005 per image (4 offers, 2026-08-21 to 2026-11-22)``."""
    figure = words.THROUGHPUT if name == "images_per_gpu_hour" else words.PRICE
    return words.SUPPLIED.format(figure=figure, amount=amount_text(texts, name, amount, state))


def amount_text(texts: AnswerTexts, name: str, amount: SuppliedAmount, state: InterviewState) -> str:
    """The range of an amount with the offers and the days that it is of."""
    most, quantity = texts.shown(name, amount.most, state), quantity_of(name)
    least = price(amount.least) if quantity and quantity.money else grouped(amount.least)
    span = most if amount.least == amount.most else words.SPAN.format(least=least, most=most)
    days = amount.first_day
    if amount.first_day != amount.last_day:
        days = words.SPAN.format(least=amount.first_day, most=amount.last_day)
    source = amount.offer or _counted(amount, words.MEASUREMENTS if name == "images_per_gpu_hour" else words.OFFERS)
    return words.SPAN_OF.format(span=span, source=source, days=days)


def _counted(amount: SuppliedAmount, nouns: tuple[str, str]) -> str:
    return f"{amount.figures} {nouns[amount.figures != 1]}"


def checkpoint_text(texts: AnswerTexts, choice: CheckpointChoice, state: InterviewState) -> str:
    """The licence of a checkpoint, what it costs hosted, and whether its throughput is known."""
    parts = [_licence_text(choice.entry.licence)]
    if choice.open_price:
        least = texts.shown("open_price", choice.open_price.least, state)
        parts.append(words.HOSTED_FROM.format(least=least, offers=_counted(choice.open_price, words.OFFERS)))
    elif choice.hosted:
        parts.append(words.NO_HOSTED_PRICE)
    if choice.images_per_gpu_hour:
        parts.append(words.MEASURED)
    return "; ".join(parts)


def _licence_text(licence: LicenceForm) -> str:
    use = words.COMMERCIAL_USE[licence.commercial_use]
    if isinstance(licence.revenue_cap_usd, Decimal):
        use = words.UP_TO_REVENUE.format(use=use, cap=price(licence.revenue_cap_usd))
    return f"{licence.name.partition(' (')[0]}, {use}"
