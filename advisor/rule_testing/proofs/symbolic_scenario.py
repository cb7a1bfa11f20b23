"""One scenario under one rulebook, as a carrier represents it, and what a proof finds.

Claims are written once, for every carrier.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import combinations, product
from typing import Any

from advisor.domain.scenario import Axis, Route, Scenario
from advisor.evaluation.compiler import PLAIN, Logic, compile_rules
from advisor.evaluation.facts import answer_facts, with_terms
from advisor.evaluation.resolution import NOTHING, Applied, Folded, Silenced, eliminating_axes, fold
from advisor.rulebook.model import Comparison, Preference, Rule, Rulebook
from advisor.rulebook.symbols import FIELD_NAMES


@dataclass(frozen=True)
class SymbolicScenario:
    """The facts, the traits of each offer, and the amounts: exact, in dollars, volumes and images per hour."""

    rulebook: Rulebook
    carrier: Logic[Any, Any]
    facts: Mapping[str, Any]
    traits: tuple[Mapping[str, Any], ...]
    amounts: Mapping[str, Any]

    @cached_property
    def gates(self) -> tuple[dict[str, Any], ...]:
        """For each offer, whether each gate surely eliminates it."""
        gates = compile_rules(self.rulebook.gates, self.carrier)
        return tuple({id: test({**self.facts, **traits})[0] for id, test in gates.items()} for traits in self.traits)

    @cached_property
    def holds(self) -> dict[str, Any]:
        """Whether the condition of each preference holds, whichever routes are running."""
        return {id: test(self.facts)[0] for id, test in compile_rules(self.rulebook.preferences, self.carrier).items()}

    @cached_property
    def survives(self) -> tuple[Any, ...]:
        """For each offer whether no gate eliminates it."""
        return tuple(self.carrier.negate(self.carrier.some(list(gates.values()))) for gates in self.gates)

    @cached_property
    def folded(self) -> Folded[Any]:
        """What gates and preferences leave."""
        return self.fold()

    def fold(self, silenced: Silenced = NOTHING, without: str | None = None) -> Folded[Any]:
        """The fold with the rules of some axes silenced, or without one rule."""
        carrier, never = self.carrier, {without: self.carrier.some([])} if without else {}
        eliminated = [eliminating_axes(self.rulebook, carrier, {**fires, **never}) for fires in self.gates]
        holds = {**self.holds, **never}
        return fold(self.rulebook, carrier, eliminated, holds, silenced)

    def applied(self, rule: Preference) -> dict[tuple[Route, Route], Any]:
        """Which pairs of routes the preference decides between, and whether it drops the second for the first."""
        drops = self.folded.applied
        return {pair: drops[Applied(rule.id, *pair)] for pair in product(rule.prefer, rule.over)}

    @cached_property
    def cost_decided(self) -> Any:
        """Whether a preference of the cost axis dropped a route."""
        applied = self.folded.applied.items()
        return self.carrier.some([drops for pair, drops in applied if self.rulebook.rules[pair.rule].axis is Axis.COST])

    @cached_property
    def several(self) -> Any:
        """Whether more than one route is left."""
        left = self.folded.left
        return self.carrier.some([self.carrier.every([left[a], left[b]]) for a, b in combinations(Route, 2)])

    @cached_property
    def recommended(self) -> dict[Route, Any]:
        """For each route whether it alone is left."""
        alone = self.carrier.negate(self.several)
        return {route: self.carrier.every([on, alone]) for route, on in self.folded.left.items()}

    def fires(self, rule: Rule) -> Any:
        """Whether a gate eliminates some offer, or a preference drops some route."""
        if isinstance(rule, Preference):
            return self.carrier.some(list(self.applied(rule).values()))
        return self.carrier.some([gates[rule.id] for gates in self.gates])

    def differ(self, left: Any, right: Any) -> Any:
        """Whether two truths are not the same."""
        every, negate = self.carrier.every, self.carrier.negate
        return self.carrier.some([every([left, negate(right)]), every([right, negate(left)])])

    def is_word(self, name: str, word: str, facts: Mapping[str, Any] | None = None) -> Any:
        """Whether a fact certainly is this word."""
        return self.carrier.compare(self.facts if facts is None else facts, Comparison(name, "eq", word))[0]


@dataclass(frozen=True)
class Example:
    """A scenario that shows something, under a rulebook whose offers may have other traits than routes.yaml states."""

    scenario: Scenario
    rulebook: Rulebook
    proved: Rulebook
    """The rulebook as it is."""

    @property
    def traits(self) -> dict[str, dict[str, str]]:
        """Offer to trait to value: the traits that must differ from routes.yaml."""
        pairs = zip(self.rulebook.offers, self.proved.offers, strict=True)
        changes = {
            offer.id: {name: value for name, value in offer.stated.items() if value != stated.stated[name]}
            for offer, stated in pairs
        }
        return {offer: traits for offer, traits in changes.items() if traits}

    @cached_property
    def world(self) -> SymbolicScenario:
        """The situation for the plain Python reading."""
        facts = with_terms(self.rulebook, answer_facts(self.scenario))
        amounts = {
            name: Fraction(int(facts[name]), 10**known.places)
            for name, known in FIELD_NAMES.items()
            if known.places is not None and name in facts
        }
        return SymbolicScenario(
            self.rulebook, PLAIN, facts, tuple(offer.traits for offer in self.rulebook.offers), amounts
        )

    @cached_property
    def fired(self) -> tuple[Rule, ...]:
        """The gates that eliminate an offer in it, and the preferences that drop a route."""
        rules: tuple[Rule, ...] = (*self.rulebook.gates, *self.rulebook.preferences)
        return tuple(rule for rule in rules if self.world.fires(rule))

    @property
    def left(self) -> tuple[Route, ...]:
        """The routes left in it."""
        return tuple(route for route, on in self.world.folded.left.items() if on)


@dataclass(frozen=True)
class Violation:
    """A fault, the rules that cause it, and the scenarios that show it: two where the amounts change between them.

    Without a scenario if the fault is that something never happens.
    """

    what: str
    rules: tuple[Rule, ...] = ()
    examples: tuple[Example, ...] = ()


@dataclass
class Findings:
    """The faults, and for each rule that was looked for a scenario in which it matters."""

    faults: list[Violation] = field(default_factory=list)
    witnesses: dict[str, Example] = field(default_factory=dict)


@dataclass(frozen=True)
class Proof:
    """One claim about a rulebook; ``unsettled`` is the reason why Z3 found no answer, if it found none."""

    name: str
    claim: str
    milliseconds: int
    faults: tuple[Violation, ...]
    unsettled: str | None
    witnesses: Mapping[str, Example]

    @property
    def verdict(self) -> str:
        """``holds``, ``fails`` or ``unknown``."""
        return "fails" if self.faults else ("unknown" if self.unsettled else "holds")
