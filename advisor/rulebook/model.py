"""The loaded rulebook: gates, preferences and advice, the terms they compare, and the offers they judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from advisor.domain.offer import Offer, Trait
from advisor.domain.scenario import Axis, Route
from advisor.rulebook.conditions import Condition, names_in_order
from advisor.rulebook.symbols import Name
from advisor.rulebook.terms import Term


@dataclass(frozen=True)
class Rule:
    """The fields of every rule. ``file`` and ``line`` are its place."""

    id: str
    axis: Axis
    when: Condition
    because: str
    source: str
    file: str
    line: int


@dataclass(frozen=True)
class Gate(Rule):
    """Eliminates an offer; while a trait that it reads is unknown, ``provided`` becomes a condition to verify."""

    provided: str | None


@dataclass(frozen=True)
class Preference(Rule):
    """Prefers each route of ``prefer`` over each of ``over``, while ``running`` are still in and ``out`` are not."""

    prefer: tuple[Route, ...]
    over: tuple[Route, ...]
    running: frozenset[Route]
    out: frozenset[Route]


@dataclass(frozen=True)
class Advice(Rule):
    """Advice on a decision; the text ``advise`` contains {figures}."""

    advise: str


@dataclass(frozen=True)
class Case:
    """A test case of the rules: a scenario and its expected outcome.

    ``rules`` must fire; a rule that the case is ``about`` and that is not among them must not. ``offers`` are the
    rulebook's, with the traits that the case changes.
    """

    id: str
    about: tuple[str, ...]
    scenario: Mapping[str, object]
    offers: tuple[Offer, ...]
    route: Route | None
    deciding_axis: Axis | None
    rules: tuple[str, ...]
    file: str
    line: int


@dataclass(frozen=True, eq=False)
class Rulebook:
    """Everything in ``rules/``, checked.

    ``digest`` is the SHA-256 of the content of the folder (white space and cases do not count), ``offers_digest`` that
    of the offers that compete. ``places`` holds the file and the line of each constant and term. The price of a route
    that is ``priced`` is that of its offers, and no scenario states it.
    """

    traits: Mapping[str, Trait]
    offers: tuple[Offer, ...]
    names: Mapping[str, Name]
    constants: Mapping[str, int]
    terms: Mapping[str, Term]
    places: Mapping[str, tuple[str, int]]
    gates: tuple[Gate, ...]
    preferences: tuple[Preference, ...]
    advice: tuple[Advice, ...]
    cases: tuple[Case, ...]
    digest: str
    offers_digest: str
    priced: frozenset[Route] = frozenset()

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """Every rule by its id."""
        return {rule.id: rule for rule in (*self.gates, *self.preferences, *self.advice)}

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """The routes that have an offer, in their fixed order."""
        offered = {offer.route for offer in self.offers}
        return tuple(route for route in Route if route in offered)

    @cached_property
    def models(self) -> tuple[str, ...]:
        """The checkpoints that offers run, in the order of the offers."""
        return tuple(dict.fromkeys(offer.model for offer in self.offers if offer.model is not None))

    def reads(self, rules: tuple[Rule, ...]) -> frozenset[str]:
        """The names these rules read, with the fields behind each term."""
        direct = frozenset(name for rule in rules for name in names_in_order(rule.when))
        return direct.union(*(self.terms[name].reads for name in direct if name in self.terms))
