"""The flow as a pure function of the state: the next question, why it is asked, and what can still be decided.

It asks what can still change the recommended route, gates before amounts, the most decisive first, and between the two
what the outputs are for, because the licences to check depend on that. Then it offers to calculate the costs, and to
ask for details that change the memo but never the route.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from advisor.domain.cost_model import VOLUME_ENDS
from advisor.domain.offer import Encoded
from advisor.domain.scenario import FIELDS, Route
from advisor.evaluation.facts import answer_facts
from advisor.evaluation.judgement import judge
from advisor.evaluation.python_backend import PlainReading
from advisor.interview.estimates import next_input
from advisor.interview.state import COSTS, DETAILS, InterviewState
from advisor.rulebook.model import Rule, Rulebook
from advisor.rulebook.symbols import FIELD_NAMES, Scope
from advisor.scenario_space.completions import Outcome, completions_of
from advisor.scenario_space.question_effects import leads

_COST_QUESTIONS: tuple[tuple[str, Route | None], ...] = (
    ("monthly_images", None),
    ("open_price", Route.OPEN_WEIGHT_API),
    ("closed_price", Route.CLOSED_API),
    ("gpu_hour_price", Route.SELF_HOST),
    ("images_per_gpu_hour", Route.SELF_HOST),
    ("monthly_overhead", Route.SELF_HOST),
)
_ALWAYS = ("output_use",)
"""Asked even if no answer changes the route: the licence terms to check depend on it."""
_DETAILS = ("title", "annual_revenue_usd", "region", "current_route", "migration_cost")


@dataclass(frozen=True)
class EliminatedRoute:
    """A route that no answer can bring back, and the rule that eliminated it."""

    route: Route
    rule: Rule


@dataclass(frozen=True)
class Position:
    """The effect of the answers so far: possible outcomes, eliminated routes, and questions that matter."""

    outcomes: frozenset[Outcome]
    eliminated: tuple[EliminatedRoute, ...]
    open: tuple[str, ...]

    @property
    def settled(self) -> bool:
        """Whether one outcome is certain."""
        return len(self.outcomes) == 1


@dataclass(frozen=True)
class QuestionReason:
    """Why a question is asked: the rules that read it, and where each of its options would lead."""

    rules: tuple[Rule, ...]
    leads_to: tuple[tuple[str, frozenset[Outcome]], ...]


class Flow:
    """The interview over one rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._completions = completions_of(rulebook)
        self._plain = PlainReading(rulebook)
        self._position_of = lru_cache(maxsize=256)(self._work_out_position)

    def next(self, state: InterviewState) -> str | None:
        """The id of the next question or input of an estimate; None after the last."""
        if state.estimating:
            return next_input(state.estimating, state.inputs, state.answers)
        position = self.position(state)
        needs = [name for name in position.open if FIELD_NAMES[name].scope is Scope.NEED]
        questions = (*needs, *_ALWAYS, *position.open, *self._afterwards(state, position))
        return next((name for name in questions if name not in state), None)

    def position(self, state: InterviewState) -> Position:
        """The effect of the answers so far."""
        return self._position_of(tuple(self._facts(state).items()), "monthly_images" in state)

    def _work_out_position(self, known: tuple[tuple[str, Encoded], ...], volume_asked: bool) -> Position:
        facts = dict(known)
        judgement = judge(self._rulebook, self._plain, facts)
        eliminated = tuple(
            EliminatedRoute(offer.route, self._rulebook.rules[match.eliminating[0]])
            for offer, match in zip(judgement.offers, judgement.gates, strict=True)
            if match.eliminating and offer.route not in judgement.verdict.feasible
        )
        outcomes = self._completions.outcomes(facts, ranged=True)
        questions = self._completions.open_questions(facts, ranged=True)
        return Position(outcomes, eliminated, questions if volume_asked else _volume_first(questions))

    def skipped(self, state: InterviewState) -> tuple[str, ...]:
        """The questions the rules read that were not asked, because no answer changes the route."""
        facts = self._facts(state)
        return tuple(
            name
            for name in self._completions.unanswered(facts, ranged=True)
            if name not in state and not FIELDS[name].optional
        )

    def why(self, state: InterviewState, question: str) -> QuestionReason:
        """The rules that read a question, and the outcomes still possible after each of its options."""
        read = {question, *(VOLUME_ENDS if question == "monthly_images" else ())}
        rules = tuple(
            rule
            for rule in (*self._rulebook.gates, *self._rulebook.preferences)
            if read & self._rulebook.reads((rule,))
        )
        return QuestionReason(rules, leads(self._completions, self._facts(state), question, ranged=True))

    def _afterwards(self, state: InterviewState, position: Position) -> list[str]:
        """The questions offered once no answer can change the route."""
        questions: list[str] = []
        costs = [name for name, route in _COST_QUESTIONS if self._costs_read(name, route, position, state)]
        if position.outcomes == {None}:
            costs = []
        if any(name not in state for name in costs):
            questions.append(COSTS)
        if state.answers.get(COSTS) is True:
            questions += costs
        questions.append(DETAILS)
        if state.answers.get(DETAILS) is True:
            questions += [name for name in _DETAILS if self._worth_asking(name, state, position)]
        return questions

    def _costs_read(self, name: str, route: Route | None, position: Position, state: InterviewState) -> bool:
        if name == "monthly_images" and all(end in state.answers for end in VOLUME_ENDS):
            return False
        return route is None or route not in {each.route for each in position.eliminated}

    def _worth_asking(self, name: str, state: InterviewState, position: Position) -> bool:
        if name == "region":
            return state.answers.get("residency") == "in_region"
        if name == "migration_cost":
            current = state.answers.get("current_route")
            return current is not None and position.outcomes != {current}
        return True

    def _facts(self, state: InterviewState) -> dict[str, Encoded]:
        """The answers as facts; an end of the range that is not known is the expected month."""
        facts = answer_facts(state.scenario())
        for end in VOLUME_ENDS:
            if end in state.unknown and "monthly_images" in facts:
                facts[end] = facts["monthly_images"]
        return facts


def _volume_first(questions: tuple[str, ...]) -> tuple[str, ...]:
    """The expected month is asked before the ends of its range."""
    first = next((place for place, name in enumerate(questions) if name in VOLUME_ENDS), None)
    return questions if first is None else (*questions[:first], "monthly_images", *questions[first:])


@lru_cache(maxsize=8)
def flow_of(rulebook: Rulebook) -> Flow:
    """The flow of a rulebook, cached."""
    return Flow(rulebook)
