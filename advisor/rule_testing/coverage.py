"""Which conditions of the rules the cases show to matter, each when it holds and when it does not.

A condition is one comparison in a rule's ``when`` (each word of a list is one), or a route that a preference requires
to be running or out. It is *relevant when true* if in some case it holds, and the outcome of the case would differ if
that one condition did not hold; *relevant when false* is the reverse. Other conditions, and other occurrences of the
same one, are unchanged. The outcome is what a case can check: the route or that there is none, the deciding axis, and
the rules that fire. So a condition is not shown by a case in which the rest of its rule fails, nor by one in which
other rules have the same effect.

A gate is evaluated for one offer after another, and its condition is forced for one offer at a time. There it has to
hold, or fail, for certain: an unknown trait shows neither. And where only the fired rules change, the record has to
change: an elimination, or a condition to verify of the recommended route, has to appear or disappear.

The rule itself is one more condition: in some case it fires, and the outcome would differ without it.

A condition that no scenario can make relevant is shown as *never* and does not count; whether one can is decided as it
is for mutants (``distinguish``). That a rule fires always counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from advisor.decision.decide import decide
from advisor.domain.scenario import Route
from advisor.evaluation.compiler import PLAIN, ComposedMatcher, GateMatch
from advisor.rule_testing.cases import ANY_DAY, OfferedScenario, RulebookVersion, situation_of, with_offers
from advisor.rule_testing.distinguish import ScenarioSearch
from advisor.rule_testing.mutation import ALWAYS, NEVER, occurrences, shown, with_part, with_rule
from advisor.rulebook.listing import names_of
from advisor.rulebook.model import Comparison, Gate, Preference, Rule, Rulebook
from advisor.rulebook.symbols import OUT, RUNNING


@dataclass(frozen=True)
class Evidence:
    """The case that shows a condition to be relevant, or that no scenario can; such a condition does not count."""

    case: str | None
    never: bool = False


@dataclass(frozen=True)
class ConditionCoverage:
    """One condition. ``when_false`` is None for a rule as a whole, whose conditions show that."""

    rule: Rule
    condition: str | None
    when_true: Evidence
    when_false: Evidence | None


@dataclass(frozen=True)
class Coverage:
    """Every condition of a rulebook."""

    lines: tuple[ConditionCoverage, ...]

    @property
    def counted(self) -> tuple[Evidence, ...]:
        """What the cases should show."""
        found = (shown for line in self.lines for shown in (line.when_true, line.when_false))
        return tuple(shown for shown in found if shown and not shown.never)

    @property
    def covered(self) -> int:
        """How much of that they show."""
        return sum(shown.case is not None for shown in self.counted)


def coverage(rulebook: Rulebook, only: str | None = None) -> Coverage:
    """The coverage of all conditions, or of one rule's. Raises BadInput for a case that is no scenario."""
    covering = _Covering(rulebook)
    rules = [rule for rule in rulebook.rules.values() if only in (None, rule.id)]
    return Coverage(tuple(line for rule in rules for line in covering.lines(rule)))


class _Covering:
    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._original = RulebookVersion(rulebook)
        self._names = names_of(rulebook)
        self._cases = {case.id: situation_of(case) for case in rulebook.cases}
        self._search = ScenarioSearch(self._original, self._cases.values())
        self._about = {case.id: case.about for case in rulebook.cases}

    def lines(self, rule: Rule) -> Iterator[ConditionCoverage]:
        yield ConditionCoverage(rule, None, Evidence(self._case_of_change(rule, None)), None)
        for at, comparison in occurrences(rule.when):
            failing = replace(rule, when=with_part(rule.when, at, NEVER))
            holding = replace(rule, when=with_part(rule.when, at, ALWAYS))
            if isinstance(rule, Gate):
                when_true = self._case_of_gate(rule, comparison, failing, holds=True)
                when_false = self._case_of_gate(rule, comparison, holding, holds=False)
            else:
                when_true, when_false = self._case_of_change(rule, failing), self._case_of_change(rule, holding)
            found = self._shown(rule, failing, when_true), self._shown(rule, holding, when_false)
            yield ConditionCoverage(rule, shown(comparison, self._names), *found)
        if isinstance(rule, Preference):
            yield from self._route_conditions(rule)

    def _route_conditions(self, rule: Preference) -> Iterator[ConditionCoverage]:
        for word, routes in ((RUNNING, rule.running), (OUT, rule.out)):
            for route in (route for route in Route if route in routes):
                holding = replace(rule, running=rule.running - {route}, out=rule.out - {route})
                when_true = self._shown(rule, None, self._case_of_change(rule, None))
                when_false = self._shown(rule, holding, self._case_of_change(rule, holding))
                yield ConditionCoverage(rule, f"{route}: {word}", when_true, when_false)

    def _shown(self, rule: Rule, changed: Rule | None, case: str | None) -> Evidence:
        if case is not None:
            return Evidence(case)
        version = RulebookVersion(with_rule(self._rulebook, rule, changed), self._original)
        return Evidence(None, never=self._search.distinguish(version) is None)

    def _case_of_change(self, rule: Rule, changed: Rule | None) -> str | None:
        """A case whose outcome differs with the changed rule in the rule's place, or without it."""
        version = RulebookVersion(with_rule(self._rulebook, rule, changed), self._original)
        for id in self._cases_for(rule):
            situation = self._cases[id]
            if version.outcome_of(situation) != self._original.outcome_of(situation):
                return id
        return None

    def _case_of_gate(self, gate: Gate, comparison: Comparison, changed: Rule, holds: bool) -> str | None:
        """A case whose outcome differs if the comparison, which ``holds`` for an offer, did not hold for it."""
        version = RulebookVersion(with_rule(self._rulebook, gate, changed), self._original)
        for id in self._cases_for(gate):
            situation = self._cases[id]
            facts, judged = self._original.judged(situation)
            forced = version.reading.match_offers(facts, situation.offers)
            for place, offer in enumerate(situation.offers):
                if PLAIN.compare({**facts, **offer.traits}, comparison) != (holds, holds):
                    continue
                gates = (*judged.gates[:place], forced[place], *judged.gates[place + 1 :])
                if gates != judged.gates and self._outcome_differs(situation, judged.gates, gates):
                    return id
        return None

    def _outcome_differs(
        self, situation: OfferedScenario, gates: tuple[GateMatch, ...], others: tuple[GateMatch, ...]
    ) -> bool:
        before, after = self._original.outcome_of(situation), self._original.outcome_of(situation, others)
        if before._replace(fired=after.fired) != after:
            return True
        if after.status is None:
            return before.fired != after.fired
        return before.fired != after.fired and self._reported(situation, gates) != self._reported(situation, others)

    def _reported(self, situation: OfferedScenario, gates: tuple[GateMatch, ...]) -> set[str]:
        """The rules that the record names, with these matches of the gates."""
        rulebook = with_offers(self._rulebook, situation.offers)
        plain = self._original.reading
        matcher = ComposedMatcher(plain.name, lambda facts: gates, plain.preferences, plain.advice)
        decision = decide(situation.scenario, rulebook, decided_on=ANY_DAY, matcher=matcher)
        judged = {elimination.rule for elimination in decision.eliminated} | {part.rule for part in decision.conditions}
        return judged | {part.rule for part in decision.preferences} | {part.rule for part in decision.advice}

    def _cases_for(self, rule: Rule) -> list[str]:
        """Those about the rule first."""
        return sorted(self._cases, key=lambda id: rule.id not in self._about[id])
