"""Counterfactuals: the minimal changes of answers, and of at most one number, that lead to another outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import islice, product
from typing import NamedTuple

from advisor.domain.offer import Encoded
from advisor.explanation.sensitivity import ShiftedNumber
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import FIELD_NAMES
from advisor.scenario_space.breakpoints import Truths
from advisor.scenario_space.completions import Completions, Outcome, completions_of
from advisor.scenario_space.gate_outcomes import Answers, GateOutcome, NeedGroup

_MAX_COMBINATIONS = 20_000
_MAX_CHANGES = 20
Changed = frozenset[tuple[str, Encoded]]
"""Questions with changed answers."""
TruthSets = tuple[Truths, ...]
"""The truth values that the comparisons may have."""


class Counterfactual(NamedTuple):
    """Changed answers, at most one number past a break point, and the outcomes then possible."""

    answers: tuple[tuple[str, Encoded], ...]
    number: ShiftedNumber | None
    outcomes: frozenset[Outcome]


@lru_cache(maxsize=8)
def counterfactuals_of(rulebook: Rulebook) -> Counterfactuals:
    """The counterfactuals under a rulebook, cached."""
    return Counterfactuals(completions_of(rulebook))


class Counterfactuals:
    """Every minimal change of a scenario's answers: no part of it can be left out."""

    def __init__(self, completions: Completions) -> None:
        self._completions = completions
        self._combinations_given = lru_cache(maxsize=4096)(self._combinations)
        self._leads_given = lru_cache(maxsize=4096)(self._leads)

    def to_route(self, answers: Answers, wanted: Outcome, passed: Iterable[ShiftedNumber]) -> list[Counterfactual]:
        """The minimal changes after which ``wanted`` is certain, with at most one of the ``passed`` numbers in each."""
        moved: list[tuple[ShiftedNumber | None, TruthSets]] = [(number, (number.truths,)) for number in passed]
        return self._minimal(answers, [self._unmoved(answers), *moved], lambda outcomes: outcomes == {wanted})

    def to_any_route(self, answers: Answers) -> list[Counterfactual]:
        """The minimal changes of answers after which some route is certain to be feasible."""
        return self._minimal(answers, [self._unmoved(answers)], lambda outcomes: None not in outcomes)

    def _unmoved(self, answers: Answers) -> tuple[ShiftedNumber | None, TruthSets]:
        return None, tuple(self._completions.amounts.regions(answers).witnesses)

    def _minimal(
        self,
        answers: Answers,
        reached: list[tuple[ShiftedNumber | None, TruthSets]],
        wanted: Callable[[frozenset[Outcome]], bool],
    ) -> list[Counterfactual]:
        needs = tuple(answers.get(name) for name in self._completions.gate_outcomes.needs)
        candidates = [
            (changed, place, passed, outcomes)
            for place, (passed, cells) in enumerate(reached)
            for outcomes, leads in self._leads_given(needs, cells).items()
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

    def _leads(self, needs: tuple[Encoded | None, ...], cells: TruthSets) -> dict[frozenset[Outcome], list[Changed]]:
        """The minimal changes of needs that lead to each set of outcomes over these cells of the amounts."""
        leads: dict[frozenset[Outcome], list[Changed]] = {}
        for numbers, alternatives in self._combinations_given(needs):
            outcomes = frozenset[Outcome]().union(
                *(self._completions.outcome(number, cell) for number in numbers for cell in cells)
            )
            before = leads.setdefault(outcomes, [])
            before += [changed for changed in _joined(alternatives) if not any(less <= changed for less in before)]
        return leads

    def _combinations(
        self, needs: tuple[Encoded | None, ...]
    ) -> list[tuple[frozenset[int], tuple[list[Changed], ...]]]:
        """Every combination of the groups' outcomes, with the changes of each group that lead to it."""
        space = self._completions.gate_outcomes
        answers = {name: value for name, value in zip(space.needs, needs, strict=True) if value is not None}
        fixed = {name: value for name, value in answers.items() if FIELD_NAMES[name].numeric}
        options = [_options(group, answers) for group in space.groups(fixed)]
        found = []
        for chosen in islice(product(*options), _MAX_COMBINATIONS):
            numbers = frozenset(map(space.combine, product(*(part for part, _ in chosen))))
            found.append((numbers, tuple(alternatives for _, alternatives in chosen if alternatives != [frozenset()])))
        return sorted(found, key=lambda entry: sum(min(map(len, part)) for part in entry[1]))


_POSITION = {name: place for place, name in enumerate(FIELD_NAMES)}


def _in_order(changed: Changed) -> list[tuple[str, Encoded]]:
    return sorted(changed, key=lambda change: _POSITION[change[0]])


def _order(changed: Changed, number: int) -> tuple[int, int, list[tuple[int, int]]]:
    """Fewest changes first, then by number, question and option: independent of the order of the offers."""
    answers = [(_POSITION[name], _option(name, value)) for name, value in _in_order(changed)]
    return len(changed) + (number > 0), number, answers


def _option(name: str, value: Encoded) -> int:
    """The place of an answer among the options of its question."""
    options = FIELD_NAMES[name].options
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
