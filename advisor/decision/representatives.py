"""The offers that represent a route: the one whose price counts, or one for each way in which they are ruled out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from advisor.domain.offer import Offer
from advisor.domain.scenario import Route
from advisor.evaluation.compiler import GateMatch
from advisor.evaluation.facts import amounts_of, cheapest, usage_of
from advisor.evaluation.resolution import Judgement
from advisor.rulebook.model import Rulebook

Judged = tuple[Offer, GateMatch]


def with_representatives(rulebook: Rulebook, judgement: Judgement) -> Judgement:
    """The judgement of few of a catalogue's offers; all of them where no route is priced."""
    if not rulebook.priced:
        return judgement
    found = [judged for route in rulebook.routes for judged in _of_route(rulebook, judgement, route)]
    return replace(
        judgement, offers=tuple(offer for offer, _ in found), gates=tuple(match for _, match in found), others=()
    )


def judged(judgement: Judgement, route: Route) -> list[Judged]:
    """The offers of a route with what the gates make of each."""
    return [
        (offer, match) for offer, match in zip(judgement.offers, judgement.gates, strict=True) if offer.route is route
    ]


def counted(judgement: Judgement, route: Route) -> Offer | None:
    """The surviving offer whose price is the route's; the first one where none is known, None if none survives."""
    survivors = [offer for offer, match in judged(judgement, route) if not match.eliminating]
    price = cheapest(route, map(amounts_of, survivors), usage_of(judgement.facts))
    return next((offer for offer in survivors if amounts_of(offer) == price), next(iter(survivors), None))


def _of_route(rulebook: Rulebook, judgement: Judgement, route: Route) -> Iterator[Judged]:
    offers = judged(judgement, route)
    chosen = counted(judgement, route) if route in rulebook.priced else None
    if chosen is not None:
        yield from (one for one in offers if one[0] is chosen)
    elif route in rulebook.priced:
        alike: dict[tuple[str, ...], Judged] = {}
        for one in sorted(offers, key=lambda each: _price(each[0])):
            alike.setdefault(one[1].eliminating, one)
        yield from alike.values()
    else:
        yield from offers


def _price(offer: Offer) -> tuple[bool, Fraction]:
    """What an offer costs for one image; one of unknown price comes last."""
    amounts = amounts_of(offer)
    return not amounts, Fraction(*amounts) if amounts else Fraction(0)
