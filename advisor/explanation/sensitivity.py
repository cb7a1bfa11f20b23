"""Sensitivity: every change of a single answer that flips the outcome, and the exact break point of every number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from advisor.domain.cost_model import VOLUMES
from advisor.domain.offer import Encoded
from advisor.rulebook.symbols import ANSWER_NAMES, Scope
from advisor.scenario_space.breakpoints import Truths
from advisor.scenario_space.completions import Completions, Outcome
from advisor.scenario_space.gate_outcomes import Answers
from advisor.scenario_space.values import bounds_of

_USAGE = (*VOLUMES, "gpu_billing", "peak_to_mean", "min_gpus")
"""What the cheapest of several GPUs depends on."""


@dataclass(frozen=True)
class AnswerFlip:
    """Changing ``field`` to ``to`` leads to ``outcomes`` instead."""

    field: str
    to: Encoded
    outcomes: frozenset[Outcome]


@dataclass(frozen=True)
class NumberFlip:
    """``below`` or ``above`` this value of ``field`` the outcomes change. Exactly one of the two is set."""

    field: str
    below: int | None
    above: int | None
    outcomes: frozenset[Outcome]


class ShiftedNumber(NamedTuple):
    """A number moved ``below`` or ``above`` a value, and the comparisons that hold from there to the next break."""

    field: str
    below: int | None
    above: int | None
    truths: Truths


def answer_flips(completions: Completions, answers: Answers, outcome: Outcome) -> list[AnswerFlip]:
    """Every change of a single answered question (not a number) after which ``outcome`` is no longer certain."""
    found = []
    for name, value in answers.items():
        if ANSWER_NAMES[name].scope is Scope.NEED:
            for other in other_values(completions, name, value):
                outcomes = completions.outcomes({**answers, name: other})
                if outcomes != {outcome}:
                    found.append(AnswerFlip(name, other, outcomes))
    return found


def number_flips(
    completions: Completions, answers: Answers, outcome: Outcome, passed: Iterable[ShiftedNumber]
) -> list[NumberFlip]:
    """For each answered number, the nearest value on either side past which ``outcome`` is no longer certain.

    ``passed`` is the result of ``shifted_numbers``; without any, amounts are not listed.
    """
    reached = completions.gate_outcomes.of(answers)
    found: dict[tuple[str, bool], NumberFlip] = {}
    for field, below, above, truths in passed:
        side = (field, below is None)
        if side not in found:
            outcomes = frozenset[Outcome]().union(*(completions.outcome(number, truths) for number in reached))
            if len(reached) > 1 and completions.priced_fields and field in _USAGE:
                beyond = above + 1 if above is not None else (below or 0) - 1
                outcomes = completions.outcomes({**answers, field: beyond})
            if outcomes != {outcome}:
                found[side] = NumberFlip(field, below, above, outcomes)
    for name, value in answers.items():
        if name in completions.gate_outcomes.needs and ANSWER_NAMES[name].numeric:
            for flip in _need_flips(completions, answers, name, int(value)):
                if flip.outcomes != {outcome}:
                    found.setdefault((name, flip.below is None), flip)
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


def _need_flips(completions: Completions, answers: Answers, name: str, value: int) -> Iterator[NumberFlip]:
    """A number that gates compare, moved past each value it is compared with, the nearest first."""
    least, _ = bounds_of(name, {})
    starts = sorted({least, *map(int, completions.gate_outcomes.values(name))})
    for start in reversed(starts):
        if least < start <= value:
            yield NumberFlip(name, start, None, completions.outcomes({**answers, name: start - 1}))
    for start in starts:
        if start > value:
            yield NumberFlip(name, None, start - 1, completions.outcomes({**answers, name: start}))


def other_values(completions: Completions, name: str, value: Encoded) -> tuple[Encoded, ...]:
    """Every other option of an answered question; none for a number, or for a checkpoint that offers do not name."""
    known = ANSWER_NAMES[name]
    if known.free:
        options = completions.gate_outcomes.values(name)
        return tuple(other for other in options if other != value)
    return () if known.numeric else known.others(value)
