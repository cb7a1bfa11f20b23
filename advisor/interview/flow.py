"""The flow as a pure function of the state: the next question, why it is asked, and what can still be decided.

First it asks what is made, because every later question names it. Then it asks what can still change the recommended
route, gates before amounts, the most decisive first, and between the two what the outputs are for, because the licences
to check depend on that. Answers that leave no option are offered for a change as soon as that is certain. In the end it
offers to calculate the costs, and to ask for details that change the memo but never the route.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from advisor.domain.cost_model import OWN_AMOUNTS, VOLUME_ENDS
from advisor.domain.offer import Encoded
from advisor.domain.scenario import FIELDS, GpuBilling, Route
from advisor.evaluation.facts import answer_facts
from advisor.evaluation.judgement import judge
from advisor.evaluation.python_backend import PlainReading
from advisor.interview.state import ASIDES, CLASH, COSTS, DETAILS, InterviewState
from advisor.rulebook.model import Rule, Rulebook
from advisor.rulebook.symbols import ANSWER_NAMES, Scope
from advisor.scenario_space.completions import Outcome, completions_of
from advisor.scenario_space.question_effects import WayOut, leads, ways_out

_COST_QUESTIONS: tuple[tuple[str, Route | None], ...] = (
    ("monthly_images", None),
    ("open_price", Route.OPEN_WEIGHT_API),
    ("closed_price", Route.CLOSED_API),
    ("gpu_hour_price", Route.SELF_HOST),
    ("images_per_gpu_hour", Route.SELF_HOST),
    ("monthly_overhead", Route.SELF_HOST),
)
_FIRST = ("unit",)
"""Asked before everything else: the words of the other questions depend on it."""
_ALWAYS = ("output_use",)
"""Asked even if no answer changes the route: the licence terms to check depend on it."""
_ALL_ASKED, _SHARE_OF_MORE = 5, Fraction(1, 2)
"""Of the questions that can still matter nearly all are asked while they are few, and of any more about a half:
``benchmarks/interview.py`` measures how far the number of questions announced is from the number asked."""
_KEPT_ON = ("peak_to_mean", "min_gpus")
"""Asked only about GPUs that are kept on all month."""
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
            return state.estimating
        return next(iter(self._waiting(state)), None)

    def about(self, state: InterviewState) -> int:
        """About how many questions the interview has in all, with those answered; those about itself not counted."""
        answered = len(state.counted)
        waiting = [name for name in self._waiting(state) if name not in ASIDES]
        certain = len({*_FIRST, *_ALWAYS} & {*waiting}) if not any(name in state for name in ASIDES) else len(waiting)
        rest = len(waiting) - certain
        asked = min(rest, _ALL_ASKED) + max(0, rest - _ALL_ASKED) * _SHARE_OF_MORE
        return answered + certain + round(asked)

    def ways_out(self, state: InterviewState) -> tuple[WayOut, ...]:
        """The changes of fewest answers after which answers that leave no option leave one."""
        return ways_out(self._completions, self._facts(state))

    def _waiting(self, state: InterviewState) -> list[str]:
        """The questions that are not answered yet and may be asked, the next one first."""
        position = self.position(state)
        clash = (CLASH,) if position.outcomes == {None} else ()
        needs = [name for name in position.open if ANSWER_NAMES[name].scope is Scope.NEED]
        questions = (*_FIRST, *clash, *needs, *_ALWAYS, *position.open, *self._afterwards(state, position))
        return [name for name in self._with_fleet(questions, state) if name not in state]

    def _with_fleet(self, questions: Iterable[str], state: InterviewState) -> dict[str, None]:
        """The questions, each once; how own GPUs are paid comes before the first amount of own GPUs."""
        always_on = state.answers.get("gpu_billing") == GpuBilling.ALWAYS_ON
        fleet = ("gpu_billing", *(_KEPT_ON if always_on else ()))
        return dict.fromkeys(
            each for name in questions for each in ((*fleet, name) if name in OWN_AMOUNTS else (name,))
        )

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
        return Position(outcomes, eliminated, _volume_first(questions, volume_asked))

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
            return current is not None and not position.outcomes <= {current, None}
        return True

    def _facts(self, state: InterviewState) -> dict[str, Encoded]:
        """The answers as facts; an end of the range that is not known is the expected month."""
        facts = answer_facts(state.scenario())
        for end in VOLUME_ENDS:
            if end in state.unknown and "monthly_images" in facts:
                facts[end] = facts["monthly_images"]
        return facts


def _volume_first(questions: tuple[str, ...], volume_asked: bool) -> tuple[str, ...]:
    """The volume before other amounts, because people know it best: the expected, the quietest, the busiest month."""
    ends = [name for name in VOLUME_ENDS if name in questions]
    if not ends:
        return questions
    needs = [name for name in questions if ANSWER_NAMES[name].scope is Scope.NEED]
    volume = ends if volume_asked else ["monthly_images", *ends]
    return tuple(dict.fromkeys((*needs, *volume, *questions)))


@lru_cache(maxsize=8)
def flow_of(rulebook: Rulebook) -> Flow:
    """The flow of a rulebook, cached."""
    return Flow(rulebook)
