"""The assessment of one scenario under a rulebook: the outcomes over all completions, before the record is built."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cached_property

from advisor.common.diagnostics import BadInput, Problem
from advisor.domain.cost_model import Costs
from advisor.domain.offer import Offer
from advisor.domain.record_parts import Status
from advisor.domain.scenario import FIELDS, Axis, Route, Scenario
from advisor.evaluation.compiler import GateMatch, Matcher, PlainReading
from advisor.evaluation.facts import amounts_of, answer_facts, cheapest, usage_of, with_terms
from advisor.evaluation.resolution import Judgement, fold_of, judge, silences
from advisor.explanation.counterfactuals import route_of, status_of
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
        self.outcomes = frozenset[Outcome]((self.judgement.verdict.route,))
        if self._needed or self.judgement.verdict.undecided or self._partly_priced:
            self.outcomes = self.completions.outcomes(self.answers)
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

    def expected_cost(self, route: Route) -> Fraction | None:
        """Dollars of a route in the expected month."""
        return self.costs.monthly(route, self.scenario.monthly_images)

    @cached_property
    def deciding_axes(self) -> tuple[Axis, ...]:
        """The axes without whose rules the outcome, or the set of outcomes over all completions, would change."""
        if self.status is not Status.RECOMMENDED:
            return ()
        optional = all(FIELDS[name].optional for name in self.unanswered)
        if len(self.judgement.verdict.left) == 1 and optional and not self._partly_priced:
            return self.judgement.deciding_axes
        outcomes = self.completions.outcomes
        found = (axes for axes in silences(tuple(Axis)) if outcomes(self.answers, frozenset(axes)) != self.outcomes)
        return next(found, ())

    @property
    def _partly_priced(self) -> bool:
        """Whether an answer that is missing may change the offer that counts."""
        return bool(self.rulebook.priced and self.unanswered)

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


Judged = tuple[Offer, GateMatch]


def with_representatives(rulebook: Rulebook, judgement: Judgement) -> Judgement:
    """The judgement of few of a catalogue's offers; all of them where no route is priced."""
    if not rulebook.priced:
        return judgement
    found = [one for route in rulebook.routes for one in _representing(rulebook, judgement, route)]
    offers, gates = tuple(offer for offer, _ in found), tuple(match for _, match in found)
    return replace(judgement, offers=offers, gates=gates, others=())


def judged(judgement: Judgement, route: Route | None = None) -> list[Judged]:
    """The offers of a route, or of all routes, with what the gates make of each."""
    found = zip(judgement.offers, judgement.gates, strict=True)
    return [(offer, match) for offer, match in found if route in (None, offer.route)]


def counted(judgement: Judgement, route: Route) -> Offer | None:
    """The surviving offer whose price is the route's; the first one where none is known, None if none survives."""
    survivors = [offer for offer, match in judged(judgement, route) if not match.eliminating]
    price = cheapest(route, map(amounts_of, survivors), usage_of(judgement.facts))
    return next((offer for offer in survivors if amounts_of(offer) == price), next(iter(survivors), None))


def _representing(rulebook: Rulebook, judgement: Judgement, route: Route) -> list[Judged]:
    """The offer whose price is the route's; if none survives, the cheapest of each way of being ruled out."""
    offers = judged(judgement, route)
    if route not in rulebook.priced:
        return offers if MODEL in judgement.facts else _as_quoted(rulebook, judgement, offers)
    chosen = counted(judgement, route)
    if chosen is not None:
        return [one for one in offers if one[0] is chosen]
    return _by_elimination(sorted(offers, key=lambda one: _price(one[0])))


def _as_quoted(rulebook: Rulebook, judgement: Judgement, licensed: list[Judged]) -> list[Judged]:
    """The user's own quotes of a route as stated; with licences where these decide whether such a quote survives."""
    ids = {offer.id for offer, _ in licensed}
    quotes = [quote for quote in rulebook.quotes if quote.id in ids]
    found = list[Judged]()
    for quote, match in zip(quotes, PlainReading(rulebook).match_offers(judgement.facts, quotes), strict=True):
        of_quote = [one for one in licensed if one[0].id == quote.id]
        left = [one for one in of_quote if not one[1].eliminating]
        if bool(left) is not bool(match.eliminating):
            found.append((quote, match))
        else:
            shown = _by_elimination(left or of_quote)
            found += [(replace(offer, id=f"{offer.model}--{offer.id}"), why) for offer, why in shown]
    return found


def _by_elimination(offers: list[Judged]) -> list[Judged]:
    """The first offer of each way of being ruled out."""
    alike: dict[tuple[str, ...], Judged] = {}
    for offer, match in offers:
        alike.setdefault(match.eliminating, (offer, match))
    return list(alike.values())


def _price(offer: Offer) -> tuple[bool, Fraction]:
    """What an offer costs for one image; one of unknown price comes last."""
    amounts = amounts_of(offer)
    return not amounts, Fraction(*amounts) if amounts else Fraction(0)
