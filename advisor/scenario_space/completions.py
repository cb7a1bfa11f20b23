"""Partial answers: every outcome that some completion reaches, and which unanswered questions can still change it.

The space of completions is finite: of the needs only which offers the gates eliminate matters, of the amounts only
which comparisons hold. Every class of gate outcomes can occur in every region of the amounts.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

from advisor.domain.cost_model import VOLUME_ENDS
from advisor.domain.offer import Encoded
from advisor.domain.scenario import Axis, Route
from advisor.evaluation.compiler import compile_rules
from advisor.evaluation.judgement import Resolution, fold_of
from advisor.evaluation.resolution import NOTHING, Silenced
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import FIELD_NAMES
from advisor.scenario_space.amount_regions import AmountRegions, amounts_of
from advisor.scenario_space.breakpoints import PreferenceBreakpoints, Truths
from advisor.scenario_space.gate_outcomes import Answers, GateOutcome, GateOutcomes, NeedGroup, join
from advisor.scenario_space.relevant_offers import with_relevant_offers

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
        self.gate_outcomes, self.breakpoints = GateOutcomes(rulebook), PreferenceBreakpoints(rulebook)
        self.amounts = amounts_of(rulebook, self.breakpoints)
        self._preferences = compile_rules(rulebook.preferences, self.breakpoints)
        self.outcome = lru_cache(maxsize=_REMEMBERED)(self._outcome)
        self.deciding_axes = lru_cache(maxsize=_REMEMBERED)(self._deciding_axes)

    def unanswered(self, answers: Answers, ranged: bool = False) -> tuple[str, ...]:
        """The unanswered questions the rules read at all, in the order of the scenario.

        A low or high month that is not answered is the expected one; with ``ranged`` it is a question of its own.
        """
        names = (*self.gate_outcomes.needs, *self.amounts.unknown(answers, ranged))
        return tuple(name for name in names if name not in answers)

    def outcomes(self, answers: Answers, silenced: Silenced = NOTHING, ranged: bool = False) -> frozenset[Outcome]:
        """Every outcome that some completion reaches. Where the rules do not decide, every route they leave counts.

        If they leave none of several, because each is dropped for another, all of those do.
        """
        regions = self.amounts.regions(answers, ranged).witnesses
        return frozenset[Outcome]().union(
            *(self.outcome(number, region, silenced) for number in self.gate_outcomes.of(answers) for region in regions)
        )

    def asked(self, answers: Answers) -> frozenset[Route | None]:
        """The hosted routes whose price is in the cost inequality in some completion; None: it is not asked."""
        regions = self.amounts.regions(answers).witnesses
        return frozenset(
            self._verdict(number, region).asked for number in self.gate_outcomes.of(answers) for region in regions
        )

    def witnesses(self, answers: Answers, ranged: bool = False) -> dict[Outcome, dict[str, Encoded]]:
        """For each outcome some completion that reaches it: the needs and the amounts, answered and made up."""
        known = {n: answers[n] for n in (*self.gate_outcomes.needs, *self.amounts.names) if n in answers}
        found: dict[Outcome, dict[str, Encoded]] = {}
        for number, needs in self.gate_outcomes.of(answers).items():
            for region, amounts in self.amounts.regions(answers, ranged).witnesses.items():
                made_up = {name: value for name, value in amounts.items() if ranged or name not in VOLUME_ENDS}
                for outcome in self.outcome(number, region):
                    found.setdefault(outcome, {**made_up, **needs, **known})
        return found

    def open_questions(self, answers: Answers, ranged: bool = False) -> tuple[str, ...]:
        """The questions whose answer can change the outcome: gates before amounts, the most decisive first.

        How decisive a question is: the share of all pairs of its answers, over the completions of the others, whose
        outcomes differ.
        """
        groups, regions = self.gate_outcomes.groups(answers), self.amounts.regions(answers, ranged)
        weight = {name: self._weight_of_need(name, groups, regions) for group in groups for name in group.unknown}
        if regions.steps:
            classes = Counter(map(self.gate_outcomes.class_of, self.gate_outcomes.combined(groups)))
            weight |= {name: self._weight_of_amount(name, classes, regions) for name in regions.steps}
        order = {name: (name in regions.steps, -share) for name, share in weight.items() if share}
        position = {name: number for number, name in enumerate(FIELD_NAMES)}
        return tuple(sorted(order, key=lambda name: (*order[name], position[name])))

    def _outcome(self, number: int, region: Truths, silenced: Silenced = NOTHING) -> frozenset[Outcome]:
        verdict = self._verdict(number, region, silenced)
        return frozenset(verdict.left or verdict.feasible or (None,))

    def _verdict(self, number: int, region: Truths, silenced: Silenced = NOTHING) -> Resolution:
        return self._fold.verdict(self.gate_outcomes[number].eliminated, self._matched(number, region), silenced)

    def _deciding_axes(self, number: int, region: Truths) -> tuple[Axis, ...]:
        return self._fold.deciding_axes(self.gate_outcomes[number].eliminated, self._matched(number, region))

    def _matched(self, number: int, region: Truths) -> tuple[str, ...]:
        facts = {**dict(self.gate_outcomes[number].preferred), **self.breakpoints.named(region)}
        return tuple(rule for rule, test in self._preferences.items() if test(facts)[0])

    def _weight_of_need(self, name: str, groups: list[NeedGroup], regions: AmountRegions) -> float:
        group = next(group for group in groups if name in group.unknown)
        place = group.unknown.index(name)
        families: dict[tuple[Encoded, ...], list[GateOutcome]] = {}
        for assignment, outcome in group.outcomes.items():
            families.setdefault((*assignment[:place], *assignment[place + 1 :]), []).append(outcome)
        others = self.gate_outcomes.combined([other for other in groups if other is not group])
        counts = Counter(
            frozenset(self.gate_outcomes.class_of(join(outcome, other)) for outcome in family)
            for family in {tuple(dict.fromkeys(family)) for family in families.values()}
            for other in others
        )
        differing = sum(
            count * sum(len({self.outcome(number, region) for number in numbers}) > 1 for region in regions.witnesses)
            for numbers, count in counts.items()
        )
        return differing / (counts.total() * len(regions.witnesses))

    def _weight_of_amount(self, name: str, classes: Counter[int], regions: AmountRegions) -> float:
        steps = regions.steps[name]
        if not steps:
            return 0.0
        differing = sum(
            count * (self.outcome(number, before) != self.outcome(number, after))
            for number, count in classes.items()
            for before, after in steps
        )
        return differing / (classes.total() * len(steps))
