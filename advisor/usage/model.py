"""What every reader brings a bill or a log to, and what the rest of the monitor reads: days of usage.

The path of a run: files -> ``Row``s (or the same columns as an Ibis table) -> ``Day``s -> history -> months -> verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from advisor.common.diagnostics import Problem


class Basis(StrEnum):
    """How a source knows the number of images, best first."""

    COUNTED = "counted"
    """The source counts images."""
    REQUESTED = "requested"
    """Each request records how many images it asked for."""
    REQUESTS = "requests"
    """Only requests are known: images are requests times an assumed number."""
    DERIVED = "derived"
    """Only cost or megapixels are known: images are cost over a price, or megapixels over an assumed size."""

    @property
    def rank(self) -> int:
        """0 for the best, and so on."""
        return list(Basis).index(self)


EXACT: frozenset[Basis] = frozenset({Basis.COUNTED, Basis.REQUESTED})
"""What needs no assumption."""

GATEWAY = "gateway"
"""The meter of a log in front of all providers, whose volume already holds theirs."""

NUMBERS = ("images", "requests", "megapixels", "cost")
"""The fields of a row and of a day that are added up."""
MOST_IMAGES_IN_A_ROW = 100_000_000
MOST_DOLLARS_IN_A_ROW = 100_000_000


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of a source, normalised. Also the schema of the Ibis table, column by column.

    Stamps are naive UTC; ``ends`` is exclusive and equals ``at`` for a single request. ``images`` is None unless the
    basis is counted or requested. ``requests`` counts successful ones. ``cost`` is what is effectively paid, in
    ``currency`` (upper case ISO 4217). Negative corrections are rows like others. ``identity`` tells rows that are the
    same from rows that look alike: an id of the source's (then ``unique`` is true and a second one is always the same
    row), or a fingerprint of everything the row says (then two in one file are two).
    """

    at: datetime
    ends: datetime
    meter: str
    basis: Basis
    images: Decimal | None = None
    requests: int | None = None
    megapixels: Decimal | None = None
    cost: Decimal | None = None
    currency: str | None = None
    identity: str
    unique: bool = True
    line: int


@dataclass(frozen=True)
class Day:
    """One UTC day of one source and meter on one basis: sums over its rows, negative corrections included.

    ``source`` is a reader's name (``openai-costs``, ``nginx``), ``meter`` whose images they are (``openai``,
    ``fal``, ``gateway``). A number is None where no row states it. ``first`` and ``last`` are the earliest start and
    the latest end of its rows.
    """

    day: date
    source: str
    meter: str
    basis: Basis
    images: Decimal | None
    requests: int | None
    megapixels: Decimal | None
    cost: Decimal | None
    currency: str | None
    rows: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Reading:
    """What the files of one run hold. ``notes`` are sentences for people: duplicates left out, formats found.

    ``doubts`` are why the rows need not be of images, so that nothing can be judged by them.
    """

    days: tuple[Day, ...]
    notes: tuple[str, ...]
    rejected: int
    doubts: tuple[Problem, ...] = ()
