"""What would change the outcome: single answers, the exact break point of every number, and minimal sets of changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import islice, pairwise, product
from typing import NamedTuple

from advisor.domain.cost_model import VOLUMES
from advisor.domain.offer import Encoded
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import ANSWER_NAMES, MODEL, Scope
from advisor.scenario_space.amount_regions import Truths, bounds_of
from advisor.scenario_space.completions import CompetingPrices, Completions, Outcome, completions_of
from advisor.scenario_space.gate_outcomes import Answers, GateOutcome, NeedGroup, join_all

_USAGE = (*VOLUMES, "gpu_billing", "peak_to_mean", "min_gpus")
"""What the cheapest of several GPUs depends on."""
_MAX_COMBINATIONS = 20_000
_MAX_CHANGES = 20
Changed = frozenset[tuple[str, Encoded]]
"""Questions with changed answers."""
Frozen = tuple[tuple[str, Encoded], ...]
"""Answers as a key."""
_POSITION = {name: place for place, name in enumerate(ANSWER_NAMES)}


class ShiftedNumber(NamedTuple):
    """A number moved ``below`` or ``above`` a value: exactly one of the two is set.

    ``truths`` are the comparisons that hold from there to the next break; none for a number that only gates compare.
    """

    field: str
    below: int | None
    above: int | None
    truths: Truths = ()

    @property
    def beyond(self) -> int:
        """The nearest value past it."""
        return self.above + 1 if self.above is not None else (self.below or 0) - 1


class Counterfactual(NamedTuple):
    """Changed answers, at most one number past a break point, and the outcomes then possible."""

    answers: tuple[tuple[str, Encoded], ...]
    number: ShiftedNumber | None
    outcomes: frozenset[Outcome]


def answer_flips(completions: Completions, answers: Answers, outcome: Outcome) -> list[Counterfactual]:
    """Every change of a single answered question (not a number) after which ``outcome`` is no longer certain."""
    found = []
    for name, value in answers.items():
        if ANSWER_NAMES[name].scope is Scope.NEED:
            known = ANSWER_NAMES[name]
            values = completions.gate_outcomes.values(name) if known.free else known.values
            for other in (other for other in values if other != value):
                outcomes = completions.outcomes({**answers, name: other})
                if outcomes != {outcome}:
                    found.append(Counterfactual(((name, other),), None, outcomes))
    return found


def number_flips(
    completions: Completions, answers: Answers, outcome: Outcome, passed: Iterable[ShiftedNumber]
) -> list[Counterfactual]:
    """For each answered number, the nearest value on either side past which ``outcome`` is no longer certain.

    ``passed`` is the result of ``shifted_numbers``; without any, amounts are not listed.
    """
    reached = completions.gate_outcomes.of(answers)
    found: dict[tuple[str, bool], Counterfactual] = {}
    for moved in passed:
        side = (moved.field, moved.below is None)
        if side not in found:
            outcomes = frozenset[Outcome]().union(*(completions.outcome(number, moved.truths) for number in reached))
            if len(reached) > 1 and completions.priced_fields and moved.field in _USAGE:
                outcomes = completions.outcomes({**answers, moved.field: moved.beyond})
            if outcomes != {outcome}:
                found[side] = Counterfactual((), moved, outcomes)
    for name, value in answers.items():
        if name in completions.gate_outcomes.needs and ANSWER_NAMES[name].numeric:
            for moved in _shifted_need(completions, name, int(value)):
                outcomes = completions.outcomes({**answers, name: moved.beyond})
                if outcomes != {outcome}:
                    found.setdefault((name, moved.below is None), Counterfactual((), moved, outcomes))
    return list(found.values())


def shifted_numbers(completions: Completions, answers: Answers, number: int | None) -> Iterator[ShiftedNumber]:
    """Each answered amount moved past each of its break points, the nearest first: downwards, then upwards.

    ``number`` is the class of gate outcomes that prices follow from. Without one, nothing that they depend on is moved.
    Yields nothing unless every amount that the preferences compare is known.
    """
    if completions.amounts.unknown(answers, ranged=False):
        return
    amounts = {name: answers[name] for name in completions.amounts.names if name in answers}

    def truths(name: str, value: int) -> Truths:
        """The comparisons with one amount changed; how own GPUs are used determines which of the offers is cheapest."""
        changed = {**amounts, name: value}
        if number is not None and name in _USAGE:
            changed |= completions.fixed(changed, number)
        return completions.breakpoints.truths(changed)

    for name, value in amounts.items():
        if name in _USAGE and number is None and completions.priced_fields:
            continue
        bounds = bounds_of(name, {other: amounts[other] for other in VOLUMES if other in amounts})
        turns = completions.breakpoints.along(amounts, name, bounds)
        edges = [bounds[0], *turns, bounds[1] + 1]
        stretches = [(low, high - 1) for low, high in pairwise(edges) if low < high]
        for _, high in reversed(stretches):
            if high < int(value):
                yield ShiftedNumber(name, high + 1, None, truths(name, high))
        for low, _ in stretches:
            if low > int(value):
                yield ShiftedNumber(name, None, low - 1, truths(name, low))


def _shifted_need(completions: Completions, name: str, value: int) -> Iterator[ShiftedNumber]:
    """A number that gates compare, moved past each value it is compared with, the nearest first."""
    least, _ = bounds_of(name, {})
    starts = sorted({least, *map(int, completions.gate_outcomes.values(name))})
    for start in reversed(starts):
        if least < start <= value:
            yield ShiftedNumber(name, start, None)
    for start in starts:
        if start > value:
            yield ShiftedNumber(name, None, start - 1)


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
