"""Partial answers: the outcomes of all completions, and which unanswered questions can still change it.

The space of completions is finite: of the needs only which offers the gates eliminate matters, of the amounts only
which comparisons hold. Every class of gate outcomes can occur in every region of the amounts. Where offers have prices,
the class determines the amounts of the priced routes, and with them the regions of the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import combinations, product
from typing import NamedTuple

from advisor.domain.cost_model import VOLUME_ENDS
from advisor.domain.offer import Encoded
from advisor.domain.scenario import Axis, Route
from advisor.evaluation.compiler import compile_rules
from advisor.evaluation.facts import (
    FIELDS_OF,
    Amounts,
    Usage,
    cheapest,
    priced_fields,
    usage_of,
    with_prices,
    without_prices,
)
from advisor.evaluation.resolution import NOTHING, Resolution, Silenced, fold_of
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import ANSWER_NAMES, MODEL, Scope
from advisor.scenario_space.amount_regions import AmountRegions, Truths, space_of_preferences
from advisor.scenario_space.gate_outcomes import (
    Answers,
    GateOutcome,
    GateOutcomes,
    NeedGroup,
    join,
    with_relevant_offers,
)

Outcome = Route | None
"""A recommended route, or None where no route is feasible."""
CompetingPrices = tuple[tuple[Route, tuple[Amounts, ...]], ...]
_REMEMBERED = 1 << 16
_MOST_COMPARED = 6
"""With more comparisons of amounts their combinations are not tried one by one."""


@lru_cache(maxsize=16)
def completions_of(rulebook: Rulebook) -> Completions:
    """The completions of a rulebook, prepared once."""
    return Completions(rulebook)


class Completions:
    """Every completion of partial answers under one rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        rulebook = with_relevant_offers(rulebook)
        self._rulebook = rulebook
        self._fold = fold_of(rulebook)
        self.gate_outcomes = GateOutcomes(rulebook)
        self.breakpoints, self.amounts = space_of_preferences(rulebook)
        self._preferences = compile_rules(rulebook.preferences, self.breakpoints)
        self._holding = lru_cache(maxsize=_REMEMBERED)(self._preferences_that_hold)
        self._whatever_amounts = lru_cache(maxsize=_REMEMBERED)(self._outcomes_whatever_amounts)
        self._prices = lru_cache(maxsize=_REMEMBERED)(self._prices_of_class)
        self.outcome = lru_cache(maxsize=_REMEMBERED)(self._outcome)

    @property
    def priced_fields(self) -> frozenset[str]:
        """The fields whose amounts come from offers."""
        return priced_fields(self._rulebook)

    def unanswered(self, answers: Answers, ranged: bool = False) -> tuple[str, ...]:
        """The unanswered questions that the rules read, in the order of the scenario.

        A low or high month that is not answered is the expected one; with ``ranged`` it is a separate question.
        """
        names = (*self.gate_outcomes.needs, *self.amounts.unknown(answers, ranged))
        quoted = self._always_priced(answers)
        return tuple(name for name in names if name not in answers and name not in quoted)

    def outcomes(self, answers: Answers, silenced: Silenced = NOTHING, ranged: bool = False) -> frozenset[Outcome]:
        """Every outcome that some completion reaches. Where the rules do not decide, every route they leave counts.

        If they leave none of several, because each is dropped for another, all of those do.
        """
        found, most = set[Outcome](), len(self._rulebook.routes) + 1
        for number in self.gate_outcomes.of(answers, silenced):
            if len(found) == most:
                break
            every = self._every_outcome(number, silenced)
            if found >= every:
                continue
            amounts = self.priced(answers, number, silenced)
            for region in self.amounts.reached(amounts, ranged):
                found |= self.outcome(number, region, silenced)
                if found >= every:
                    break
        return frozenset(found)

    def outcomes_among(self, answers: Answers, routes: frozenset[Route]) -> frozenset[Outcome]:
        """Every outcome that some completion reaches if only the offers of some routes compete; None: none survives."""
        found, everywhere = set[Outcome](), frozenset(Axis)
        for number in self.gate_outcomes.of(answers):
            eliminated = tuple(
                axes if offer.route in routes else everywhere
                for offer, axes in zip(self._rulebook.offers, self.gate_outcomes[number].eliminated, strict=True)
            )
            feasible = self._fold.verdict(eliminated, ()).feasible
            if len(feasible) < 2:
                found.add(feasible[0] if feasible else None)
                continue
            for region in self.amounts.regions(self.priced(answers, number)).witnesses:
                verdict = self._fold.verdict(eliminated, self._matched(number, region))
                found |= set(verdict.left or verdict.feasible)
        return frozenset(found)

    def _every_outcome(self, number: int, silenced: Silenced = NOTHING) -> frozenset[Outcome]:
        """Outcomes that contain those of a class of gate outcomes, as if every comparison could come out either way."""
        found = self.gate_outcomes[number]
        return self._whatever_amounts(found.eliminated, found.preferred, silenced)

    def _outcomes_whatever_amounts(
        self, eliminated: tuple[frozenset[Axis], ...], preferred: tuple[tuple[str, Encoded], ...], silenced: Silenced
    ) -> frozenset[Outcome]:
        compared = len(self.breakpoints.differences)
        if compared > _MOST_COMPARED:
            return frozenset(self._fold.verdict(eliminated, (), silenced).feasible or (None,))
        regions = product((True, False), repeat=compared)
        matched = {self._holding(preferred, region) for region in regions}
        verdicts = [self._fold.verdict(eliminated, rules, silenced) for rules in matched]
        return frozenset(route for verdict in verdicts for route in verdict.left or verdict.feasible or (None,))

    def cells(self, answers: Answers) -> Iterator[tuple[int, Truths]]:
        """Every class of gate outcomes that some completion reaches, with every region of the amounts there."""
        for number in self.gate_outcomes.of(answers):
            for region in self.amounts.regions(self.priced(answers, number)).witnesses:
                yield number, region

    def priced(self, answers: Answers, number: int, silenced: Silenced = NOTHING) -> Answers:
        """The answers with the amounts of the priced routes in a class of gate outcomes, as far as they are known."""
        if not self._rulebook.priced:
            return answers
        return with_prices(self._rulebook, answers, self._prices(usage_of(answers), number, silenced))

    def fixed(self, amounts: Answers, number: int) -> Answers:
        """Complete amounts with those of the priced routes that are known in a class of gate outcomes."""
        if not self._rulebook.priced:
            return amounts
        return {**amounts, **with_prices(self._rulebook, {}, self._prices(usage_of(amounts), number, NOTHING))}

    def _prices_of_class(self, usage: Usage, number: int, silenced: Silenced) -> dict[Route, Amounts]:
        """What the priced routes cost; without a surviving offer as the cheapest one, as nothing depends on that."""
        return {route: cheapest(route, found, usage) for route, found in self.competing_prices(number, silenced)}

    def competing_prices(self, number: int, silenced: Silenced = NOTHING) -> CompetingPrices:
        """The prices of which the cheapest counts, for each priced route in a class of gate outcomes."""
        competing = []
        for route, found in self.gate_outcomes[number].priced:
            left = tuple(amounts for axes, amounts in found if axes <= silenced)
            competing.append((route, left or tuple(amounts for _, amounts in found)))
        return tuple(competing)

    def quoted(self, answers: Answers) -> dict[str, Encoded]:
        """The amounts of the priced routes that are the same in every completion in which the route is feasible."""
        found: dict[str, set[Encoded | None]] = {}
        for number in self.gate_outcomes.of(answers) if self._rulebook.priced else ():
            prices = self.priced(answers, number)
            for route, offers in self.gate_outcomes[number].priced:
                for name in FIELDS_OF[route] if any(not axes for axes, _ in offers) else ():
                    found.setdefault(name, set()).add(prices.get(name))
            if len(found) == len(priced_fields(self._rulebook)) and all(len(each) > 1 for each in found.values()):
                break
        agreed = {name: next(iter(values)) for name, values in found.items() if len(values) == 1}
        return {name: value for name, value in agreed.items() if value is not None}

    def _always_priced(self, answers: Answers) -> set[str]:
        """The fields of priced routes that no scenario has to state, whatever the completion."""
        found = set(priced_fields(self._rulebook))
        for number in self.gate_outcomes.of(answers) if found else ():
            found &= self.priced(answers, number).keys()
            if not found:
                break
        return found

    def asked(self, answers: Answers) -> frozenset[Route | None]:
        """The hosted routes whose price is in the cost inequality in some completion; None: it is not asked."""
        return frozenset(self._verdict(number, region).asked for number, region in self.cells(answers))

    def witnesses(self, answers: Answers, ranged: bool = False) -> dict[Outcome, dict[str, Encoded]]:
        """For each outcome some completion that reaches it: the needs and the amounts, answered and assumed."""
        known = {n: answers[n] for n in (*self.gate_outcomes.needs, *self.amounts.names) if n in answers}
        found: dict[Outcome, dict[str, Encoded]] = {}
        for number, needs in self.gate_outcomes.of(answers).items():
            for region, amounts in self.amounts.regions(self.priced(answers, number), ranged).witnesses.items():
                made_up = {name: value for name, value in amounts.items() if ranged or name not in VOLUME_ENDS}
                for outcome in self.outcome(number, region):
                    found.setdefault(outcome, {**made_up, **needs, **known})
        return found

    def open_questions(self, answers: Answers, ranged: bool = False) -> tuple[str, ...]:
        """The questions whose answer can change the outcome: gates before amounts, the most decisive first.

        How decisive a question is: the share of all pairs of its answers, over the completions of the others, whose
        outcomes differ.
        """
        if self._rulebook.priced:
            return self._open_with_prices(answers, ranged)
        groups, regions = self.gate_outcomes.groups(answers), self.amounts.regions(answers, ranged)
        weight = {name: self._weight_of_need(name, groups, regions) for group in groups for name in group.unknown}
        if regions.steps:
            classes = Counter(map(self.gate_outcomes.class_of, self.gate_outcomes.combined(groups)))
            weight |= {name: self._weight_of_amount(name, classes, regions) for name in regions.steps}
        order = {name: (name in regions.steps, -share) for name, share in weight.items() if share}
        position = {name: number for number, name in enumerate(ANSWER_NAMES)}
        return tuple(sorted(order, key=lambda name: (*order[name], position[name])))

    def _open_with_prices(self, answers: Answers, ranged: bool) -> tuple[str, ...]:
        """The open questions where offers have prices, ordered as if every price were still asked for."""
        found = {name for name in self.unanswered(answers, ranged) if self._is_open(name, answers, ranged)}
        generic = completions_of(without_prices(self._rulebook))
        asked = {name: value for name, value in answers.items() if name != MODEL}
        order = [name for name in generic.open_questions(asked, ranged) if name in found]
        needs = [name for name in ANSWER_NAMES if name in found and ANSWER_NAMES[name].scope is Scope.NEED]
        return tuple(dict.fromkeys((*(name for name in order if name in needs), *needs, *order, *found)))

    def _is_open(self, name: str, answers: Answers, ranged: bool) -> bool:
        """Whether some answer to a question changes the outcome under some completion of the others."""
        if name in self.gate_outcomes.needs:
            return self._need_is_open(name, answers, ranged)
        return any(
            self.outcome(number, before) != self.outcome(number, after)
            for number in self.gate_outcomes.of(answers)
            if len(self._every_outcome(number)) > 1
            for before, after in self.amounts.regions(self.priced(answers, number), ranged).steps.get(name, ())
        )

    def _need_is_open(self, name: str, answers: Answers, ranged: bool) -> bool:
        """Whether an unanswered need can matter."""
        groups, models = self.gate_outcomes.by_model(answers)
        if name == MODEL:
            return any(
                len({self._behaviour(number, answers, ranged) for number in set(found.values())}) > 1
                for other in self.gate_outcomes.combined(groups)
                if (found := self.gate_outcomes.allowed(other, models))
            )
        (group,) = (group for group in groups if name in group.unknown)
        others = self.gate_outcomes.combined([other for other in groups if other is not group])
        for family in {frozenset(family) for family in _families(group, name) if len(set(family)) > 1}:
            for other in others:
                reached = [self.gate_outcomes.allowed(join(outcome, other), models) for outcome in family]
                if any(found != reached[0] for found in reached) and self._differ(reached, answers, ranged):
                    return True
        return False

    def _differ(self, reached: list[dict[Encoded, int]], answers: Answers, ranged: bool) -> bool:
        """Whether outcomes differ for a checkpoint, or because other checkpoints are allowed."""
        by_model = [
            {model: self._behaviour(number, answers, ranged) for model, number in found.items()} for found in reached
        ]
        allowed = {frozenset(found.values()) for found in by_model}
        return len(allowed) > 1 or any(
            len({found[model] for found in by_model if model in found}) > 1 for model in set().union(*by_model)
        )

    def _behaviour(self, number: int, answers: Answers, ranged: bool) -> object:
        """How a class of gate outcomes leads to outcomes: to one, or by the amounts."""
        every = self._every_outcome(number)
        if len(every) == 1:
            return every
        prices = self.priced(answers, number)
        outcomes = [self.outcome(number, region) for region in self.amounts.regions(prices, ranged).witnesses]
        return outcomes[0] if len(set(outcomes)) == 1 else (tuple(sorted(prices.items())), tuple(outcomes))

    def _outcome(self, number: int, region: Truths, silenced: Silenced = NOTHING) -> frozenset[Outcome]:
        verdict = self._verdict(number, region, silenced)
        return frozenset(verdict.left or verdict.feasible or (None,))

    def _verdict(self, number: int, region: Truths, silenced: Silenced = NOTHING) -> Resolution:
        return self._fold.verdict(self.gate_outcomes[number].eliminated, self._matched(number, region), silenced)

    def deciding_axes(self, number: int, region: Truths) -> tuple[Axis, ...]:
        """The deciding axes of a class of gate outcomes in a region of the amounts."""
        return self._fold.deciding_axes(self.gate_outcomes[number].eliminated, self._matched(number, region))

    def _matched(self, number: int, region: Truths) -> tuple[str, ...]:
        return self._holding(self.gate_outcomes[number].preferred, region)

    def _preferences_that_hold(self, preferred: tuple[tuple[str, Encoded], ...], region: Truths) -> tuple[str, ...]:
        facts = {**dict(preferred), **self.breakpoints.named(region)}
        return tuple(rule for rule, test in self._preferences.items() if test(facts)[0])

    def _weight_of_need(self, name: str, groups: list[NeedGroup], regions: AmountRegions) -> float:
        group = next(group for group in groups if name in group.unknown)
        others = self.gate_outcomes.combined([other for other in groups if other is not group])
        counts = Counter(
            frozenset(self.gate_outcomes.class_of(join(outcome, other)) for outcome in family)
            for family in {tuple(dict.fromkeys(family)) for family in _families(group, name)}
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


def _families(group: NeedGroup, name: str) -> Iterable[list[GateOutcome]]:
    """The gate outcomes of a group that differ in the answer to one question only."""
    place = group.unknown.index(name)
    families: dict[tuple[Encoded, ...], list[GateOutcome]] = {}
    for assignment, outcome in group.outcomes.items():
        families.setdefault((*assignment[:place], *assignment[place + 1 :]), []).append(outcome)
    return families.values()


Lead = tuple[str, frozenset[Outcome]]
"""An option of a question, and the outcomes still possible after it."""


def leads(completions: Completions, answers: Answers, question: str, ranged: bool = False) -> tuple[Lead, ...]:
    """Where each option of a question leads; empty for a number."""
    return tuple(
        (option, completions.outcomes({**answers, question: code}, ranged=ranged))
        for option, code in _options(completions, question).items()
    )


class WayOut(NamedTuple):
    """Answers to change together, and the outcomes then possible."""

    changes: tuple[tuple[str, str], ...]
    outcomes: frozenset[Outcome]


def ways_out(completions: Completions, answers: Answers) -> tuple[WayOut, ...]:
    """Where answers leave no option: the changes of fewest answers after which some option is left."""
    others = {
        name: {text: code for text, code in _options(completions, name).items() if code != answers[name]}
        for name in completions.gate_outcomes.needs
        if name in answers
    }
    for size in range(1, len(others) + 1):
        found = []
        for fields in combinations(others, size):
            for texts in product(*(others[name] for name in fields)):
                changes = tuple(zip(fields, texts, strict=True))
                changed = {**answers, **{name: others[name][text] for name, text in changes}}
                outcomes = completions.outcomes(changed, ranged=True)
                if outcomes != {None}:
                    found.append(WayOut(changes, outcomes))
        if found:
            return tuple(found)
    return ()


def _options(completions: Completions, question: str) -> dict[str, Encoded]:
    """The options of a question as rules compare them; none for a number."""
    known = ANSWER_NAMES.get(question)
    if known is None or known.scope is not Scope.NEED or known.numeric:
        return {}
    return {known.decode(value): value for value in completions.gate_outcomes.values(question)}
