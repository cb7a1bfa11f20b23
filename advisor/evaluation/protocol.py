"""The part of a decision that each reading implements: matching typed facts against the rules. The rest is shared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from advisor.domain.offer import Encoded, Offer, Unknown

Facts = Mapping[str, Encoded | Unknown]
"""Names to values. A name that is missing is not known yet; an unknown trait is present as UNKNOWN."""


class GateMatch(NamedTuple):
    """Ids of the gates that eliminate an offer, and of those that would if an unknown trait turned out badly."""

    eliminating: tuple[str, ...]
    to_verify: tuple[str, ...]


def match_each(
    offers: Iterable[Offer], traits: Iterable[str], match: Callable[[Offer], GateMatch]
) -> tuple[GateMatch, ...]:
    """The match of each offer; offers with equal ``traits`` are matched once."""
    found: dict[tuple[object, ...], GateMatch] = {}
    matches = []
    for offer in offers:
        kind = tuple(offer.traits.get(name) for name in traits)
        if kind not in found:
            found[kind] = match(offer)
        matches.append(found[kind])
    return tuple(matches)


class Matcher(Protocol):
    """A reading of the rulebook. Ids come in the order of the rulebook."""

    @property
    def name(self) -> str:
        """The name of the reading."""

    def gates(self, facts: Facts) -> tuple[GateMatch, ...]:
        """Needs and each offer's traits against the gates: one match for each offer of the rulebook."""

    def preferences(self, facts: Facts) -> tuple[str, ...]:
        """Needs and terms against the preferences."""

    def advice(self, facts: Facts) -> tuple[str, ...]:
        """Needs, terms and the outcome against the advice."""


@dataclass(frozen=True)
class ComposedMatcher:
    """A matcher made of functions: those of another matcher, some of them replaced."""

    name: str
    gates: Callable[[Facts], tuple[GateMatch, ...]]
    preferences: Callable[[Facts], tuple[str, ...]]
    advice: Callable[[Facts], tuple[str, ...]]
