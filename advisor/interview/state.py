"""What has been answered so far. Immutable: every answer makes a new one, so going back loses nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from advisor.common.diagnostics import BadInput
from advisor.domain.scenario import FIELDS, Scenario, validated

COSTS, DETAILS = "costs", "details"
EXTRAS = (COSTS, DETAILS)
"""Questions about the interview itself, answered yes or no: work out the costs too, ask for details too."""
_RANGE = ("monthly_images_low", "monthly_images_high")


@dataclass(frozen=True)
class Given:
    """Answers by question, the questions answered *don't know*, and the order in which all were answered."""

    answers: Mapping[str, Any] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    order: tuple[str, ...] = ()

    def __contains__(self, question: object) -> bool:
        return question in self.answers or question in self.unknown

    def answer(self, question: str, value: Any) -> Given:
        """With one more answer, or a changed one; None is *don't know*. Range ends that no longer fit are dropped.

        Raises BadInput when the value cannot stand beside the other answers.
        """
        answers = {name: known for name, known in self.answers.items() if name != question}
        unknown = self.unknown - {question}
        if value is None:
            unknown |= {question}
        else:
            answers[question] = value
        if question == "monthly_images":
            answers, unknown = _without_misfits(answers), unknown - set(_RANGE)
        order = self.order if question in self.order else (*self.order, question)
        changed = Given(answers, unknown, tuple(name for name in order if name in answers or name in unknown))
        changed.scenario()
        return changed

    def scenario(self) -> Scenario:
        """The answers to scenario fields as a scenario. Raises BadInput."""
        return validated({name: value for name, value in self.answers.items() if name in FIELDS}, "the answers")

    def with_answers(self, answers: Mapping[str, Any]) -> Given:
        """With several answers together; None takes one back. Raises BadInput when they do not fit."""
        kept = {name: known for name, known in {**self.answers, **answers}.items() if known is not None}
        unknown = self.unknown - set(answers)
        order = [name for name in dict.fromkeys((*self.order, *answers)) if name in kept or name in unknown]
        changed = Given(kept, unknown, tuple(order))
        changed.scenario()
        return changed


def _without_misfits(answers: dict[str, Any]) -> dict[str, Any]:
    """Without the ends of a range that the changed expected month has left."""
    for end in _RANGE:
        try:
            validated({name: answers[name] for name in ("monthly_images", end) if name in answers}, "the answers")
        except BadInput:
            answers = {name: value for name, value in answers.items() if name != end}
    return answers
