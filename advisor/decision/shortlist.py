"""The offers of the catalogue in a record: which amounts are from them, and the shortlist of each route."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from advisor.catalogue.loader import Catalogue
from advisor.decision.assessment import Assessment
from advisor.decision.representatives import counted, judged
from advisor.domain import record
from advisor.domain.cost_model import HOSTED, PRICES, Costs, to_micro_dollars
from advisor.domain.formatting import amount_text, plain
from advisor.domain.offer import Offer
from advisor.domain.scenario import FIELDS, Route
from advisor.evaluation.compiler import GateMatch
from advisor.evaluation.facts import FIELDS_OF

MAX_SHORTLIST = 10
"""The most offers of a route that a record lists."""
CHOSEN, SURVIVES, ELIMINATED = "chosen", "survives", "eliminated"


def quotes(assessment: Assessment) -> list[record.QuoteUsed]:
    """Each known amount of the scenario, and where it is from."""
    found = []
    chosen = {route: counted(assessment.every_offer, route) for route in assessment.rulebook.priced}
    route_of = {name: route for route, names in FIELDS_OF.items() for name in names if route in chosen}
    for name in PRICES:
        value = getattr(assessment.scenario, name)
        if value is None:
            continue
        offer = chosen[route_of[name]] if name in route_of else None
        if name not in route_of:
            found.append(record.QuoteUsed(field=name, value=plain(value), origin="answer"))
        elif offer is not None and offer.quote is not None:
            origin = offer.quote.origins.get(name)
            found.append(
                record.QuoteUsed(
                    field=name,
                    value=plain(value),
                    origin="catalogue",
                    offer=offer.id,
                    source=origin.source if origin else offer.quote.source,
                    as_of=origin.as_of if origin else offer.quote.as_of,
                    confidence=origin.confidence if origin else offer.quote.confidence,
                )
            )
    return found


def shortlist(assessment: Assessment) -> tuple[list[record.ShortlistEntry], dict[Route, int]]:
    """The offers of each priced route, cheapest first, then those of unknown price, then the eliminated ones."""
    listed, more = list[record.ShortlistEntry](), dict[Route, int]()
    for route in assessment.rulebook.routes:
        if route not in assessment.rulebook.priced:
            continue
        chosen = counted(assessment.every_offer, route)
        named = assessment.scenario.model is not None or route is Route.CLOSED_API
        rows = [(_cost(assessment, offer), offer, match) for offer, match in judged(assessment.every_offer, route)]
        rows.sort(key=lambda row: (bool(row[2].eliminating), row[1] is not chosen, row[0] is None, row[0] or 0))
        shown = rows[:MAX_SHORTLIST]
        listed += [_entry(assessment, offer, match, named and offer is chosen) for _, offer, match in shown]
        if len(rows) > MAX_SHORTLIST:
            more[route] = len(rows) - MAX_SHORTLIST
    return listed, more


def by_model(assessment: Assessment, catalogue: Catalogue | None) -> list[record.ModelOutcome]:
    """Where the advice leads with each checkpoint; empty if one is named, or none matters to a price."""
    if catalogue is None or assessment.scenario.model is not None or not assessment.rulebook.models:
        return []
    return [_with_model(assessment, model, catalogue.model(model).label) for model in assessment.rulebook.models]


def few_step_twin(assessment: Assessment, catalogue: Catalogue | None) -> record.FewStepTwin | None:
    """N* with the few-step version of the named checkpoint, or the many-step one; None unless own GPUs are priced."""
    model = assessment.scenario.model
    if catalogue is None or model is None or Route.SELF_HOST not in assessment.rulebook.priced:
        return None
    named = catalogue.model(model)
    others = [entry for entry in catalogue.models if named.id == entry.few_step_of or entry.id == named.few_step_of]
    for other in others:
        if other.id in assessment.rulebook.models:
            with_other = Assessment(assessment.stated.changed(model=other.id), assessment.rulebook, assessment.matcher)
            found = {route: each for route in HOSTED if (each := with_other.costs.crossover(route)) is not None}
            volumes = {route: each.from_volume() for route, each in found.items()}
            return record.FewStepTwin(
                model=other.id,
                label=other.label,
                few_step=other.few_step,
                crossovers={route: each.text() for route, each in found.items()},
                owning_from={route: None if volume is None else str(volume) for route, volume in volumes.items()},
            )
    return None


def assumes_few_step(assessment: Assessment, catalogue: Catalogue | None) -> bool:
    """Whether a few-step model is an assumption: the checkpoint is not known to be one, or to have one with a price."""
    model = assessment.scenario.model
    if catalogue is None or model is None:
        return True
    return not catalogue.model(model).few_step and few_step_twin(assessment, catalogue) is None


def _with_model(assessment: Assessment, model: str, label: str) -> record.ModelOutcome:
    outcomes = assessment.completions.outcomes({**assessment.answers, "model": model})
    offers, suppliers, expected = dict[Route, str](), dict[Route, str](), dict[Route, str | None]()
    gpu_cost = None
    for route in sorted(assessment.rulebook.priced, key=list(Route).index):
        left = [
            (cost, offer)
            for offer, match in judged(assessment.every_offer, route)
            if offer.model in (None, model) and not match.eliminating
            for cost in [_cost(assessment, offer)]
        ]
        if left:
            _, offer = min(left, key=lambda row: (row[0] is None, row[0] or 0))
            offers[route], expected[route] = offer.id, _dollars(_monthly(assessment, offer, "monthly_images"))
            suppliers[route] = offer.quote.supplier if offer.quote else ""
            if route is Route.SELF_HOST:
                gpu_cost = _dollars(_monthly(assessment, offer, "monthly_images", with_overhead=False))
    return record.ModelOutcome(
        model=model,
        label=label,
        routes=[route for route in Route if route in outcomes],
        none_possible=None in outcomes,
        offers=offers,
        suppliers=suppliers,
        expected=expected,
        gpu_cost=gpu_cost,
    )


def _entry(assessment: Assessment, offer: Offer, match: GateMatch, chosen: bool) -> record.ShortlistEntry:
    quote, own = offer.quote, offer.route is Route.SELF_HOST
    assert quote is not None
    gates = {gate.id: gate for gate in assessment.rulebook.gates}
    amounts = {name: plain(_outside(name, value)) for name, value in quote.amounts.items()}
    price, rate = (amounts.get(name) for name in (FIELDS_OF[offer.route][0], "images_per_gpu_hour"))
    return record.ShortlistEntry(
        route=offer.route,
        offer=offer.id,
        label=offer.label,
        model=offer.model,
        provider=None if own else quote.supplier,
        gpu=quote.supplier if own else None,
        price=price,
        images_per_gpu_hour=rate if own else None,
        low=_dollars(_monthly(assessment, offer, "low")),
        expected=_dollars(_monthly(assessment, offer, "monthly_images")),
        high=_dollars(_monthly(assessment, offer, "high")),
        gpu_cost=_dollars(_monthly(assessment, offer, "monthly_images", with_overhead=False)) if own else None,
        status=ELIMINATED if match.eliminating else CHOSEN if chosen else SURVIVES,
        rules=list(match.eliminating),
        conditions=[*(gates[id].provided or "" for id in match.to_verify), *quote.conditions],
        source=quote.source,
        as_of=quote.as_of,
        confidence=quote.confidence,
    )


def _cost(assessment: Assessment, offer: Offer) -> Fraction | None:
    """What offers of one route are ordered by: dollars in the expected month, else per image used as the price says."""
    cost = _monthly(assessment, offer, "monthly_images", with_overhead=False)
    if cost is not None or offer.quote is None or not offer.quote.amounts:
        return cost
    amounts = [Fraction(_outside(name, offer.quote.amounts[name])) for name in FIELDS_OF[offer.route]]
    return amounts[0] / amounts[1] if len(amounts) > 1 else amounts[0]


def _monthly(assessment: Assessment, offer: Offer, month: str, with_overhead: bool = True) -> Fraction | None:
    """Dollars in a month on an offer; None if the volume, the price or a counted overhead is not known."""
    volume = getattr(assessment.scenario, month)
    if volume is None or offer.quote is None or not offer.quote.amounts:
        return None
    amounts = {name: _outside(name, value) for name, value in offer.quote.amounts.items()}
    changes = amounts if with_overhead else {**amounts, "monthly_overhead": Decimal(0)}
    costs = Costs(assessment.scenario.model_copy(update=changes))
    return costs.monthly(offer.route, volume)


def _outside(name: str, value: int) -> Decimal:
    quantity = FIELDS[name].quantity
    assert quantity is not None
    return quantity.outside(value)


def _dollars(cost: Fraction | None) -> str | None:
    return None if cost is None else amount_text(to_micro_dollars(cost))
