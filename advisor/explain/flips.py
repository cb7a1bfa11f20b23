"""What would flip the answer: every single change of one answer, and the exact break point of every number."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from advisor.explain.breaks import Breaks, bounds_of
from advisor.explain.completions import Outcome, completions_of
from advisor.explain.conflicts import other_values
from advisor.offers import Encoded
from advisor.rulebook.model import Rulebook
from advisor.rulebook.names import FIELD_NAMES, Scope

_VOLUMES = ("monthly_images", "monthly_images_low", "monthly_images_high")


@dataclass(frozen=True)
class AnswerFlip:
    """Changing ``field`` to ``to`` leads to ``outcomes`` instead."""

    field: str
    to: Encoded
    outcomes: frozenset[Outcome]


@dataclass(frozen=True)
class NumberFlip:
    """``below`` this value of ``field``, or ``above`` it, the outcomes are others. Exactly one of them is set."""

    field: str
    below: int | None
    above: int | None
    outcomes: frozenset[Outcome]


def answer_flips(rulebook: Rulebook, answers: dict[str, Encoded], outcome: Outcome) -> list[AnswerFlip]:
    """Every change of a single answered question (not a number) after which ``outcome`` is not certain any more."""
    completions = completions_of(rulebook)
    found = []
    for name, value in answers.items():
        if FIELD_NAMES[name].scope is Scope.NEED:
            for other in other_values(name, value):
                outcomes = completions.outcomes({**answers, name: other})
                if outcomes != {outcome}:
                    found.append(AnswerFlip(name, other, outcomes))
    return found


def number_flips(rulebook: Rulebook, answers: dict[str, Encoded], outcome: Outcome) -> list[NumberFlip]:
    """For each answered number, the nearest values on either side past which ``outcome`` is not certain any more.

    Needs every amount the preferences compare; without, nothing is listed.
    """
    completions = completions_of(rulebook)
    if any(FIELD_NAMES[name].scope is Scope.AMOUNT for name in completions.unanswered(answers)):
        return []
    breaks = Breaks(rulebook)
    amounts = {name: value for name, value in answers.items() if FIELD_NAMES[name].scope is Scope.AMOUNT}
    found = []
    for name in amounts:
        least, most = bounds_of(name, {other: amounts[other] for other in _VOLUMES if other in amounts})
        turns = breaks.along(amounts, name, (least, most))
        edges = [least, *turns, most + 1]
        stretches = [(low, high - 1) for low, high in pairwise(edges) if low < high]
        here = next(number for number, (low, high) in enumerate(stretches) if low <= int(answers[name]) <= high)
        for step in (-1, 1):
            place = here + step
            while 0 <= place < len(stretches):
                low, high = stretches[place]
                outcomes = completions.outcomes({**answers, name: low})
                if outcomes != {outcome}:
                    below, above = (high + 1, None) if step < 0 else (None, low - 1)
                    found.append(NumberFlip(name, below, above, outcomes))
                    break
                place += step
    return found
