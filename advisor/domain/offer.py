"""Offers: what competes is a route with traits (Table 38.3.1): one generic offer a route, or those of a catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from advisor.domain.scenario import Route


class Unknown:
    """The value of a trait that is not established: it never eliminates, and becomes a condition to verify."""

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN: Final = Unknown()
Encoded = int | str | bool
"""A value as the backends compare it: amounts and ordered levels as integers, options as words."""


@dataclass(frozen=True)
class Trait:
    """One column of Table 38.3.1. ``options`` is empty for a number."""

    name: str
    label: str
    options: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class QuoteOrigin:
    """The entry of the catalogue that an amount is from; ``as_of`` is a date."""

    entry: str
    source: str
    as_of: str
    confidence: str


@dataclass(frozen=True)
class Quote:
    """What an offer of the catalogue costs, and the source of that.

    ``amounts`` holds fields of a scenario in smallest steps: the price of a hosted route, or the price of a GPU-hour
    and the images an hour; empty where they are not known. ``conditions`` are sentences to verify.
    """

    amounts: Mapping[str, int]
    supplier: str
    source: str
    as_of: str
    confidence: str
    conditions: tuple[str, ...] = ()
    origins: Mapping[str, QuoteOrigin] = field(default_factory=dict)


@dataclass(frozen=True)
class Offer:
    """One offer. ``stated`` holds the traits as written, ``traits`` as compared.

    ``model`` is the open checkpoint that it runs; None if it competes whatever the checkpoint. ``quote`` is None for
    an offer whose price only a scenario can state.
    """

    id: str
    route: Route
    label: str
    stated: Mapping[str, str]
    traits: Mapping[str, Encoded | Unknown]
    model: str | None = None
    quote: Quote | None = None

    def with_traits(self, stated: Mapping[str, str], traits: Mapping[str, Encoded | Unknown]) -> Offer:
        """The offer with some traits replaced, as written and as compared."""
        return replace(self, stated={**self.stated, **stated}, traits={**self.traits, **traits})
