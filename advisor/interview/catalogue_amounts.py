"""What the catalogue supplies for the answers so far: of each amount the range over the offers that still compete."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from advisor.catalogue.entries import ModelForm
from advisor.decision.assessment import Judged, counted, judged
from advisor.domain.offer import Offer
from advisor.domain.scenario import FIELDS, Route
from advisor.evaluation.facts import FIELDS_OF
from advisor.evaluation.resolution import Judgement
from advisor.rulebook.model import Rule, Rulebook
from advisor.scenario_space.completions import Outcome


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
