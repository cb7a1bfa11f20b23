"""The cost model of Section 38.3.4: hosted wins at a volume N while ``c*N < G*N/r + E``.

Exact: every function takes Decimal, int or decimal text and computes with fractions. Floats are refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from advisor.domain.quantity import is_float

Number = Decimal | int | str | Fraction
_WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Crossover:
    """The monthly volume N* at which owning starts to pay; ``volume`` is None where owning never wins."""

    volume: Fraction | None

    @property
    def never(self) -> bool:
        """True where a hosted image costs no more than producing it (``c <= G/r``)."""
        return self.volume is None

    def text(self, places: int = 2) -> str | None:
        """N* as decimal text rounded half-even to ``places``, or None where owning never wins."""
        return None if self.volume is None else rounded(self.volume, places)


def exact(value: Number) -> Fraction:
    """The value as a fraction. Raises TypeError for a float and ValueError for text that is no number."""
    if is_float(value) or not isinstance(value, Decimal | int | str | Fraction):
        kind = "float" if is_float(value) else type(value).__name__
        raise TypeError(f"money and volumes are exact: pass a string, a Decimal or an int, not a {kind}")
    return Fraction(value)


def rounded(value: Fraction, places: int) -> str:
    """Decimal text of a fraction, rounded half-even to ``places``.

    >>> rounded(Fraction(500000, 7), 2)
    '71428.57'
    """
    quotient = _WIDE.divide(Decimal(value.numerator), Decimal(value.denominator))
    return f"{quotient.quantize(Decimal(1).scaleb(-places), context=_WIDE):f}"


def rent(c: Number, N: Number) -> Fraction:
    """Monthly cost in dollars of N images at a hosted price of c dollars an image.

    >>> rent("0.03", 50_000)
    Fraction(1500, 1)
    """
    return exact(c) * exact(N)


def own(G: Number, r: Number, E: Number, N: Number) -> Fraction:
    """Monthly cost in dollars of N images on own GPUs.

    G dollars a GPU-hour, r images a GPU-hour (more than zero, else ValueError), E dollars of overhead a month.

    >>> own("1.20", 600, 2_000, 50_000)
    Fraction(2100, 1)
    """
    if exact(r) <= 0:
        raise ValueError("images per GPU-hour must be more than zero")
    return exact(G) * exact(N) / exact(r) + exact(E)


def crossover_volume(c: Number, G: Number, r: Number, E: Number) -> Crossover:
    """N* = E / (c - G/r), the monthly volume from which owning is no dearer (Exercise 38.3.2).

    Owning never wins when c <= G/r. Raises ValueError when r is not more than zero.

    >>> crossover_volume("0.03", "1.20", 600, 2_000)
    Crossover(volume=Fraction(500000, 7))
    >>> crossover_volume("0.03", "1.20", 600, 2_000).text()
    '71428.57'
    >>> crossover_volume("0.002", "1.20", 600, 2_000).never
    True
    """
    if exact(r) <= 0:
        raise ValueError("images per GPU-hour must be more than zero")
    saving_per_image = exact(c) - exact(G) / exact(r)
    return Crossover(exact(E) / saving_per_image if saving_per_image > 0 else None)


def payback_months(migration_cost: Number, monthly_saving: Number) -> Fraction | None:
    """Months until moving has repaid its one-time cost; None when nothing is saved.

    >>> payback_months(29_000, 1_000)
    Fraction(29, 1)
    """
    return exact(migration_cost) / exact(monthly_saving) if exact(monthly_saving) > 0 else None


def to_micro_dollars(dollars: Fraction) -> int:
    """Dollars as whole micro-dollars, rounded up, as the rules compare them.

    >>> to_micro_dollars(Fraction(1, 3))
    333334
    """
    return -((-dollars.numerator * 10**6) // dollars.denominator)
