"""Partial answers: every outcome that some completion reaches, and which unanswered questions can still change it.

The space of completions is finite: of the needs only their standing matters, of the amounts only which comparisons
hold. Every standing can meet every cell of the amounts.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

from advisor.domain.offer import Encoded
from advisor.domain.scenario import Axis, Route
from advisor.evaluation.compiler import compile_rules
from advisor.evaluation.judgement import Verdict, fold_of
from advisor.evaluation.relevant import with_relevant_offers
from advisor.evaluation.resolution import NOTHING, Silenced
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import FIELD_NAMES
from advisor.scenario_space.amount_regions import VOLUME_ENDS, Cells, amounts_of
from advisor.scenario_space.breakpoints import Breaks, Truths
from advisor.scenario_space.gate_outcomes import Answers, Group, Standing, Standings, join

Outcome = Route | None
"""A recommended route, or None where no route is feasible."""
_REMEMBERED = 1 << 16


@lru_cache(maxsize=8)
def completions_of(rulebook: Rulebook) -> Completions:
    """The completions of a rulebook, prepared once."""
    return Completions(rulebook)


class Completions:
    """Every completion of partial answers under one rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        rulebook = with_relevant_offers(rulebook)
        self._fold = fold_of(rulebook)
        self.standings, self.breaks = Standings(rulebook), Breaks(rulebook)
        self.amounts = amounts_of(rulebook, self.breaks)
        self._preferences = compile_rules(rulebook.preferences, self.breaks)
        self.outcome = lru_cache(maxsize=_REMEMBERED)(self._outcome)
        self.deciding_axes = lru_cache(maxsize=_REMEMBERED)(self._deciding_axes)

    def unanswered(self, answers: Answers, ranged: bool = False) -> tuple[str, ...]:
        """The unanswered questions the rules read at all, in the order of the scenario.

        A low or high month that is not given is the expected one; with ``ranged`` it is a question of its own.
        """
        names = (*self.standings.needs, *self.amounts.unknown(answers, ranged))
        return tuple(name for name in names if name not in answers)

    def outcomes(self, answers: Answers, silenced: Silenced = NOTHING, ranged: bool = False) -> frozenset[Outcome]:
        """Every outcome that some completion reaches. Where the rules do not decide, every route they leave counts.

        If they leave none of several, because each is dropped for another, all of those do.
        """
        cells = self.amounts.cells(answers, ranged).witnesses
        return frozenset[Outcome]().union(
            *(self.outcome(standing, cell, silenced) for standing in self.standings.of(answers) for cell in cells)
        )

    def asked(self, answers: Answers) -> frozenset[Route | None]:
        """The hosted routes whose price stands in the cost inequality in some completion; None: it is not asked."""
        cells = self.amounts.cells(answers).witnesses
        return frozenset(
            self._verdict(standing, cell).asked for standing in self.standings.of(answers) for cell in cells
        )

    def witnesses(self, answers: Answers, ranged: bool = False) -> dict[Outcome, dict[str, Encoded]]:
        """For each outcome some completion that reaches it: the needs and the amounts, given and made up."""
        cells, names = self.amounts.cells(answers, ranged).witnesses, (*self.standings.needs, *self.amounts.names)
        known = {name: answers[name] for name in names if name in answers}
        found: dict[Outcome, dict[str, Encoded]] = {}
        for standing, needs in self.standings.of(answers).items():
            for cell, amounts in cells.items():
                made_up = {name: value for name, value in amounts.items() if ranged or name not in VOLUME_ENDS}
                for outcome in self.outcome(standing, cell):
                    found.setdefault(outcome, {**made_up, **needs, **known})
        return found

    def open_questions(self, answers: Answers, ranged: bool = False) -> tuple[str, ...]:
        """The questions whose answer can change the outcome: gates before amounts, the most decisive first.

        How decisive a question is: the share of all pairs of its answers, over the completions of the others, whose
        outcomes differ.
        """
        groups, cells = self.standings.groups(answers), self.amounts.cells(answers, ranged)
        weight = {name: self._weight_of_need(name, groups, cells) for group in groups for name in group.unknown}
        if cells.steps:
            kinds = Counter(map(self.standings.kind, self.standings.combined(groups)))
            weight |= {name: self._weight_of_amount(name, kinds, cells) for name in cells.steps}
        order = {name: (name in cells.steps, -share) for name, share in weight.items() if share}
        position = {name: number for number, name in enumerate(FIELD_NAMES)}
        return tuple(sorted(order, key=lambda name: (*order[name], position[name])))

    def _outcome(self, standing: int, cell: Truths, silenced: Silenced = NOTHING) -> frozenset[Outcome]:
        verdict = self._verdict(standing, cell, silenced)
        return frozenset(verdict.left or verdict.feasible or (None,))

    def _verdict(self, standing: int, cell: Truths, silenced: Silenced = NOTHING) -> Verdict:
        return self._fold.verdict(self.standings[standing].eliminated, self._matched(standing, cell), silenced)

    def _deciding_axes(self, standing: int, cell: Truths) -> tuple[Axis, ...]:
        return self._fold.deciding_axes(self.standings[standing].eliminated, self._matched(standing, cell))

    def _matched(self, standing: int, cell: Truths) -> tuple[str, ...]:
        facts = {**dict(self.standings[standing].preferred), **self.breaks.named(cell)}
        return tuple(rule for rule, test in self._preferences.items() if test(facts)[0])

    def _weight_of_need(self, name: str, groups: list[Group], cells: Cells) -> float:
        group = next(group for group in groups if name in group.unknown)
        place = group.unknown.index(name)
        families: dict[tuple[Encoded, ...], list[Standing]] = {}
        for assignment, standing in group.standings.items():
            families.setdefault((*assignment[:place], *assignment[place + 1 :]), []).append(standing)
        others = self.standings.combined([other for other in groups if other is not group])
        kinds = Counter(
            frozenset(self.standings.kind(join(standing, other)) for standing in family)
            for family in {tuple(dict.fromkeys(family)) for family in families.values()}
            for other in others
        )
        differing = sum(
            count * sum(len({self.outcome(kind, cell) for kind in members}) > 1 for cell in cells.witnesses)
            for members, count in kinds.items()
        )
        return differing / (kinds.total() * len(cells.witnesses))

    def _weight_of_amount(self, name: str, kinds: Counter[int], cells: Cells) -> float:
        steps = cells.steps[name]
        if not steps:
            return 0.0
        differing = sum(
            count * (self.outcome(kind, before) != self.outcome(kind, after))
            for kind, count in kinds.items()
            for before, after in steps
        )
        return differing / (kinds.total() * len(steps))
