"""Sufficient reasons: the smallest sets of answers that force the outcome, whatever all the others are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from advisor.explain.cells import VOLUME_ENDS
from advisor.explain.completions import Completions, Outcome
from advisor.explain.standings import Answers
from advisor.rulebook.names import FIELD_NAMES

_POSITION = {name: place for place, name in enumerate(FIELD_NAMES)}


def sufficient_reasons(completions: Completions, answers: Answers, outcome: Outcome) -> list[tuple[str, ...]]:
    """Every minimal set of answered fields that leads to ``outcome`` for all completions, the smallest first.

    An end of the volume range that was given is an answer of its own; without ends the expected month is one answer.
    The empty set: the outcome is this one whatever the answers are.
    """
    needs = [name for name in completions.standings.needs if name in answers]
    amounts = [name for name in completions.amounts.names if name in answers]
    ranged = any(end in answers for end in VOLUME_ENDS)
    found: list[frozenset[str]] = []
    standings = {chosen: set(completions.standings.of(_only(answers, chosen))) for chosen in _subsets(needs)}
    for known in _subsets(amounts):
        cells = completions.amounts.cells(_only(answers, known), ranged).witnesses
        forced = {
            standing
            for standing in standings[()]
            if all(completions.outcome(standing, cell) == {outcome} for cell in cells)
        }
        found += [frozenset((*chosen, *known)) for chosen, reached in standings.items() if reached <= forced]
    found.sort(key=lambda reason: (len(reason), sorted(map(_POSITION.__getitem__, reason))))
    minimal: list[frozenset[str]] = []
    for reason in found:
        if not any(less <= reason for less in minimal):
            minimal.append(reason)
    return [tuple(sorted(reason, key=_POSITION.__getitem__)) for reason in minimal]


def _subsets(names: list[str]) -> Iterator[tuple[str, ...]]:
    for size in range(len(names) + 1):
        yield from combinations(names, size)


def _only(answers: Answers, names: tuple[str, ...]) -> Answers:
    return {name: answers[name] for name in names}
