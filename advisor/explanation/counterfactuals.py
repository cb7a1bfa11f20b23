"""The minimal sets of changes that lead to another outcome, and all explanations in the form of a record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from itertools import islice, product
from typing import Any, NamedTuple

from advisor.domain import record
from advisor.domain.offer import Encoded
from advisor.domain.record_parts import Status
from advisor.domain.scenario import Route
from advisor.evaluation.resolution import Judgement
from advisor.explanation.sensitivity import Counterfactual, ShiftedNumber, answer_flips, number_flips, shifted_numbers
from advisor.rulebook.model import Rulebook, names_in_order
from advisor.rulebook.symbols import ANSWER_NAMES, MODEL
from advisor.scenario_space.amount_regions import Truths
from advisor.scenario_space.completions import CompetingPrices, Completions, Outcome, completions_of
from advisor.scenario_space.gate_outcomes import Answers, GateOutcome, NeedGroup, join_all

_MAX_COMBINATIONS = 20_000
_MAX_CHANGES = 20
Changed = frozenset[tuple[str, Encoded]]
"""Questions with changed answers."""
Frozen = tuple[tuple[str, Encoded], ...]
"""Answers as a key."""
_POSITION = {name: place for place, name in enumerate(ANSWER_NAMES)}


class Priced(NamedTuple):
    """The amounts, and the prices that they are the cheapest of; None if there are several such sets of prices."""

    amounts: Frozen
    competing: CompetingPrices | None


class Moved(NamedTuple):
    """A number past a break point, or none, and the regions of the amounts there.

    ``priced`` is how prices come about before, None for any. ``cells`` is None where they follow from the offers that
    survive.
    """

    number: ShiftedNumber | None
    cells: tuple[Truths, ...] | None
    priced: Priced | None = None


@lru_cache(maxsize=8)
def counterfactuals_of(rulebook: Rulebook) -> Counterfactuals:
    """The counterfactuals under a rulebook, cached."""
    return Counterfactuals(completions_of(rulebook))


class Counterfactuals:
    """Every minimal change of a scenario's answers: no part of it can be left out."""

    def __init__(self, completions: Completions) -> None:
        self._completions, self._priced = completions, bool(completions.priced_fields)
        self._combinations_given = lru_cache(maxsize=4096)(self._combinations)
        self._leads_given = lru_cache(maxsize=4096)(self._leads)

    def to_route(self, answers: Answers, wanted: Outcome, passed: Iterable[ShiftedNumber]) -> list[Counterfactual]:
        """The minimal changes after which ``wanted`` is certain, with at most one of the ``passed`` numbers in each.

        Where answers change prices, the numbers that are passed follow from the changed prices.
        """
        moved = self._moved(answers, list(passed))
        return self._minimal(answers, [self._unmoved(answers), *moved], lambda outcomes: outcomes == {wanted})

    def to_any_route(self, answers: Answers) -> list[Counterfactual]:
        """The minimal changes of answers after which some route is certain to be feasible."""
        return self._minimal(answers, [self._unmoved(answers)], lambda outcomes: None not in outcomes)

    def _unmoved(self, answers: Answers) -> Moved:
        cells = None if self._priced else tuple(self._completions.amounts.regions(answers).witnesses)
        return Moved(None, cells)

    def _moved(self, answers: Answers, passed: list[ShiftedNumber]) -> list[Moved]:
        """The numbers past their break points, at every price that changed answers can lead to."""
        if not self._priced:
            return [Moved(number, (number.truths,)) for number in passed]
        combinations = self._combinations_given(self._needs(answers), self._frozen(answers))
        examples = {priced: min(numbers) for priced, numbers, _ in reversed(combinations) if priced is not None}
        return [
            Moved(passed, (passed.truths,), priced)
            for priced in dict.fromkeys(priced for priced, _, _ in combinations if priced is not None)
            for passed in shifted_numbers(
                self._completions, dict(priced.amounts), None if priced.competing is None else examples[priced]
            )
            if passed.field in answers
        ]

    def _frozen(self, answers: Answers) -> Frozen:
        """The answers, if prices depend on them."""
        return tuple(answers.items()) if self._priced else ()

    def _needs(self, answers: Answers) -> tuple[Encoded | None, ...]:
        return tuple(answers.get(name) for name in self._completions.gate_outcomes.needs)

    def _minimal(
        self, answers: Answers, reached: list[Moved], wanted: Callable[[frozenset[Outcome]], bool]
    ) -> list[Counterfactual]:
        needs, amounts = self._needs(answers), self._frozen(answers)
        candidates = [
            (changed, place, moved.number, outcomes)
            for place, moved in enumerate(reached)
            for outcomes, leads in self._leads_given(needs, amounts, moved.priced, moved.cells).items()
            if wanted(outcomes)
            for changed in leads
        ]
        candidates.sort(key=lambda candidate: _order(candidate[0], candidate[1]))
        found: list[tuple[Changed, tuple[str, bool] | None]] = []
        changes = []
        for changed, _, passed, outcomes in candidates:
            direction = passed and (passed.field, passed.below is None)
            if not any(less <= changed and way in (None, direction) for less, way in found):
                found.append((changed, direction))
                changes.append(Counterfactual(tuple(_in_order(changed)), passed, outcomes))
        return changes[:_MAX_CHANGES]

    def _leads(
        self, needs: tuple[Encoded | None, ...], amounts: Frozen, at: Priced | None, cells: tuple[Truths, ...] | None
    ) -> dict[frozenset[Outcome], list[Changed]]:
        """The minimal changes of needs that lead to each set of outcomes over the regions of the amounts."""
        leads: dict[frozenset[Outcome], list[Changed]] = {}
        for priced, numbers, alternatives in self._combinations_given(needs, amounts):
            if at not in (None, priced):
                continue
            outcomes = frozenset[Outcome]().union(
                *(
                    self._completions.outcome(number, cell)
                    for number in numbers
                    for cell in (self._cells(number, amounts) if cells is None else cells)
                )
            )
            before = leads.setdefault(outcomes, [])
            before += [changed for changed in _joined(alternatives) if not any(less <= changed for less in before)]
        return leads

    def _cells(self, number: int, amounts: Frozen) -> Iterable[Truths]:
        return self._completions.amounts.regions(self._completions.priced(dict(amounts), number)).witnesses

    def _combinations(
        self, needs: tuple[Encoded | None, ...], amounts: Frozen
    ) -> list[tuple[Priced | None, frozenset[int], tuple[list[Changed], ...]]]:
        """Every combination of the groups' outcomes, with the changes of each group that lead to it.

        Before them how the prices come about; None where the amounts differ. The checkpoint is never changed.
        """
        space = self._completions.gate_outcomes
        answers = {name: value for name, value in zip(space.needs, needs, strict=True) if value is not None}
        fixed = {name: value for name, value in answers.items() if ANSWER_NAMES[name].numeric or name == MODEL}
        groups, models = space.by_model(fixed)
        options = [_options(group, answers) for group in groups]
        found = []
        for chosen in islice(product(*options), _MAX_COMBINATIONS):
            reached = map(join_all, product(*(part for part, _ in chosen)))
            numbers = frozenset(number for outcome in reached for number in space.allowed(outcome, models).values())
            prices = {tuple(self._completions.priced(dict(amounts), number).items()) for number in numbers}
            competing = {self._completions.competing_prices(number) for number in numbers}
            changes = tuple(alternatives for _, alternatives in chosen if alternatives != [frozenset()])
            only = competing.pop() if len(competing) == 1 else None
            found.append((Priced(prices.pop(), only) if len(prices) == 1 else None, numbers, changes))
        return sorted(found, key=lambda entry: sum(min(map(len, part)) for part in entry[2]))


def _in_order(changed: Changed) -> list[tuple[str, Encoded]]:
    return sorted(changed, key=lambda change: _POSITION[change[0]])


def _order(changed: Changed, number: int) -> tuple[int, int, list[tuple[int, int]]]:
    """Fewest changes first, then by number, question and option: independent of the order of the offers."""
    answers = [(_POSITION[name], _option(name, value)) for name, value in _in_order(changed)]
    return len(changed) + (number > 0), number, answers


def _option(name: str, value: Encoded) -> int:
    """The place of an answer among the options of its question."""
    options = ANSWER_NAMES[name].options
    return options.index(value) if isinstance(value, str) else int(value)


def _options(group: NeedGroup, answers: Answers) -> list[tuple[frozenset[GateOutcome], list[Changed]]]:
    """The sets of outcomes that a group can have, each with the minimal changes of its answered needs that lead to it.

    Needs not answered stay open, so a change leads to the outcomes of all their completions.
    """
    reached: dict[Changed, set[GateOutcome]] = {}
    for assignment, outcome in group.outcomes.items():
        pairs = zip(group.unknown, assignment, strict=True)
        changed = frozenset((name, value) for name, value in pairs if name in answers and answers[name] != value)
        reached.setdefault(changed, set()).add(outcome)
    options: dict[frozenset[GateOutcome], list[Changed]] = {}
    for changed in sorted(reached, key=len):
        before = options.setdefault(frozenset(reached[changed]), [])
        if not any(less <= changed for less in before):
            before.append(changed)
    return list(options.items())


def _joined(alternatives: Iterable[list[Changed]]) -> list[Changed]:
    return [frozenset[tuple[str, Encoded]]().union(*parts) for parts in product(*alternatives)]


MonthlyCost = Callable[[Route], Any]
"""The cost of a route in the expected month; None if it is not known."""
_MAX_CHOICES = 20_000


class Explainer:
    """Explains one decision that is certain: flips, conflicts, repairs, why not another route.

    ``stated`` holds the answers as a record shows them, ``answers`` as they are compared.
    """

    def __init__(
        self, rulebook: Rulebook, judgement: Judgement, answers: Mapping[str, Encoded], stated: Mapping[str, Any]
    ) -> None:
        self._rulebook, self._judgement = rulebook, judgement
        self._answers = answers
        self._stated = {**{name: ANSWER_NAMES[name].stated(value) for name, value in answers.items()}, **stated}
        completions = completions_of(rulebook)
        classes = list(completions.gate_outcomes.of(answers))
        # The routes that are ruled out have a price too, if it is certain what the gates make of them.
        priced = completions.priced(answers, classes[0]) if len(classes) == 1 else answers
        self._passed = [moved for moved in shifted_numbers(completions, priced, classes[0]) if moved.field in answers]

    def flips(self, outcome: Outcome) -> list[record.Flip]:
        """Every single change of an answer, or of a number past a value, that changes the outcome."""
        completions = completions_of(self._rulebook)
        found = answer_flips(completions, self._answers, outcome)
        found += number_flips(completions, self._answers, outcome, self._passed)
        return [
            record.Flip(**part.model_dump(), status=status_of(flip.outcomes), route=route_of(flip.outcomes))
            for flip in found
            for part in self._change(flip)
        ]

    def conflicts(self) -> list[record.Conflict]:
        """Every minimal set of answers that cannot hold together, with the rules that these answers meet."""
        fields_of = {
            gate.id: frozenset(name for name in names_in_order(gate.when) if name in ANSWER_NAMES)
            for gate in self._rulebook.gates
        }
        eliminating = {rule for match in self._judgement.gates for rule in match.eliminating}
        return [
            record.Conflict(
                answers={name: self._stated[name] for name in ANSWER_NAMES if name in way and name in self._stated},
                rules=[rule for rule, fields in fields_of.items() if fields <= way and rule in eliminating],
            )
            for way in _conflicts(self._judgement, fields_of)
        ]

    def repairs(self, monthly_cost: MonthlyCost) -> list[record.Repair]:
        """Every minimal relaxation and its outcome: fewest answers first, then the cheapest route."""
        found = [
            record.Repair(
                changes={name: ANSWER_NAMES[name].stated(value) for name, value in change.answers},
                status=status_of(change.outcomes),
                route=route_of(change.outcomes),
            )
            for change in counterfactuals_of(self._rulebook).to_any_route(self._answers)
        ]

        def price(repair: record.Repair) -> tuple[bool, Any]:
            cost = monthly_cost(repair.route) if repair.route else None
            return cost is None, cost or 0

        return sorted(found, key=lambda repair: (len(repair.changes), *price(repair)))

    def why_not(self, recommended: Route | None) -> list[record.WhyNot]:
        """For every other route: the rules that dropped it, and the minimal changes that would recommend it."""
        gates = zip(self._judgement.offers, self._judgement.gates, strict=True)
        ruled_out: dict[Route, list[str]] = {}
        for offer, match in gates:
            ruled_out.setdefault(offer.route, []).extend(match.eliminating)
        to_route = counterfactuals_of(self._rulebook).to_route
        feasible, applied = self._judgement.verdict.feasible, self._judgement.verdict.applied
        return [
            record.WhyNot(
                route=route,
                ruled_out_by=[] if route in feasible else list(dict.fromkeys(ruled_out.get(route, ()))),
                lost_by=list(dict.fromkeys(step.rule for step in applied if step.over is route)),
                changes=[self._change(change) for change in to_route(self._answers, route, self._passed)],
            )
            for route in Route
            if route is not recommended
        ]

    def _change(self, change: Counterfactual) -> list[record.Change]:
        parts = [
            record.Change(field=name, from_=self._stated[name], to=ANSWER_NAMES[name].stated(value))
            for name, value in change.answers
        ]
        return [*parts, self._moved(change.number)] if change.number else parts

    def _moved(self, number: ShiftedNumber) -> record.Change:
        name, before = ANSWER_NAMES[number.field], self._stated[number.field]
        if not name.numeric:
            return record.Change(field=number.field, from_=before, to=name.decode(number.beyond))
        below, above = (None if value is None else name.decode(value) for value in (number.below, number.above))
        return record.Change(field=number.field, from_=before, below=below, above=above)


def status_of(outcomes: frozenset[Outcome]) -> Status:
    """The status of a set of outcomes: one route, none, or several."""
    if len(outcomes) > 1:
        return Status.OPEN
    return Status.INFEASIBLE if None in outcomes else Status.RECOMMENDED


def route_of(outcomes: frozenset[Outcome]) -> Route | None:
    """The route, if there is exactly one outcome."""
    return next(iter(outcomes)) if len(outcomes) == 1 else None


def _conflicts(judgement: Judgement, fields_of: Mapping[str, frozenset[str]]) -> list[frozenset[str]]:
    """Every minimal set of answers that leaves no offer, the smallest first. Empty while some offer survives.

    ``fields_of`` are the answers that each gate reads.
    """
    ways: set[frozenset[str]] = {frozenset()}
    reasons = [[fields_of[rule] for rule in match.eliminating] for match in judgement.gates]
    reasons += [[frozenset((MODEL,)), *map(fields_of.__getitem__, match.eliminating)] for match in judgement.others]
    for found in set(map(frozenset, reasons)):
        ways = _minimal({way | fields for way in ways for fields in found})
        if len(ways) > _MAX_CHOICES:
            break
    precedence = list(ANSWER_NAMES)
    return sorted(filter(None, ways), key=lambda way: (len(way), sorted(map(precedence.index, way))))


def _minimal(ways: set[frozenset[str]]) -> set[frozenset[str]]:
    return {way for way in ways if not any(other < way for other in ways)}
