"""Sufficient reasons: the smallest sets of answers that force the outcome, whatever all the others are."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, combinations

from advisor.domain.cost_model import VOLUME_ENDS
from advisor.rulebook.symbols import ANSWER_NAMES
from advisor.scenario_space.amount_regions import Truths
from advisor.scenario_space.completions import Completions, Outcome
from advisor.scenario_space.gate_outcomes import Answers

_POSITION = {name: place for place, name in enumerate(ANSWER_NAMES)}


def sufficient_reasons(completions: Completions, answers: Answers, outcome: Outcome) -> list[tuple[str, ...]]:
    """Every minimal set of answered fields that leads to ``outcome`` for all completions, the smallest first.

    An answered end of the volume range counts as a separate answer; without ends the expected month is one answer.
    The empty set means that the outcome does not depend on any answer.
    """
    needs = [name for name in completions.gate_outcomes.needs if name in answers]
    amounts = [name for name in completions.amounts.names if name in answers and name not in completions.priced_fields]
    ranged = any(end in answers for end in VOLUME_ENDS)
    subsets = chain.from_iterable(combinations(needs, size) for size in range(len(needs) + 1))
    reachable = {chosen: set(completions.gate_outcomes.of(_only(answers, chosen))) for chosen in subsets}
    every_class = frozenset[int]().union(*reachable.values())
    found: list[frozenset[str]] = []

    def forced(known: frozenset[str]) -> frozenset[int]:
        """The classes of gate outcomes for which these amounts leave only this outcome."""
        stated = _only(answers, known)

        def cells(number: int) -> Iterable[Truths]:
            return completions.amounts.regions(completions.priced(stated, number), ranged).witnesses

        return frozenset(
            number
            for number in every_class
            if all(completions.outcome(number, cell) == {outcome} for cell in cells(number))
        )

    without_amounts = forced(frozenset())
    settled: list[frozenset[str]] = []
    for size in range(len(amounts), -1, -1):
        for known in map(frozenset, combinations(amounts, size)):
            if known and any(known <= more for more in settled):
                continue
            reached = forced(known) if known else without_amounts
            # Subsets of these amounts force no more: nothing, or the same as no amounts.
            if not reachable[tuple(needs)] <= reached or reached == without_amounts:
                settled.append(known)
            found += [known.union(chosen) for chosen, all_of in reachable.items() if all_of <= reached]
    found.sort(key=lambda reason: (len(reason), sorted(map(_POSITION.__getitem__, reason))))
    minimal: list[frozenset[str]] = []
    for reason in found:
        if not any(less <= reason for less in minimal):
            minimal.append(reason)
    return [tuple(sorted(reason, key=_POSITION.__getitem__)) for reason in minimal]


def _only(answers: Answers, names: Iterable[str]) -> Answers:
    return {name: answers[name] for name in names}
