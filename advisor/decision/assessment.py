"""The assessment of one scenario under a rulebook: the outcomes over all completions, before the record is built."""

from __future__ import annotations

from functools import cached_property

from advisor.common.diagnostics import BadInput, Problem
from advisor.decision.representatives import with_representatives
from advisor.domain.cost_model import Costs
from advisor.domain.record import Status
from advisor.domain.scenario import FIELDS, Axis, Route, Scenario
from advisor.evaluation.facts import answer_facts, with_terms
from advisor.evaluation.judgement import Judgement, fold_of, judge, silences
from advisor.evaluation.protocol import Matcher
from advisor.explanation.record_sections import route_of, status_of
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import FIELD_NAMES, MODEL
from advisor.scenario_space.completions import Outcome, completions_of

_ASKED = (MODEL, "peak_to_mean")
"""Optional answers without a default that are asked for where they may matter."""


class Assessment:
    """One scenario judged by one backend. Raises EngineFailure, and BadInput for rules that leave several routes."""

    def __init__(self, scenario: Scenario, rulebook: Rulebook, matcher: Matcher) -> None:
        self.stated, self.rulebook, self.matcher = scenario, rulebook, matcher
        self.completions = completions_of(rulebook)
        self.scenario = self._with_quotes(scenario)
        self.costs = Costs(self.scenario)
        self.answers = answer_facts(self.scenario)
        self.every_offer: Judgement = judge(rulebook, matcher, answer_facts(scenario))
        self.judgement = with_representatives(rulebook, self.every_offer)
        self.facts = with_terms(rulebook, self.answers) if rulebook.priced else self.judgement.facts
        self.unanswered = self.completions.unanswered(self.answers)
        self._needed = self.completions.open_questions(self.answers) if self.unanswered else ()
        self.outcomes: frozenset[Outcome] = (
            self.completions.outcomes(self.answers) if self._needed else self._certain_outcome()
        )
        if self.status is Status.OPEN and not self._needed:
            raise self._undecided()

    def _with_quotes(self, scenario: Scenario) -> Scenario:
        """The scenario with the prices of the offers, as far as the completions agree on them."""
        quoted = self.completions.quoted(answer_facts(scenario))
        return scenario.changed(**{name: FIELD_NAMES[name].decode(value) for name, value in quoted.items()})

    @property
    def status(self) -> Status:
        """Whether the answers lead to one route, to none, or still to several."""
        return status_of(self.outcomes)

    @property
    def route(self) -> Route | None:
        """The recommended route."""
        return route_of(self.outcomes)

    @property
    def open_questions(self) -> tuple[str, ...]:
        """The questions that can still change the outcome, the most decisive first."""
        return self._needed if self.status is Status.OPEN else ()

    @property
    def not_needed(self) -> list[str]:
        """The unanswered questions whose answers cannot change the outcome."""
        certain = self.status is not Status.OPEN
        return [name for name in self.unanswered if certain and (not FIELDS[name].optional or name in _ASKED)]

    @cached_property
    def compared(self) -> frozenset[Route | None]:
        """The hosted routes that the cost inequality compares in some completion; None means no comparison."""
        if self.unanswered:
            return self.completions.asked(self.answers)
        return frozenset((self.judgement.verdict.asked,))

    @property
    def asked(self) -> Route | None:
        """The hosted route in the cost inequality in every completion; None while the outcome is open."""
        return next(iter(self.compared)) if self.status is not Status.OPEN and len(self.compared) == 1 else None

    @property
    def settled(self) -> bool | None:
        """Whether both ends of the range of volumes agree; None if the inequality was not asked."""
        return self.settled_against(self.asked)

    def settled_against(self, asked: Route | None) -> bool | None:
        """``settled`` with this hosted route in the inequality."""
        return fold_of(self.rulebook).settled(asked, self.facts)

    @cached_property
    def deciding_axes(self) -> tuple[Axis, ...]:
        """The axes without whose rules the outcome, or the set of outcomes over all completions, would change."""
        if self.status is not Status.RECOMMENDED:
            return ()
        optional = all(FIELDS[name].optional for name in self.unanswered)
        if len(self.judgement.verdict.left) == 1 and optional and not (self.rulebook.priced and self.unanswered):
            return self.judgement.deciding_axes
        for axes in silences(tuple(Axis)):
            if self.completions.outcomes(self.answers, frozenset(axes)) != self.outcomes:
                return axes
        return ()

    def _certain_outcome(self) -> frozenset[Outcome]:
        if not self.judgement.verdict.undecided and not (self.rulebook.priced and self.unanswered):
            return frozenset((self.judgement.verdict.route,))
        return self.completions.outcomes(self.answers)

    def _undecided(self) -> BadInput:
        """The fault of rules that do not leave exactly one route; the bundled ones always do."""
        verdict = self.judgement.verdict
        routes = ", ".join(f"`{route}`" for route in Route if route in self.outcomes)
        what, help = f"{routes} are left, and no answer is missing", "`advisor rules test` shows which cases fail"
        if not verdict.left:
            last = self.rulebook.rules[verdict.applied[-1].rule].axis
            applied = dict.fromkeys(pair.rule for pair in verdict.applied)
            rules = ", ".join(f"`{rule}`" for rule in applied if self.rulebook.rules[rule].axis is last)
            what = f"{routes} are feasible, and each is dropped for another by {rules}"
            help = "`advisor rules prove` shows which preferences are against each other"
        return BadInput(Problem(f"these rules do not decide: {what}", "the rulebook", help=help))
