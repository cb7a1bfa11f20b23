"""What the monitor found: everything that the terminal, the dashboard and ``--json`` show."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from advisor.domain.record import Decision
from advisor.domain.scenario import Axis, Route
from advisor.usage.model import Basis


class Verdict(StrEnum):
    """How the volume stands to the crossover."""

    NOT_COMPARABLE = "not_comparable"
    INSUFFICIENT_DATA = "insufficient_data"
    BELOW = "below"
    APPROACHING = "approaching"
    CROSSED = "crossed"
    CROSSED_AND_STABLE = "crossed_and_stable"
    FELL_BACK = "fell_back"


@dataclass(frozen=True)
class Span:
    """A number as far as it is known: exact where low equals high."""

    low: Fraction
    expected: Fraction
    high: Fraction

    @property
    def exact(self) -> bool:
        """True where nothing had to be assumed."""
        return self.low == self.high


class Guess(StrEnum):
    """What stands in where images are not counted: the options that say it, without their dashes."""

    IMAGES_PER_REQUEST = "images_per_request"
    MEGAPIXELS_PER_IMAGE = "megapixels_per_image"
    PRICE_PER_IMAGE = "price_per_image"


@dataclass(frozen=True)
class Month:
    """One calendar month (UTC). ``state`` is how the rules judged the months up to this one; None for a partial one.

    ``month`` is ``2026-01``; ``missing`` marks a gap: a month between others of which nothing is known.
    ``cost`` is dollars paid, None where no source states it; ``priced`` are the images it pays for, None for all of
    them. ``guessed`` are guesses that the images rest on. ``why_partial`` is a short reason, for people.
    """

    month: str
    images: Span | None
    requests: int | None
    cost: Fraction | None
    basis: Basis | None
    complete: bool
    missing: bool = False
    why_partial: str | None = None
    state: Verdict | None = None
    priced: Span | None = None
    guessed: frozenset[Guess] = frozenset()

    @property
    def billed(self) -> bool:
        """Whether the cost is that of all images."""
        return self.cost is not None and self.priced in (None, self.images)

    @property
    def paid_for(self) -> Span | None:
        """The images that the cost pays for."""
        return self.images if self.priced is None else self.priced

    @property
    def without_cost(self) -> Fraction | None:
        """How many images have no known cost; None where the images are not known."""
        if self.images is None or self.cost is None:
            return self.images.expected if self.images else None
        return self.images.expected - self.priced.expected if self.priced else Fraction(0)

    @property
    def paid_price(self) -> Span | None:
        """Dollars paid per image; None where cost or volume are not stated, or a guess at the price made the volume."""
        images, cost = self.paid_for, self.cost
        if cost is None or images is None or Guess.PRICE_PER_IMAGE in self.guessed or images.low <= 0:
            return None
        return Span(cost / images.high, cost / images.expected, cost / images.low)


@dataclass(frozen=True)
class Thresholds:
    """The trigger rule, every number of it (``--stable-months`` and the like)."""

    stable_months: int = 3
    margin: Fraction = Fraction(11, 10)
    most_variation: Fraction = Fraction(1, 4)
    clear_months: int = 2
    clear_below: Fraction = Fraction(9, 10)
    strict: bool = False
    strict_months: int = 6


@dataclass(frozen=True)
class Overspend:
    """Dollars paid in one month beyond what own GPUs would have cost for its volume; ``so_far`` sums from the crossing.

    ``estimated`` where the bill is not known and the list price stands in for it.
    """

    month: str
    over: Span
    so_far: Span
    estimated: bool


@dataclass(frozen=True)
class Trend:
    """When the present trend would reach the crossover, in months from the last complete one.

    A straight line through the logarithms of the complete months; ``earliest`` and ``latest`` are where the borders of
    its 80 % prediction interval reach N*: None for not within ``horizon`` months, as with ``expected``.
    """

    growth_per_month: float
    months_used: int
    earliest: int | None
    expected: int | None
    latest: int | None
    horizon: int


class Reason(StrEnum):
    """Why no volume of a bill would change the answer."""

    NO_BILL = "no_bill"
    AMOUNTS_MISSING = "amounts_missing"
    INFEASIBLE = "infeasible"
    OPEN = "open"
    DECIDED = "decided"
    NEVER_CHEAPER = "never_cheaper"


@dataclass(frozen=True)
class NotComparable:
    """``fields`` are the amounts that are missing, or the open questions; ``axis`` and ``route`` what is decided at any
    volume; ``price`` the dollars per image at which own GPUs are never cheaper."""

    reason: Reason
    fields: tuple[str, ...] = ()
    axis: Axis | None = None
    route: Route | None = None
    price: Fraction | None = None


@dataclass(frozen=True)
class Watched:
    """The whole of it. Money in dollars, volumes in images a month, both exact.

    ``compared`` is the hosted route whose meter runs; ``list_price`` its price in the decision, ``paid_price`` what the
    last months came to. ``crossover`` is N* at the paid price where that is known, else at the list price: its width
    comes from the ranges given for the amounts and from what was paid. None where owning never wins or a gate decides
    (``why_not_comparable`` says which). ``now`` is the decision made anew with the trailing volume; ``payback_months``
    are of moving to own GPUs, where that is its answer. ``own_amounts`` are dollars a GPU-hour, images a GPU-hour and
    dollars a month, the middle where a range was given.
    """

    decision: Decision
    decision_file: str
    on: str
    verdict: Verdict
    why_not_comparable: NotComparable | None
    compared: Route | None
    list_price: Fraction | None
    paid_price: Span | None
    crossover: Span | None
    list_crossover: Fraction | None
    few_step_crossover: Fraction | None
    few_step_speedup: int
    months: tuple[Month, ...]
    trailing_volume: Span | None
    trailing_months: tuple[str, ...]
    thresholds: Thresholds
    now: Decision | None
    now_axis: Axis | None
    months_since_crossing: int | None
    crossed_in: str | None
    overspend: tuple[Overspend, ...]
    payback_months: Fraction | None
    migration_cost: Fraction | None
    trend: Trend | None
    notes: tuple[str, ...] = ()
    own_amounts: tuple[Fraction, Fraction, Fraction] | None = None
