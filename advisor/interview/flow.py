"""The flow as a pure function of the state: the next question, why it is asked, and what can still be decided.

First it asks what is made, because every later question names it. Then it asks what can still change the recommended
route, gates before amounts, the most decisive first, and between the two what the outputs are for, because the licences
to check depend on that, and which checkpoint runs, because the offers do. Prices that a catalogue supplies are asked
only of people who have prices of their own. Answers that leave no option are offered for a change as soon as that is
certain. In the end it offers to calculate the costs, and to ask for details that change the memo but never the route.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from advisor.catalogue.entries import ModelForm
from advisor.catalogue.loader import Catalogue
from advisor.decision.assessment import Judged, counted, judged
from advisor.decision.competition import competing, competing_checkpoints, with_own_quotes
from advisor.domain.cost_model import OWN_AMOUNTS, VOLUME_ENDS
from advisor.domain.offer import Encoded, Offer
from advisor.domain.scenario import FIELDS, GpuBilling, Residency, Route, Scenario
from advisor.evaluation.compiler import PlainReading
from advisor.evaluation.facts import FIELDS_OF, answer_facts
from advisor.evaluation.resolution import Judgement, judge
from advisor.interview.state import ASIDES, CLASH, COSTS, DETAILS, OWN_PRICES, InterviewState
from advisor.rulebook.model import Rule, Rulebook
from advisor.rulebook.symbols import ANSWER_NAMES, MODEL, Scope
from advisor.scenario_space.completions import Outcome, WayOut, completions_of, leads, ways_out


@dataclass(frozen=True)
class SuppliedAmount:
    """An amount that offers supply: its range, the number of figures, the first and the last day they are of.

    ``offer`` is the one that counts so far; None while a checkpoint can still be chosen.
    """

    least: Decimal
    most: Decimal
    figures: int
    first_day: str
    last_day: str
    offer: str | None


@dataclass(frozen=True)
class CheckpointChoice:
    """A checkpoint that may be named: the outcomes still possible with it, its hosted price and its throughput so far.

    The amounts are None where no surviving offer has one; ``hosted`` says whether a hosted offer survives.
    """

    entry: ModelForm
    outcomes: frozenset[Outcome]
    hosted: bool
    open_price: SuppliedAmount | None
    images_per_gpu_hour: SuppliedAmount | None


@dataclass(frozen=True)
class EliminatedRoute:
    """A route that no answer can bring back, and a rule that eliminates it or some of its offers."""

    route: Route
    rule: Rule


def supplied_amounts(rulebook: Rulebook, judgement: Judgement, named: bool) -> dict[str, SuppliedAmount]:
    """The amounts of the priced routes by field, over the offers that survive; ``named``: a checkpoint is chosen."""
    found: dict[str, SuppliedAmount] = {}
    for route in (route for route in rulebook.routes if route in rulebook.priced):
        offers = [offer for offer, match in judged(judgement, route) if not match.eliminating]
        chosen = counted(judgement, route) if named or route is Route.CLOSED_API else None
        for name in FIELDS_OF[route]:
            amount = amount_over(name, [chosen] if chosen else offers, chosen)
            if amount:
                found[name] = amount
    return {name: found[name] for name in FIELDS if name in found}


def surviving(judgement: Judgement, model: str, route: Route) -> list[Offer]:
    """The offers of one checkpoint that survive, at a known price or not."""
    return [offer for offer, match in judged(judgement, route) if offer.model == model and not match.eliminating]


def amount_over(name: str, offers: Iterable[Offer], chosen: Offer | None = None) -> SuppliedAmount | None:
    """An amount over some offers, of which one may be chosen; None where none states it."""
    quotes = [offer.quote for offer in offers if offer.quote and offer.quote.amounts]
    origins = {quote.origins[name].entry: quote.origins[name] for quote in quotes if name in quote.origins}
    quantity = FIELDS[name].quantity
    if not origins or quantity is None:
        return None
    values = [quantity.outside(quote.amounts[name]) for quote in quotes]
    days = [origin.as_of for origin in origins.values()]
    label = chosen.label if chosen else None
    return SuppliedAmount(min(values), max(values), len(origins), min(days), max(days), label)


def eliminated_routes(rulebook: Rulebook, judgement: Judgement) -> Iterator[EliminatedRoute]:
    """The routes without a surviving offer, each with the fewest rules that together eliminate its offers."""
    for route in rulebook.routes:
        if route not in judgement.verdict.feasible:
            for id in _rules_of(judged(judgement, route)):
                yield EliminatedRoute(route, rulebook.rules[id])


def _rules_of(offers: list[Judged]) -> Iterator[str]:
    """The rule that eliminates most of some offers, then the one that eliminates most of the others, and so on."""
    left = [match.eliminating for _, match in offers if match.eliminating]
    while left:
        rule = Counter(rule for rules in left for rule in rules).most_common(1)[0][0]
        yield rule
        left = [rules for rules in left if rule not in rules]


# ---- the flow

_COST_QUESTIONS: tuple[tuple[str, Route | None], ...] = (
    (MODEL, None),
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
class Position:
    """The effect of the answers so far: possible outcomes, eliminated routes, and questions that matter.

    ``supplied`` are the amounts that the catalogue supplies; ``with_own_prices`` the outcomes if they were all
    unknown prices of the user's own.
    """

    outcomes: frozenset[Outcome]
    eliminated: tuple[EliminatedRoute, ...]
    open: tuple[str, ...]
    supplied: Mapping[str, SuppliedAmount] = field(default_factory=dict)
    with_own_prices: frozenset[Outcome] = frozenset()

    @property
    def settled(self) -> bool:
        """Whether one outcome is certain."""
        return len(self.outcomes) == 1

    @property
    def own_prices_matter(self) -> bool:
        """Whether prices of the user's own could lead to an outcome that is not certain with the catalogue's."""
        return bool(self.supplied) and len(self.outcomes | self.with_own_prices) > 1


@dataclass(frozen=True)
class QuestionReason:
    """Why a question is asked: the rules that read it, and where each of its options would lead."""

    rules: tuple[Rule, ...]
    leads_to: tuple[tuple[str, frozenset[Outcome]], ...]


class Flow:
    """The interview over one rulebook, and over the offers of a catalogue on the day of the decision if there is one.

    Its questions raise BadInput for a checkpoint that the catalogue does not have.
    """

    def __init__(
        self, rulebook: Rulebook, catalogue: Catalogue | None = None, decided_on: datetime.date | None = None
    ) -> None:
        self._rulebook, self.catalogue = rulebook, catalogue
        self._decided_on = decided_on or datetime.date.today()
        self._position_of = lru_cache(maxsize=256)(self._work_out_position)
        self._checkpoints_of = lru_cache(maxsize=16)(self._work_out_checkpoints)
        self._judged = lru_cache(maxsize=16)(_judged)

    def next(self, state: InterviewState) -> str | None:
        """The id of the next question or input of an estimate; None after the last."""
        if state.estimating:
            return state.estimating
        return next(iter(self.waiting(state)), None)

    def about(self, state: InterviewState) -> int:
        """About how many questions the interview has in all, with those answered; those about itself not counted."""
        answered = len(state.counted)
        waiting = [name for name in self.waiting(state) if name not in ASIDES]
        certain = len({*_FIRST, *_ALWAYS} & {*waiting}) if not any(name in state for name in ASIDES) else len(waiting)
        rest = len(waiting) - certain
        asked = min(rest, _ALL_ASKED) + max(0, rest - _ALL_ASKED) * _SHARE_OF_MORE
        return answered + certain + round(asked)

    def ways_out(self, state: InterviewState) -> tuple[WayOut, ...]:
        """The changes of fewest answers after which answers that leave no option leave one."""
        return ways_out(completions_of(self._competing(state.scenario())), self._facts(state))

    def _competing(self, scenario: Scenario) -> Rulebook:
        """The rulebook with the offers that compete for a scenario."""
        return competing(self._rulebook, self.catalogue, scenario, self._decided_on)

    def waiting(self, state: InterviewState) -> list[str]:
        """The questions that are not answered yet and may be asked, the next one first."""
        position = self.position(state)
        clash = (CLASH,) if position.outcomes == {None} else ()
        choices = [name for name in position.open if _is_choice(name)]
        # The region, where offers that are bound to one compete and something is still open.
        bound = self.catalogue and position.open and state.answers.get("residency") == Residency.IN_REGION
        checkpoint = [*(["region"] if bound else []), *(name for name in position.open if name == MODEL)]
        rest = (*position.open, *self._afterwards(state, position))
        questions = (*_FIRST, *clash, *choices, *_ALWAYS, *checkpoint, *rest)
        return [name for name in self._with_what_comes_before(questions, state, position) if name not in state]

    def _with_what_comes_before(
        self, questions: Iterable[str], state: InterviewState, position: Position
    ) -> dict[str, None]:
        """The questions, each once.

        How own GPUs are paid comes before the first amount of own GPUs. Where the catalogue supplies prices, whether
        the user has prices of their own comes before the first price; if there are none, no price is asked.
        """
        always_on = state.answers.get("gpu_billing") == GpuBilling.ALWAYS_ON
        fleet = ("gpu_billing", *(_KEPT_ON if always_on else ()))
        found: dict[str, None] = {}
        for name in questions:
            if position.supplied and _is_of_quote(name, state):
                found[OWN_PRICES] = None
                if state.answers.get(OWN_PRICES) is not True:
                    continue
            found |= dict.fromkeys((*fleet, name) if name in OWN_AMOUNTS else (name,))
        return found

    def is_unknown(self, question: str, state: InterviewState) -> bool:
        """Whether a question was answered *don't know*: by itself, or with all prices where the catalogue has some."""
        if question in state or state.answers.get(OWN_PRICES) is not False:
            return question in state.unknown
        return _is_of_quote(question, state) and bool(self.position(state).supplied)

    def position(self, state: InterviewState) -> Position:
        """The effect of the answers so far."""
        scenario = state.scenario()
        rulebook, own = self._competing(scenario), with_own_quotes(self._rulebook, self.catalogue, scenario)
        return self._position_of(rulebook, own, tuple(self._facts(state).items()), "monthly_images" in state)

    def _work_out_position(
        self, rulebook: Rulebook, own: Rulebook, known: tuple[tuple[str, Encoded], ...], volume_asked: bool
    ) -> Position:
        facts = dict(known)
        judgement = self._judged(rulebook, known)
        completions = completions_of(rulebook)
        return Position(
            outcomes=completions.outcomes(facts, ranged=True),
            eliminated=tuple(eliminated_routes(rulebook, judgement)),
            open=_volume_first(completions.open_questions(facts, ranged=True), volume_asked),
            supplied=supplied_amounts(rulebook, judgement, MODEL in facts),
            with_own_prices=completions_of(own).outcomes(facts, ranged=True) if rulebook.priced else frozenset(),
        )

    def skipped(self, state: InterviewState) -> tuple[str, ...]:
        """The questions the rules read that were not asked, because no answer changes the route."""
        facts = self._facts(state)
        return tuple(
            name
            for name in completions_of(self._competing(state.scenario())).unanswered(facts, ranged=True)
            if name not in state and not FIELDS[name].optional and not self.is_unknown(name, state)
        )

    def why(self, state: InterviewState, question: str) -> QuestionReason:
        """The rules that read a question, and the outcomes still possible after each of its options."""
        if question == MODEL:
            return QuestionReason((), tuple((each.entry.id, each.outcomes) for each in self.checkpoints(state)))
        read = {question, *(VOLUME_ENDS if question == "monthly_images" else ())}
        rulebook = self._competing(state.scenario())
        rules = tuple(rule for rule in (*rulebook.gates, *rulebook.preferences) if read & rulebook.reads((rule,)))
        return QuestionReason(rules, leads(completions_of(rulebook), self._facts(state), question, ranged=True))

    def checkpoints(self, state: InterviewState) -> tuple[CheckpointChoice, ...]:
        """The checkpoints that compete for the answers so far."""
        if self.catalogue is None:
            return ()
        return self._checkpoints_of(state.scenario().changed(model=None), tuple(self._facts(state).items()))

    def _work_out_checkpoints(
        self, scenario: Scenario, known: tuple[tuple[str, Encoded], ...]
    ) -> tuple[CheckpointChoice, ...]:
        assert self.catalogue is not None
        facts = {name: value for name, value in known if name != MODEL}
        found = []
        for id in competing_checkpoints(self._rulebook, self.catalogue, scenario, self._decided_on):
            rulebook = self._competing(scenario.changed(model=id))
            judgement = self._judged(rulebook, tuple(facts.items()))
            hosted, own = (surviving(judgement, id, route) for route in (Route.OPEN_WEIGHT_API, Route.SELF_HOST))
            found.append(
                CheckpointChoice(
                    entry=self.catalogue.model(id),
                    outcomes=completions_of(rulebook).outcomes({**facts, MODEL: id}, ranged=True),
                    hosted=bool(hosted),
                    open_price=amount_over("open_price", hosted),
                    images_per_gpu_hour=amount_over("images_per_gpu_hour", own),
                )
            )
        return tuple(found)

    def _afterwards(self, state: InterviewState, position: Position) -> list[str]:
        """The questions offered once no answer can change the route."""
        questions: list[str] = []
        costs = [name for name, route in _COST_QUESTIONS if self._costs_read(name, route, position, state)]
        # With prices in the catalogue, those figures are asked only of people with prices of their own.
        in_catalogue = position.supplied or OWN_PRICES in state
        quotes = [name for name in costs if in_catalogue and any(name in fields for fields in FIELDS_OF.values())]
        if state.answers.get(OWN_PRICES) is True or position.own_prices_matter:
            questions += quotes
        if any(name not in state and name not in quotes for name in costs):
            questions.append(COSTS)
        if state.answers.get(COSTS) is True:
            questions += costs
        questions.append(DETAILS)
        if state.answers.get(DETAILS) is True:
            questions += [name for name in _DETAILS if self._worth_asking(name, state, position)]
        return questions

    def _costs_read(self, name: str, route: Route | None, position: Position, state: InterviewState) -> bool:
        if position.outcomes == {None}:
            return False
        if name == "monthly_images" and all(end in state.answers for end in VOLUME_ENDS):
            return False
        out = {each.route for each in position.eliminated}
        if name == MODEL:
            fields = {"open_price": Route.OPEN_WEIGHT_API, "gpu_hour_price": Route.SELF_HOST}
            return any(field in position.supplied and route not in out for field, route in fields.items())
        return route is None or route not in out

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


def _judged(rulebook: Rulebook, known: tuple[tuple[str, Encoded], ...]) -> Judgement:
    return judge(rulebook, PlainReading(rulebook), dict(known))


def _is_of_quote(question: str, state: InterviewState) -> bool:
    """Whether a question asks for a quote of one's own, of which nothing is answered yet."""
    return any(question in fields and state.answers.keys().isdisjoint(fields) for fields in FIELDS_OF.values())


def _is_choice(question: str) -> bool:
    """Whether a question asks for a need by its options."""
    return ANSWER_NAMES[question].scope is Scope.NEED and question != MODEL and FIELDS[question].quantity is None


def _volume_first(questions: tuple[str, ...], volume_asked: bool) -> tuple[str, ...]:
    """The volume before other amounts, because people know it best: the expected, the quietest, the busiest month."""
    ends = [name for name in VOLUME_ENDS if name in questions]
    if not ends:
        return questions
    needs = [name for name in questions if ANSWER_NAMES[name].scope is Scope.NEED]
    volume = ends if volume_asked else ["monthly_images", *ends]
    return tuple(dict.fromkeys((*needs, *volume, *questions)))


@lru_cache(maxsize=8)
def flow_of(rulebook: Rulebook, catalogue: Catalogue | None = None, decided_on: datetime.date | None = None) -> Flow:
    """The flow of a rulebook and a catalogue on a day (today by default), cached."""
    return Flow(rulebook, catalogue, decided_on)
