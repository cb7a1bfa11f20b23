"""What the outcome is sensitive to: single answers, the exact break point of every number, and unknown amounts.

Where only amounts are unknown, the advice turns along each of them, and with the total cost of own GPUs. All of it is
exact for every completion of the amounts, and derived from the scenario space: from the values of one amount at which a
comparison changes, and from the combinations of comparisons that the unknown amounts can reach.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise
from typing import NamedTuple

from advisor.domain.cost_model import HOSTED, VOLUME_ENDS, VOLUMES
from advisor.domain.offer import Encoded
from advisor.domain.scenario import Route
from advisor.evaluation.resolution import INEQUALITY
from advisor.rulebook.symbols import ANSWER_NAMES, Scope
from advisor.rulebook.terms import Operation
from advisor.scenario_space.amount_regions import Truths, bounds_of
from advisor.scenario_space.completions import Completions, Outcome
from advisor.scenario_space.gate_outcomes import Answers, assignments

_USAGE = (*VOLUMES, "gpu_billing", "peak_to_mean", "min_gpus")
"""What the cheapest of several GPUs depends on."""


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
        if ANSWER_NAMES[name].scope is Scope.NEED and not ANSWER_NAMES[name].numeric:
            for other in (other for other in completions.gate_outcomes.values(name) if other != value):
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


MAX_STRETCHES = 100
"""Of one amount; beyond these, values among which the outcome changes more often are one stretch without an outcome."""


class Stretch(NamedTuple):
    """The values of one amount from ``least`` to ``most``, both included, in smallest steps.

    ``outcome`` holds over all of it, whatever the other unknown amounts are; None if no single one does.
    """

    field: str
    least: int
    most: int
    outcome: Outcome


class Bill(NamedTuple):
    """What a hosted route costs in one month: the one of ``volume``, an end of the range of volumes."""

    route: Route
    volume: str


class CostStep(NamedTuple):
    """``route`` is right, unless own GPUs cost no more than every one of these bills. The last step has none."""

    route: Route
    unless: tuple[Bill, ...]


def only_amounts(questions: Iterable[str]) -> bool:
    """Whether some questions are open and all of them are amounts."""
    scopes = {ANSWER_NAMES[name].scope for name in questions}
    return scopes == {Scope.AMOUNT}


def stretches(
    completions: Completions, answers: Answers, unknown: tuple[str, ...], is_alone: bool
) -> Iterator[Stretch]:
    """The stretches of each unknown amount in which one outcome is certain, in ascending order.

    ``unknown`` are the amounts that can still change the outcome. If nothing but a single one can (``is_alone``), every
    stretch is listed.
    """
    classes = tuple(completions.gate_outcomes.of(answers))
    example = next(iter(completions.amounts.regions(completions.priced(answers, classes[0])).witnesses.values()))
    for name in unknown:
        others = {other: bounds_of(other, answers) for other in unknown if other != name}
        corners: list[Answers] = [{**example, **corner} for corner in assignments(others)]
        yield from _joined(name, _Line(completions, answers, name, corners, classes, is_alone).certain())


@dataclass
class _Line:
    """One amount, and every corner of the range of the other unknown ones."""

    completions: Completions
    answers: Answers
    name: str
    corners: list[Answers]
    classes: tuple[int, ...]
    is_alone: bool

    def certain(self) -> Iterator[tuple[int, int, Outcome]]:
        """The pieces with one outcome; if no other amount is unknown, those without a single one too."""
        for least, most, is_constant in self._pieces():
            outcomes = self._outcomes((least, most)) if is_constant else frozenset[Outcome]()
            if len(outcomes) == 1:
                yield least, most, next(iter(outcomes))
            elif self.is_alone:
                yield least, most, None

    def _pieces(self) -> Iterator[tuple[int, int, bool]]:
        """Pieces in ascending order, and whether no comparison changes within, at any corner.

        Along a volume the cost of own GPUs may rise in steps, so that comparisons change more often than can be listed.
        """
        ranges, count = [bounds_of(self.name, self.answers)], 0
        while ranges:
            piece = ranges.pop()
            turns = self._turns(piece)
            if turns and count < MAX_STRETCHES:
                cut = [(low, high - 1) for low, high in pairwise([piece[0], *turns, piece[1] + 1])]
                if self.name in VOLUMES:
                    ranges += reversed(cut)
                    continue
                yield from ((*part, True) for part in cut)
            else:
                yield (*piece, not turns)
            count += 1

    def _turns(self, bounds: tuple[int, int]) -> list[int]:
        along = self.completions.breakpoints.along
        return sorted({turn for corner in self._priced_corners for turn in along(corner, self.name, bounds)})

    @cached_property
    def _priced_corners(self) -> list[Answers]:
        """The corners at every price that the offers lead to."""
        fixed = self.completions.fixed
        priced = (fixed(corner, number) for corner in self.corners for number in self.classes)
        return list({tuple(sorted(corner.items())): corner for corner in priced}.values())

    def _outcomes(self, piece: tuple[int, int]) -> frozenset[Outcome]:
        """Every outcome in one piece. The corners are tried first, because most pieces differ between them."""
        found = frozenset[Outcome]()
        for corner in self.corners:
            changed = {**corner, self.name: piece[0]}
            found = found.union(*(self._outcome(changed, number) for number in self.classes))
            if len(found) > 1:
                return found
        if self.is_alone:
            return found
        ends = dict.fromkeys(piece)
        return found.union(*(self.completions.outcomes({**self.answers, self.name: end}) for end in ends))

    def _outcome(self, amounts: Answers, number: int) -> frozenset[Outcome]:
        truths = self.completions.breakpoints.truths(self.completions.fixed(amounts, number))
        return self.completions.outcome(number, truths)


def _joined(name: str, found: Iterable[tuple[int, int, Outcome]]) -> list[Stretch]:
    """Neighbours with one outcome as one stretch."""
    joined: list[Stretch] = []
    for least, most, outcome in found:
        last = joined[-1] if joined else None
        if last and last.outcome == outcome and last.most == least - 1:
            joined[-1] = last._replace(most=most)
        else:
            joined.append(Stretch(name, least, most, outcome))
    return joined


def route_by_own_cost(completions: Completions, answers: Answers) -> tuple[CostStep, ...]:
    """How the route follows from the total cost of own GPUs in a month, overhead included.

    Empty if that does not determine the route, as with rules that compare other amounts.
    """
    remaining: dict[frozenset[Bill], Outcome] = {}
    for below, outcomes in _bills_below_own(completions, answers):
        if len(outcomes) != 1 or remaining.setdefault(below, *outcomes) not in outcomes:
            return ()
    steps: list[CostStep] = []
    while len(set(remaining.values())) > 1:
        step = _first_step(remaining)
        if step is None:
            return ()
        steps.append(step)
        remaining = {below: outcome for below, outcome in remaining.items() if below.isdisjoint(step.unless)}
    last = next(iter(remaining.values()), None)
    return () if last is None else (*steps, CostStep(last, ()))


def _bills_below_own(
    completions: Completions, answers: Answers
) -> Iterator[tuple[frozenset[Bill], frozenset[Outcome]]]:
    """The bills less than the cost of own GPUs, and the outcomes, for each combination of comparisons reached."""
    bills: dict[int, Bill] = {}
    for place, difference in enumerate(completions.breakpoints.differences):
        for route, months in INEQUALITY.items():
            for volume, (rent, own) in zip(VOLUME_ENDS, months, strict=True):
                if difference == Operation("-", rent, own):
                    bills[place] = Bill(route, volume)
    for number, truths in completions.cells(answers):
        below = frozenset(bill for place, bill in bills.items() if truths[place])
        yield below, completions.outcome(number, truths)


def _first_step(remaining: Mapping[frozenset[Bill], Outcome]) -> CostStep | None:
    """A route that is right exactly if own GPUs cost more than one of some bills, with as few bills as possible.

    Only a route among the outcomes: a step of another one, by a bill that is never less than own GPUs, says nothing.
    """
    bills = [Bill(route, volume) for route in HOSTED for volume in VOLUME_ENDS]
    for size in range(1, len(bills) + 1):
        for route in (route for route in Route if route in remaining.values()):
            for chosen in combinations(sorted(bills, key=lambda bill: bill.route is not route), size):
                if all((outcome is route) != below.isdisjoint(chosen) for below, outcome in remaining.items()):
                    return CostStep(route, chosen)
    return None
