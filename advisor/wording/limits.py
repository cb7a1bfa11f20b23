"""The figure from which a number leads to another outcome, as people write it. The record holds it exactly."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from advisor.domain.quantity import Quantity, plain
from advisor.domain.record import Decision, Flip
from advisor.domain.scenario import FIELDS
from advisor.wording.labels import figure_text

CENTS, DIGITS = 2, 4
"""What is kept of a figure: cents from one up, and this many digits below."""


def limit_text(flip: Flip, decision: Decision) -> str:
    """The figures past the turn of a number: `71,429 images or more`, `$1,400 or less`, `more than $2,800`.

    A figure with many digits is rounded away from the turn, so that the outcome is what is said at the figure printed.
    Raises ValueError for a flip of an answer.
    """
    quantity = FIELDS[flip.field].quantity
    if quantity is None or flip.turn is None:
        raise ValueError(f"{flip.field} has no turn")
    upwards = flip.above is not None
    turn = Decimal(flip.above if flip.above is not None else flip.below or 0)
    step = Decimal(1).scaleb(-quantity.places)
    first = turn + step if upwards else turn - step
    if quantity.places and _digits(turn) < _digits(first):
        return f"{'more' if upwards else 'less'} than {figure_text(flip.field, plain(turn), decision)}"
    first = _rounded(first, quantity, upwards=upwards)
    return f"{figure_text(flip.field, plain(first), decision)} or {'more' if upwards else 'less'}"


def _digits(number: Decimal) -> int:
    return len(number.normalize().as_tuple().digits)


def _rounded(number: Decimal, quantity: Quantity, *, upwards: bool) -> Decimal:
    """The number with few digits, away from the turn; unchanged if that is outside the allowed range."""
    if not number:
        return number
    places = CENTS if abs(number) >= 1 else DIGITS - 1 - number.adjusted()
    unit = Decimal(1).scaleb(-min(places, quantity.places))
    rounded = number.quantize(unit, ROUND_CEILING if upwards else ROUND_FLOOR)
    return rounded if quantity.least <= rounded <= quantity.most else number
