"""Looks for a scenario that distinguishes a version of a rulebook from the original by an outcome a case could check.

The scenarios are finite where it matters: of the needs and the offers only the matches of the gates
(``sampled_scenarios``), of the amounts only which comparisons hold (``amount_regions``). Where the version matches or
folds differently, both are decided, and the outcomes are compared. So a scenario that is found does distinguish them;
if none is found, none exists with the rulebook's own offers, and none with other traits among those searched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from advisor.domain.cost_model import VOLUME_ENDS, VOLUMES
from advisor.domain.offer import Encoded
from advisor.domain.scenario import Route, validated
from advisor.evaluation.compiler import Facts
from advisor.evaluation.facts import with_range, with_terms
from advisor.evaluation.resolution import Resolution
from advisor.rule_testing.cases import CheckedOutcome, OfferedScenario, RulebookVersion
from advisor.rulebook.model import names_in_order
from advisor.rulebook.symbols import ELIMINATED, FEASIBLE, FIELD_NAMES, OUTCOME_NAMES, Scope
from advisor.rulebook.terms import Expression
from advisor.scenario_space.amount_regions import AmountExample, AmountSpace, Breakpoints, usual_amount
from advisor.scenario_space.gate_outcomes import assignments
from advisor.scenario_space.sampled_scenarios import Needs, SearchRow, SearchSpace

_COSTS_OF_MOVING: tuple[dict[str, int], ...] = (
    {},
    {"migration_cost": 0},
    {"migration_cost": 1, "payback_limit_months": 0},
)
_MOVES: tuple[dict[str, object], ...] = (
    {},
    *({"current_route": route, **cost} for route in Route for cost in _COSTS_OF_MOVING),
)
"""Answers that reach every value of ``moving``: it repays at once, too late, never, or not known."""


@dataclass(frozen=True)
class Distinction:
    """A situation in which a version of a rulebook has another outcome than the original."""

    situation: OfferedScenario
    before: CheckedOutcome
    after: CheckedOutcome


class _Region(NamedTuple):
    """One region of the amounts, and the preferences that hold there before and after."""

    amounts: AmountExample
    facts: Facts
    facts_after: Facts
    matched: tuple[str, ...]
    matched_after: tuple[str, ...]


class ScenarioSearch:
    """Searches the scenarios of one rulebook, starting from those of its cases."""

    def __init__(self, original: RulebookVersion, cases: Iterable[OfferedScenario]) -> None:
        self._original, self._rulebook = original, original.rulebook
        self._cases = tuple(cases)
        self._searched = SearchSpace(self._rulebook, self._cases[0].answers if self._cases else {})
        read = self._rulebook.reads(tuple(self._rulebook.rules.values()))
        amounts = {name for name in read if name in FIELD_NAMES and FIELD_NAMES[name].scope is Scope.AMOUNT}
        self._amounts = tuple(name for name in FIELD_NAMES if name in amounts | set(VOLUMES))
        self._examples: dict[frozenset[Expression], list[AmountExample]] = {}

    @property
    def extent(self) -> str:
        """The extent of the search, in words."""
        own, more = len(self._searched.own), len(self._searched.rows)
        which = "drawn combinations" if self._searched.is_sample else "combinations"
        regions = len(self._examples_of(Breakpoints.of_rules(self._rulebook, self._rulebook.rules.values())))
        return f"{own:,} {which} of answers, {more - own:,} more with other traits, {regions:,} cells of the amounts"

    def distinguish(self, version: RulebookVersion) -> Distinction | None:
        """The first situation found that distinguishes the version from the original, or None."""
        for situation in self._candidates(version):
            before, after = self._original.outcome_of(situation), version.outcome_of(situation)
            if before != after:
                return Distinction(situation, before, after)
        return None

    def why_equivalent(self, version: RulebookVersion) -> str:
        """The reason why no situation distinguishes the version from the original."""
        if not version.same_fold:
            return "what it changes is never decisive"
        amounts = self._examples_of(self._breakpoints(version, _TouchedAdvice(self._original, version)))
        reading = {self._searched.after_gates(row): row for row in self._searched.distinct}.values()
        regions = [region for row in reading for region in self._matched(version, row.needs, amounts, each=False)]
        rows = () if version.same_gates else self._searched.rows
        same = all(version.reading.match_offers(row.needs, row.offers) == row.gates for row in rows)
        if same and all(region.matched == region.matched_after for region in regions):
            return "its condition holds in the same scenarios"
        return "where its condition holds in other scenarios, the outcome is the same"

    def _candidates(self, version: RulebookVersion) -> Iterator[OfferedScenario]:
        """Situations in which something differs that may change the outcome; each kind of difference once."""
        advice = _TouchedAdvice(self._original, version)
        amounts = self._examples_of(self._breakpoints(version, advice))
        regions: dict[object, list[_Region]] = {}
        seen = set()
        for row in self._searched.distinct if version.same_gates else self._searched.rows:
            gates = row.gates if version.same_gates else version.reading.match_offers(row.needs, row.offers)
            after = row._replace(gates=gates, eliminated=version.fold.eliminating_axes(gates))
            if not version.same_gates and after == row:
                continue
            read = self._searched.after_gates(row)
            if read not in regions:
                regions[read] = self._matched(version, row.needs, amounts, bool(advice.touched))
            for number, region in enumerate(regions[read]):
                key = (row.eliminated, after.eliminated, gates != row.gates and (row.gates, gates), read, number)
                if key not in seen:
                    seen.add(key)
                    verdict = self._original.fold.verdict(row.eliminated, region.matched)
                    if self._may_differ(version, row, after, region) or advice.may_differ(verdict, row.needs, region):
                        yield from self._situations(row, region.amounts, advice.reads_moving)

    def _breakpoints(self, version: RulebookVersion, advice: _TouchedAdvice) -> Breakpoints:
        """The breakpoints that matter: those of the preferences and of the advice that differs, of both rulebooks."""
        before, after = (
            Breakpoints.of_rules(rulebook, (*rulebook.preferences, *touched))
            for rulebook in (self._rulebook, version.rulebook)
            for touched in [[rule for rule in rulebook.advice if rule.id in advice.touched]]
        )
        return before + after

    def _may_differ(self, version: RulebookVersion, before: SearchRow, after: SearchRow, region: _Region) -> bool:
        """Whether gates and preferences have another result; not yet whether a case could check it."""
        fold, fold_after = self._original.fold, version.fold
        holding = {*region.matched, *region.matched_after}
        if (
            before == after
            and version.changed_preferences.isdisjoint(holding)
            and region.matched == region.matched_after
        ):
            return False
        if before.gates != after.gates and before.fired != after.fired:
            return True
        verdict = fold.verdict(before.eliminated, region.matched)
        verdict_after = fold_after.verdict(after.eliminated, region.matched_after)
        if _checked(verdict) != _checked(verdict_after):
            return True
        axes = fold.deciding_axes(before.eliminated, region.matched)
        return axes[:1] != fold_after.deciding_axes(after.eliminated, region.matched_after)[:1]

    def _matched(
        self, version: RulebookVersion, needs: Needs, examples: list[AmountExample], each: bool
    ) -> list[_Region]:
        """The regions with the preferences that hold there; without ``each``, one for every combination of these."""
        found: dict[object, _Region] = {}
        for amounts in examples:
            facts = {**needs, **with_terms(self._rulebook, amounts)}
            after = facts if version.same_terms else {**needs, **with_terms(version.rulebook, amounts)}
            matched = self._original.reading.preferences(facts)
            matched_after = matched if version.same_preferences else version.reading.preferences(after)
            key = len(found) if each else (matched, matched_after)
            found.setdefault(key, _Region(amounts, facts, after, matched, matched_after))
        return list(found.values())

    def _situations(self, row: SearchRow, amounts: AmountExample, moving: bool) -> Iterator[OfferedScenario]:
        answers: dict[str, object] = {
            name: FIELD_NAMES[name].stated(value) for name, value in {**row.needs, **amounts}.items()
        }
        for end in VOLUME_ENDS:
            if answers[end] == answers["monthly_images"]:
                del answers[end]
        for more in _MOVES if moving else ({},):
            yield OfferedScenario(validated({**answers, **more}, "a scenario that was searched"), row.offers)

    def _examples_of(self, breakpoints: Breakpoints) -> list[AmountExample]:
        key = frozenset(breakpoints.differences)
        if key not in self._examples:
            self._examples[key] = AmountSpace(self._amounts, breakpoints).examples_from(self._starts)
        return self._examples[key]

    @cached_property
    def _starts(self) -> list[AmountExample]:
        """The amounts of the cases; those that a case leaves out are as in the first case, or usual ones."""
        cases = [case.answers for case in self._cases] or [{}]
        usual = {n: cases[0].get(n, usual_amount(n)) for n in self._amounts if n not in VOLUME_ENDS}
        return [with_range({**usual, **{n: case[n] for n in self._amounts if n in case}}) for case in cases]


def _checked(verdict: Resolution) -> tuple[object, ...]:
    return verdict.left, {applied.rule for applied in verdict.applied}, verdict.feasible, verdict.asked


class _TouchedAdvice:
    """The advice that a version changes, or that reads a term it changes."""

    def __init__(self, original: RulebookVersion, version: RulebookVersion) -> None:
        before = {rule.id: rule for rule in original.rulebook.advice}
        after = {rule.id: rule for rule in version.rulebook.advice}
        self.touched = [id for id in before if not version.same_terms or after.get(id) is not before[id]]
        self._before, self._after = original, version
        rules = [rule for id in self.touched for rule in (before[id], after.get(id)) if rule]
        read = {name for rule in rules for name in names_in_order(rule.when)}
        self.reads_moving = "moving" in read
        self._open = [name for name in ("settled", "moving") if name in read]

    def may_differ(self, verdict: Resolution, needs: Needs, region: _Region) -> bool:
        """Whether the advice may differ, for any value of what is not yet known of the outcome."""
        if not self.touched or verdict.route is None:
            return False
        feasible = {route.value: FEASIBLE if route in verdict.feasible else ELIMINATED for route in Route}
        words: dict[str, Encoded] = {
            **needs,
            **feasible,
            "route": verdict.route.value,
            "compared_with": str(verdict.asked or "none"),
        }
        for chosen in assignments({name: OUTCOME_NAMES[name].options for name in self._open}):
            outcome: dict[str, Encoded] = {**words, **chosen}
            before = self._before.reading.advice({**region.facts, **outcome})
            if before != self._after.reading.advice({**region.facts_after, **outcome}):
                return True
        return False
