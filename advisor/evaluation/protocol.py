"""What a reading does for a decision: match typed facts against the rules. Everything else is shared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from advisor.domain.offer import Encoded, Unknown

Facts = Mapping[str, Encoded | Unknown]
"""Names to values. A name that is missing is not known yet; an unknown trait is present as UNKNOWN."""


class GateMatch(NamedTuple):
    """Ids of the gates that eliminate an offer, and of those that would if an unknown trait turned out badly."""

    eliminating: tuple[str, ...]
    to_verify: tuple[str, ...]


class Matcher(Protocol):
    """A reading of the rulebook. Ids come in the order of the rulebook."""

    @property
    def name(self) -> str:
        """What the reading is called."""

    def gates(self, facts: Facts) -> tuple[GateMatch, ...]:
        """Needs and each offer's traits against the gates: one match for each offer of the rulebook."""

    def preferences(self, facts: Facts) -> tuple[str, ...]:
        """Needs and terms against the preferences."""

    def advice(self, facts: Facts) -> tuple[str, ...]:
        """Needs, terms and the outcome against the advice."""


@dataclass(frozen=True)
class ComposedMatcher:
    """A matcher put together from functions: another one's with some of its matches replaced."""

    name: str
    gates: Callable[[Facts], tuple[GateMatch, ...]]
    preferences: Callable[[Facts], tuple[str, ...]]
    advice: Callable[[Facts], tuple[str, ...]]
