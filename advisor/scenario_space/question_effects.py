"""The outcomes that remain possible after each answer to an open question."""

from __future__ import annotations

from itertools import combinations, product
from typing import NamedTuple

from advisor.domain.offer import Encoded
from advisor.rulebook.symbols import ANSWER_NAMES, Scope
from advisor.scenario_space.completions import Completions, Outcome
from advisor.scenario_space.gate_outcomes import Answers

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
        name: [(text, code) for text, code in _options(completions, name).items() if code != answers[name]]
        for name in completions.gate_outcomes.needs
        if name in answers
    }
    for size in range(1, len(others) + 1):
        found = []
        for fields in combinations(others, size):
            for options in product(*(others[name] for name in fields)):
                changes = {name: code for name, (_, code) in zip(fields, options, strict=True)}
                outcomes = completions.outcomes({**answers, **changes}, ranged=True)
                if outcomes != {None}:
                    texts = tuple((name, text) for name, (text, _) in zip(fields, options, strict=True))
                    found.append(WayOut(texts, outcomes))
        if found:
            return tuple(found)
    return ()


def _options(completions: Completions, question: str) -> dict[str, Encoded]:
    """The options of a question as rules compare them; none for a number."""
    known = ANSWER_NAMES.get(question)
    if known is None or known.scope is not Scope.NEED:
        return {}
    values = completions.gate_outcomes.values(question) if known.free else known.values
    return {known.decode(value): value for value in values}
