"""What competes for a scenario: the user's own quotes, and the catalogue's offers for every other route.

DESIGN, section 7.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from advisor.catalogue.loader import Catalogue
from advisor.catalogue.traits import CatalogueOffer, competing_offers, traits_of
from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.domain.offer import UNKNOWN, Encoded, Offer, Quote, QuoteOrigin, Unknown
from advisor.domain.scenario import FIELDS, Route, Scenario, Unit
from advisor.evaluation.facts import FIELDS_OF
from advisor.rulebook.loader import NO_LIMIT
from advisor.rulebook.model import Rulebook

_OPEN = frozenset((Route.SELF_HOST, Route.OPEN_WEIGHT_API))
"""The routes whose quotes run an open checkpoint."""


def competing(
    rulebook: Rulebook, catalogue: Catalogue | None, scenario: Scenario, decided_on: datetime.date
) -> Rulebook:
    """The rulebook with the offers that compete for a scenario on a day; unchanged without a catalogue.

    A route with a price in the scenario competes as that quote, with the licence of the named checkpoint. Raises
    BadInput for a checkpoint that the catalogue does not have, or without a catalogue.
    """
    if faults := model_faults(catalogue, scenario):
        raise BadInput(faults)
    if catalogue is None:
        return rulebook
    priced = frozenset(
        route for route, fields in FIELDS_OF.items() if all(getattr(scenario, name) is None for name in fields)
    )
    quoted_licence = scenario.model if _OPEN - priced else None
    unit = scenario.unit or Unit.IMAGE
    found = _competing(rulebook, catalogue, priced, quoted_licence, unit, scenario.region, decided_on)
    return found if scenario.model else _comparable(found)


def with_own_quotes(rulebook: Rulebook, catalogue: Catalogue | None, scenario: Scenario) -> Rulebook:
    """The rulebook as ``competing`` would have it if the scenario stated every price."""
    return rulebook if catalogue is None else _with_licence(rulebook, catalogue, scenario.model, scenario.region)


def competing_checkpoints(
    rulebook: Rulebook, catalogue: Catalogue, scenario: Scenario, decided_on: datetime.date
) -> tuple[str, ...]:
    """The checkpoints with an offer on a day, whatever prices a scenario states, in the order of the catalogue."""
    unit, every = scenario.unit or Unit.IMAGE, frozenset(Route)
    models = _competing(rulebook, catalogue, every, None, unit, scenario.region, decided_on).models
    return tuple(entry.id for entry in catalogue.models if entry.id in models)


def model_faults(catalogue: Catalogue | None, scenario: Scenario) -> tuple[Problem, ...]:
    """Why the checkpoint that a scenario names cannot be used."""
    if scenario.model is None:
        return ()
    if catalogue is None:
        what = f"{quoted(scenario.model)} names a checkpoint of the catalogue, and this is decided without one"
        help = "leave `model` out, or decide with a catalogue (without `--catalogue none`)"
        return (Problem(what, field="model", help=help),)
    try:
        catalogue.model(scenario.model)
    except BadInput as error:
        return tuple(error.problems)
    return ()


@lru_cache(maxsize=32)
def _competing(
    rulebook: Rulebook,
    catalogue: Catalogue,
    priced: frozenset[Route],
    model: str | None,
    unit: Unit,
    region: str | None,
    decided_on: datetime.date,
) -> Rulebook:
    if not priced:
        return _with_licence(rulebook, catalogue, model, region)
    found = competing_offers(catalogue, None, unit, region, decided_on)
    offers = [_offer(rulebook, offer) for offer in found if offer.route in priced]
    models = tuple(dict.fromkeys(offer.model for offer in offers if offer.model))
    if not models and (model or _OPEN & priced):
        models = tuple(dict.fromkeys(offer.model for offer in found if offer.model))
    models += (model,) if model and model not in models else ()
    quotes = tuple(offer for offer in rulebook.offers if offer.route not in priced)
    offers = [
        *(one for quote in quotes for one in _by_licence(rulebook, catalogue, quote, models, model, region)),
        *offers,
    ]
    offers += _without_offer(rulebook, catalogue, priced, offers, region)
    return replace(rulebook, offers=tuple(offers), priced=priced, quotes=quotes)


def _by_licence(
    rulebook: Rulebook,
    catalogue: Catalogue,
    quote: Offer,
    models: tuple[str, ...],
    named: str | None,
    region: str | None,
) -> Iterator[Offer]:
    """A quote of the user's with the licence of each checkpoint that it could run: only one of these competes."""
    if quote.route is Route.CLOSED_API or not models:
        yield quote
        return
    for model in models:
        licensed = _with_traits(rulebook, quote, traits_of(catalogue.model(model), region))
        yield replace(licensed, model=model, id=quote.id if named in (None, model) else f"{model}--{quote.id}")


@lru_cache(maxsize=32)
def _comparable(rulebook: Rulebook) -> Rulebook:
    """The rulebook with the checkpoints of known prices on every priced route, which are those that can be compared.

    All of them where there is no such checkpoint.
    """
    routes = rulebook.priced - {Route.CLOSED_API}
    known = {(offer.model, offer.route) for offer in rulebook.offers if offer.quote and offer.quote.amounts}
    compared = {model for model in rulebook.models if all((model, route) in known for route in routes)}
    if not compared or not routes:
        return rulebook
    return replace(rulebook, offers=tuple(o for o in rulebook.offers if o.model is None or o.model in compared))


@lru_cache(maxsize=32)
def _with_licence(rulebook: Rulebook, catalogue: Catalogue, model: str | None, region: str | None) -> Rulebook:
    """The rulebook's own offers; those that run open checkpoints have the terms of the named one."""
    if model is None:
        return rulebook
    terms = traits_of(catalogue.model(model), region)
    offers = (_with_traits(rulebook, offer, terms) if offer.route in _OPEN else offer for offer in rulebook.offers)
    return replace(rulebook, offers=tuple(offers))


def _without_offer(
    rulebook: Rulebook, catalogue: Catalogue, priced: frozenset[Route], offers: list[Offer], region: str | None
) -> Iterator[Offer]:
    """The generic offer, at an unknown price, of each route that the catalogue has no offer of for a checkpoint.

    A checkpoint with no offer at all does not compete.
    """
    models = tuple(dict.fromkeys(offer.model for offer in offers if offer.model is not None))
    generic = {offer.route: offer for offer in rulebook.offers}
    unknown = Quote({}, "not in the catalogue", "", "", "unknown")
    for route in Route:
        for model in models if route in priced else ():
            if not any(offer.route is route and offer.model in (None, model) for offer in offers):
                checkpoint = catalogue.model(model)
                like = _with_traits(rulebook, generic[route], traits_of(checkpoint, region))
                quote = replace(unknown, conditions=checkpoint.licence.terms)
                yield replace(like, id=f"{model}--{like.id}", model=model, quote=quote)


def _offer(rulebook: Rulebook, offer: CatalogueOffer) -> Offer:
    """An offer of the catalogue as the rules judge it."""
    quote = Quote(
        amounts=_inside(offer.route, offer.amounts),
        supplier=offer.provider_or_gpu,
        source=offer.source,
        as_of=offer.as_of.isoformat(),
        confidence=offer.confidence,
        conditions=offer.conditions,
        origins={
            name: QuoteOrigin(found.entry, found.source, found.as_of.isoformat(), found.confidence)
            for name, found in offer.origins.items()
        },
    )
    blank = Offer(offer.id, offer.route, offer.label, {}, {}, offer.model, quote)
    return _with_traits(rulebook, blank, {name: offer.traits.get(name, str(UNKNOWN)) for name in rulebook.traits})


def _with_traits(rulebook: Rulebook, offer: Offer, words: Mapping[str, str]) -> Offer:
    known = {name: word for name, word in words.items() if name in rulebook.traits}
    return offer.with_traits(known, {name: _encoded(rulebook, name, word) for name, word in known.items()})


def _encoded(rulebook: Rulebook, name: str, word: str) -> Encoded | Unknown:
    known = rulebook.names[name]
    if word == str(UNKNOWN):
        return UNKNOWN
    if known.numeric and word == "none":
        return NO_LIMIT
    value: Any = Decimal(word) if known.numeric else word
    return known.encode(value)


def _inside(route: Route, amounts: Mapping[str, Decimal]) -> dict[str, int]:
    """Both amounts of own GPUs, or the price, in smallest steps; none of them if one is not known."""
    names = FIELDS_OF[route]
    if not amounts.keys() >= set(names):
        return {}
    return {name: quantity.inside(amounts[name]) for name in names if (quantity := FIELDS[name].quantity)}
