"""What a record says of the offers: how they meet the needs, what they cost, and how old those amounts are."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import product

from advisor.catalogue.ageing import age_days, entry_of, is_old, movement_of, reach
from advisor.catalogue.loader import Catalogue
from advisor.decision.assessment import Assessment, counted, judged
from advisor.decision.break_even import cost_text, crossovers, owning_from
from advisor.domain import record
from advisor.domain.cost_model import PRICES, Costs
from advisor.domain.offer import UNKNOWN, Encoded, Offer, Trait, Unknown
from advisor.domain.quantity import plain
from advisor.domain.record import AgeingFigure, QuoteUsed
from advisor.domain.record_parts import ANSWER, CATALOGUE, Fit, Flip
from advisor.domain.scenario import FIELDS, Axis, Route
from advisor.evaluation.compiler import PLAIN, Compiled, GateMatch, compile_rules
from advisor.evaluation.facts import FIELDS_OF
from advisor.rulebook.model import Gate, Rulebook, comparisons, names_in_order
from advisor.rulebook.symbols import FIELD_NAMES
from advisor.scenario_space.gate_outcomes import need_values

_WORST_FIRST = (Fit.NOT_MET, Fit.TO_VERIFY, Fit.OPEN, Fit.MET)


class OfferFit:
    """Every offer of a rulebook against its gates, under the answers of one scenario."""

    def __init__(self, assessment: Assessment) -> None:
        self._assessment, self._rulebook, self._answers = assessment, assessment.rulebook, assessment.answers
        self._tests = _gate_tests(assessment.rulebook)
        self._nothing_known = dict.fromkeys(assessment.rulebook.traits, UNKNOWN)

    @cached_property
    def gates_asked(self) -> tuple[str, ...]:
        """The gates that an offer could fail under these answers, whether or not one does."""
        known: dict[str, Encoded | Unknown] = {**self._answers, **self._nothing_known}
        return tuple(gate.id for gate in self._rulebook.gates if self._tests[gate.id](known)[1])

    def traits(self) -> list[record.TraitJudged]:
        """The traits that gates read or that name an axis, with how each offer fits."""
        return [row for trait in self._rulebook.traits.values() if (row := self._trait(trait))]

    def conditions(self, shared: set[str]) -> list[record.OfferCondition]:
        """What to verify for some offers of the route; ``shared`` are the gates to verify for all of them."""
        route = self._assessment.route
        offers = self._left.get(route, []) if route else []
        return [
            record.OfferCondition(rule=gate.id, offers=found, provided=gate.provided or "")
            for gate in self._rulebook.gates
            if gate.id not in shared
            and (found := [offer.id for offer in offers if self._may_eliminate(gate, self._answers, offer)])
        ]

    def unchecked(self, shared: set[str]) -> list[record.Unchecked]:
        """The gates that could add a condition to a possible route if a question were answered."""
        open_questions = set(self._assessment.open_questions)
        found = []
        for gate in self._rulebook.gates:
            read = [name for name in names_in_order(gate.when) if name in FIELD_NAMES]
            missing = [name for name in read if name not in self._answers]
            if gate.id in shared or not missing or open_questions & set(missing):
                continue
            completed = (
                {**self._answers, **dict(zip(missing, values, strict=True))}
                for values in product(*(need_values(self._rulebook, name) for name in missing))
            )
            if any(self._has_to_verify(gate, whole, offers) for whole in completed for offers in self._left.values()):
                found.append(record.Unchecked(rule=gate.id, fields=missing, provided=gate.provided or ""))
        return found

    @cached_property
    def _left(self) -> dict[Route, list[Offer]]:
        """The offers of each possible route that no gate eliminates."""
        judgement, possible = self._assessment.judgement, self._assessment.outcomes
        return {
            route: [offer for offer, match in judged(judgement, route) if not match.eliminating]
            for route in Route
            if route in possible
        }

    def _trait(self, trait: Trait) -> record.TraitJudged | None:
        gates = [gate for gate in self._rulebook.gates if trait.name in names_in_order(gate.when)]
        named = Axis(trait.name) if trait.name in list(Axis) else None
        axis = gates[0].axis if gates else named
        if axis is None:
            return None
        found = {offer.id: [self._fit(gate, offer) for gate in gates] for offer in self._assessment.judgement.offers}
        worst = {id: next((fit for fit in _WORST_FIRST if fit in fits), None) for id, fits in found.items()}
        fields = dict.fromkeys(name for gate in gates for name in names_in_order(gate.when) if name in FIELDS)
        return record.TraitJudged(
            trait=trait.name,
            label=trait.label,
            axis=axis,
            compared_with=_field_compared(trait, gates),
            fields=list(fields),
            rules=[gate.id for gate in gates if gate.id in self.gates_asked],
            fits={id: fit for id, fit in worst.items() if fit},
        )

    def _fit(self, gate: Gate, offer: Offer) -> Fit | None:
        """How an offer meets a gate; None if the gate does not apply."""
        surely, maybe = self._tests[gate.id]({**self._answers, **offer.traits})
        if surely or maybe:
            return Fit.NOT_MET if surely else Fit.TO_VERIFY
        if gate.id in self.gates_asked:
            return Fit.MET
        needs = [name for name in names_in_order(gate.when) if name in FIELDS and not FIELDS[name].optional]
        return Fit.OPEN if any(name not in self._answers for name in needs) else None

    def _has_to_verify(self, gate: Gate, answers: Mapping[str, Encoded], offers: list[Offer]) -> bool:
        """Whether all of these offers that survive the gate have to be verified."""
        survive = [offer for offer in offers if not self._tests[gate.id]({**answers, **offer.traits})[0]]
        return bool(survive) and all(self._may_eliminate(gate, answers, offer) for offer in survive)

    def _may_eliminate(self, gate: Gate, answers: Mapping[str, Encoded], offer: Offer) -> bool:
        """Whether the gate eliminates the offer only for some values of an unknown trait."""
        return self._tests[gate.id]({**answers, **offer.traits}) == (False, True)


@lru_cache(maxsize=8)
def _gate_tests(rulebook: Rulebook) -> dict[str, Compiled[Encoded | Unknown, bool]]:
    return compile_rules(rulebook.gates, PLAIN)


def _field_compared(trait: Trait, gates: Sequence[Gate]) -> str | None:
    """The field that a gate compares the trait with, if there is one."""
    pairs = [set(part.names) for gate in gates for part in comparisons(gate.when) if part.against_name]
    return next((name for pair in pairs if trait.name in pair for name in pair - {trait.name}), None)


MAX_SHORTLIST = 10
"""The most offers of a route that a record lists."""
CHOSEN, SURVIVES, ELIMINATED = "chosen", "survives", "eliminated"


def quotes(assessment: Assessment) -> list[QuoteUsed]:
    """Each known amount of the scenario, and where it is from."""
    offers, found = dict[str, Offer | None](), list[QuoteUsed]()
    for route in assessment.rulebook.priced:
        offers |= dict.fromkeys(FIELDS_OF[route], counted(assessment.every_offer, route))
    for name in PRICES:
        value, offer = getattr(assessment.scenario, name), offers.get(name)
        if value is not None and name not in offers:
            found.append(QuoteUsed(field=name, value=plain(value), origin=ANSWER))
        elif value is not None and offer and offer.quote:
            origin = offer.quote.origins.get(name, offer.quote)
            found.append(
                QuoteUsed(
                    field=name,
                    value=plain(value),
                    origin=CATALOGUE,
                    offer=offer.id,
                    source=origin.source,
                    as_of=origin.as_of,
                    confidence=origin.confidence,
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
            return record.FewStepTwin(
                model=other.id,
                label=other.label,
                few_step=other.few_step,
                crossovers=crossovers(with_other),
                owning_from=owning_from(with_other),
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
            offers[route], expected[route] = offer.id, cost_text(_monthly(assessment, offer, "monthly_images"))
            suppliers[route] = offer.quote.supplier if offer.quote else ""
            if route is Route.SELF_HOST:
                gpu_cost = cost_text(_monthly(assessment, offer, "monthly_images", with_overhead=False))
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
    amounts = _amounts(offer)
    price, rate = (amounts.get(name) for name in (FIELDS_OF[offer.route][0], "images_per_gpu_hour"))
    return record.ShortlistEntry(
        route=offer.route,
        offer=offer.id,
        label=offer.label,
        model=offer.model,
        provider=None if own else quote.supplier,
        gpu=quote.supplier if own else None,
        price=None if price is None else plain(price),
        images_per_gpu_hour=plain(rate) if own and rate is not None else None,
        low=cost_text(_monthly(assessment, offer, "low")),
        expected=cost_text(_monthly(assessment, offer, "monthly_images")),
        high=cost_text(_monthly(assessment, offer, "high")),
        gpu_cost=cost_text(_monthly(assessment, offer, "monthly_images", with_overhead=False)) if own else None,
        status=ELIMINATED if match.eliminating else CHOSEN if chosen else SURVIVES,
        rules=list(match.eliminating),
        conditions=[*(gates[id].provided or "" for id in match.to_verify), *quote.conditions],
        source=quote.source,
        as_of=quote.as_of,
        confidence=quote.confidence,
    )


def _cost(assessment: Assessment, offer: Offer) -> Fraction | None:
    """What offers of one route are ordered by: dollars in the expected month, else per image used as the price says."""
    cost, amounts = _monthly(assessment, offer, "monthly_images", with_overhead=False), _amounts(offer)
    if cost is not None or not amounts:
        return cost
    price, *rate = (Fraction(amounts[name]) for name in FIELDS_OF[offer.route])
    return price / rate[0] if rate else price


def _monthly(assessment: Assessment, offer: Offer, month: str, with_overhead: bool = True) -> Fraction | None:
    """Dollars in a month on an offer; None if the volume, the price or a counted overhead is not known."""
    volume, amounts = getattr(assessment.scenario, month), _amounts(offer)
    if volume is None or not amounts:
        return None
    changes = amounts if with_overhead else {**amounts, "monthly_overhead": Decimal(0)}
    return Costs(assessment.scenario.model_copy(update=changes)).monthly(offer.route, volume)


def _amounts(offer: Offer) -> dict[str, Decimal]:
    """The amounts of an offer as a scenario has them; empty if they are not known."""
    found = offer.quote.amounts if offer.quote else {}
    return {name: quantity.outside(found[name]) for name in found if (quantity := FIELDS[name].quantity)}


def ageing(
    quotes: Iterable[QuoteUsed], flips: Iterable[Flip], catalogue: Catalogue | None, on: datetime.date
) -> list[AgeingFigure]:
    """The old ones among the amounts of a record, for each turn that one may have passed; once if it passes none.

    An offer that the catalogue does not have is left out: how such figures move is not known then.
    """
    turns, found = tuple(flips), list[AgeingFigure]()
    for quote in quotes:
        if catalogue is None or quote.origin != CATALOGUE or not quote.offer or not quote.as_of:
            continue
        entry = entry_of(catalogue, quote.field, quote.offer)
        movement = movement_of(catalogue, quote.field, entry) if entry else None
        days = age_days(datetime.date.fromisoformat(quote.as_of), on)
        if movement is None or not is_old(movement, days):
            continue
        ends = reach(movement, quote.field, Decimal(quote.value), days)
        near = [flip for flip in turns if flip.field == quote.field]
        passed: list[tuple[str | None, Flip | None]] = [
            (plain(end), flip) for flip in near for end in ends if flip.is_passed_by(Fraction(end))
        ]
        for could_reach, flip in passed or [(None, None)]:
            found.append(
                AgeingFigure(
                    field=quote.field,
                    value=quote.value,
                    offer=quote.offer,
                    as_of=quote.as_of,
                    age_days=days,
                    could_reach=could_reach,
                    flips_at=flip.bound if flip else None,
                    route=flip.route if flip else None,
                )
            )
    return found
