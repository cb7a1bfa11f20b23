"""Looks for a scenario that tells a version of a rulebook from the original: another outcome that a case could check.

The scenarios are finite where it matters: of the needs and the offers only what the gates make of them (``searched``),
of the amounts only which comparisons hold (``amount_cells``). Where the version matches, or folds, otherwise than the
original, both are decided, and what comes out is compared. So a scenario that is found is one; that none is found holds
for all answers with the rulebook's own offers, and with other traits as far as they were tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import NamedTuple

from advisor.domain.offer import Encoded
from advisor.domain.scenario import FIELDS, Route, validated
from advisor.evaluation.facts import with_terms
from advisor.evaluation.judgement import Verdict
from advisor.evaluation.protocol import Facts
from advisor.rule_testing.evaluation import CheckedOutcome, OfferedScenario, RulebookVersion
from advisor.rule_testing.mutation.search_space import Needs, SearchRow, SearchSpace
from advisor.rulebook.conditions import names_in_order
from advisor.rulebook.symbols import ELIMINATED, FEASIBLE, FIELD_NAMES, OUTCOME_NAMES, Scope
from advisor.scenario_space.sampled_amounts import VOLUMES, AmountsOf, Compared, amount_cells, compared_amounts

_COSTS_OF_MOVING: tuple[dict[str, int], ...] = (
    {},
    {"migration_cost": 0},
    {"migration_cost": 1, "payback_limit_months": 0},
)
_MOVES: tuple[dict[str, object], ...] = (
    {},
    *({"current_route": route, **cost} for route in Route for cost in _COSTS_OF_MOVING),
)
"""Answers that reach every value of ``moving``: it repays at once, too late, never, or nobody knows."""


@dataclass(frozen=True)
class Distinction:
    """A situation in which a version of a rulebook comes to another outcome than the original."""

    situation: OfferedScenario
    before: CheckedOutcome
    after: CheckedOutcome


class _Cell(NamedTuple):
    """One cell of the amounts, and the preferences that hold there before and after."""

    amounts: AmountsOf
    facts: Facts
    facts_after: Facts
    matched: tuple[str, ...]
    matched_after: tuple[str, ...]


class ScenarioSearch:
    """Searches the scenarios of one rulebook, starting from those of its cases."""

    def __init__(self, original: RulebookVersion, cases: Iterable[OfferedScenario]) -> None:
        self._original, self._rulebook = original, original.rulebook
        self._cases = tuple(cases)
        self._searched = SearchSpace(original, next(iter(self._cases), None))
        read = self._rulebook.reads(tuple(self._rulebook.rules.values()))
        amounts = {name for name in read if name in FIELD_NAMES and FIELD_NAMES[name].scope is Scope.AMOUNT}
        self._amounts = tuple(name for name in FIELD_NAMES if name in amounts | set(VOLUMES))
        self._cells: dict[frozenset[Compared], list[AmountsOf]] = {}

    @property
    def extent(self) -> str:
        """What is searched, in words."""
        own, more = len(self._searched.own), len(self._searched.rows)
        which = "drawn combinations" if self._searched.is_sample else "combinations"
        cells = len(self._cells_of(compared_amounts(self._rulebook, self._rulebook.rules.values())))
        return f"{own:,} {which} of answers, {more - own:,} more with other traits, {cells:,} cells of the amounts"

    def tells_apart(self, version: RulebookVersion) -> Distinction | None:
        """The first situation found that tells the version from the original; None where there is none."""
        for situation in self._candidates(version):
            before, after = self._original.comes_out(situation), version.comes_out(situation)
            if before != after:
                return Distinction(situation, before, after)
        return None

    def why_equivalent(self, version: RulebookVersion) -> str:
        """The reason for a version that no situation tells from the original."""
        if not version.same_fold:
            return "what it changes is never decisive"
        amounts = self._cells_of(self._compared(version, _TouchedAdvice(self._original, version)))
        reading = {self._searched.after_gates(row): row for row in self._searched.distinct}.values()
        cells = [cell for row in reading for cell in self._matched(version, row.needs, amounts, each=False)]
        rows = () if version.same_gates else self._searched.rows
        same = all(version.match_gates(row.needs, row.offers) == row.gates for row in rows)
        if same and all(cell.matched == cell.matched_after for cell in cells):
            return "its condition holds in the same scenarios"
        return "where its condition holds in other scenarios, the same comes out"

    def _candidates(self, version: RulebookVersion) -> Iterator[OfferedScenario]:
        """Situations in which something differs that may change what comes out; each kind of difference once."""
        advice = _TouchedAdvice(self._original, version)
        amounts = self._cells_of(self._compared(version, advice))
        cells: dict[object, list[_Cell]] = {}
        seen = set()
        for row in self._searched.distinct if version.same_gates else self._searched.rows:
            gates = row.gates if version.same_gates else version.match_gates(row.needs, row.offers)
            after = row._replace(gates=gates, eliminated=version.fold.eliminating_axes(gates))
            if not version.same_gates and after == row:
                continue
            read = self._searched.after_gates(row)
            if read not in cells:
                cells[read] = self._matched(version, row.needs, amounts, bool(advice.touched))
            for number, cell in enumerate(cells[read]):
                key = (row.eliminated, after.eliminated, gates != row.gates and (row.gates, gates), read, number)
                if key not in seen:
                    seen.add(key)
                    verdict = self._original.fold.verdict(row.eliminated, cell.matched)
                    if self._may_differ(version, row, after, cell) or advice.may_differ(verdict, row.needs, cell):
                        yield from self._situations(row, cell.amounts, advice.reads_moving)

    def _compared(self, version: RulebookVersion, advice: _TouchedAdvice) -> dict[Compared, None]:
        """The comparisons of amounts that matter: the preferences' and those of the advice that differs."""
        compared: dict[Compared, None] = {}
        for rulebook in (self._rulebook, version.rulebook):
            touched = [rule for rule in rulebook.advice if rule.id in advice.touched]
            compared |= compared_amounts(rulebook, (*rulebook.preferences, *touched))
        return compared

    def _may_differ(self, version: RulebookVersion, before: SearchRow, after: SearchRow, cell: _Cell) -> bool:
        """Whether gates and preferences come to something else; not yet whether a case could check it."""
        fold, fold_after = self._original.fold, version.fold
        holding = {*cell.matched, *cell.matched_after}
        if before == after and version.changed_preferences.isdisjoint(holding) and cell.matched == cell.matched_after:
            return False
        if before.gates != after.gates and before.fired != after.fired:
            return True
        verdict = fold.verdict(before.eliminated, cell.matched)
        verdict_after = fold_after.verdict(after.eliminated, cell.matched_after)
        if _checked(verdict) != _checked(verdict_after):
            return True
        axes = fold.deciding_axes(before.eliminated, cell.matched)
        return axes[:1] != fold_after.deciding_axes(after.eliminated, cell.matched_after)[:1]

    def _matched(self, version: RulebookVersion, needs: Needs, cells: list[AmountsOf], each: bool) -> list[_Cell]:
        """The cells with what holds there; unless ``each`` matters, one for every combination that holds."""
        found: dict[object, _Cell] = {}
        for amounts in cells:
            facts = {**needs, **with_terms(self._rulebook, amounts)}
            after = facts if version.same_terms else {**needs, **with_terms(version.rulebook, amounts)}
            matched = self._original.match_preferences(facts)
            matched_after = matched if version.same_preferences else version.match_preferences(after)
            key = len(found) if each else (matched, matched_after)
            found.setdefault(key, _Cell(amounts, facts, after, matched, matched_after))
        return list(found.values())

    def _situations(self, row: SearchRow, amounts: AmountsOf, moving: bool) -> Iterator[OfferedScenario]:
        answers: dict[str, object] = {
            name: value if isinstance(value, bool) else FIELD_NAMES[name].decode(value)
            for name, value in {**row.needs, **amounts}.items()
        }
        for end in VOLUMES:
            if end != "monthly_images" and answers[end] == answers["monthly_images"]:
                del answers[end]
        for more in _MOVES if moving else ({},):
            yield OfferedScenario(validated({**answers, **more}, "a scenario that was searched"), row.offers)

    def _cells_of(self, compared: dict[Compared, None]) -> list[AmountsOf]:
        key = frozenset(compared)
        if key not in self._cells:
            self._cells[key] = amount_cells(self._rulebook, compared, self._amounts, self._starts)
        return self._cells[key]

    @cached_property
    def _starts(self) -> list[AmountsOf]:
        """The amounts of the cases, each filled up with those of the first one and with usual ones."""
        first = self._cases[0].answers if self._cases else {}
        usual: AmountsOf = {}
        for name in self._amounts:
            quantity = FIELDS[name].quantity
            assert quantity is not None
            usual[name] = first.get(name, quantity.inside(quantity.check(quantity.example)))
        starts: list[AmountsOf] = []
        for answers in [case.answers for case in self._cases] or [{}]:
            given = {**usual, **{name: answers[name] for name in self._amounts if name in answers}}
            starts.append({**given, **{end: answers.get(end, given["monthly_images"]) for end in VOLUMES}})
        return starts


def _checked(verdict: Verdict) -> tuple[object, ...]:
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

    def may_differ(self, verdict: Verdict, needs: Needs, cell: _Cell) -> bool:
        """Whether other advice is given, whatever is not known yet of the outcome."""
        if not self.touched or verdict.route is None:
            return False
        feasible = {route.value: FEASIBLE if route in verdict.feasible else ELIMINATED for route in Route}
        words: dict[str, Encoded] = {
            **needs,
            **feasible,
            "route": verdict.route.value,
            "compared_with": str(verdict.asked or "none"),
        }
        for values in product(*(OUTCOME_NAMES[name].options for name in self._open)):
            outcome: dict[str, Encoded] = {**words, **dict(zip(self._open, values, strict=True))}
            before = self._before.match_advice({**cell.facts, **outcome})
            if before != self._after.match_advice({**cell.facts_after, **outcome}):
                return True
        return False
