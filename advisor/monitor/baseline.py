"""What the bill is held against: the hosted route whose meter runs, N* at its price, and the decision made anew."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from advisor.catalogue.loader import Catalogue
from advisor.decision.break_even import (
    MOST_IMAGES,
    PRICE_OF,
    SteadyOutcome,
    rents_for_its_price,
    watched_route,
    whatever_the_volume,
)
from advisor.decision.competition import competing
from advisor.decision.decide import decide
from advisor.domain.cost_model import Costs, OwnGpus, exact
from advisor.domain.formatting import plain
from advisor.domain.record import Decision, Status
from advisor.domain.scenario import Route, Scenario, validated
from advisor.monitor.model import NotComparable, NotComparableReason
from advisor.monitor.span import Span
from advisor.rulebook.model import Rulebook

OWN_AMOUNTS = ("gpu_hour_price", "images_per_gpu_hour", "monthly_overhead")
_MICRO = Decimal("0.000001")
BEYOND = Fraction(MOST_IMAGES)


@dataclass(frozen=True)
class Baseline:
    """The decision as recorded, and the route whose bill is watched.

    ``scenario`` has the prices that the decision took from its catalogue; ``catalogue`` is the one at hand.
    ``ranges`` are amounts of own GPUs given as ranges, by field; others are as in the decision.
    """

    decision: Decision
    scenario: Scenario
    rulebook: Rulebook
    compared: Route | None
    ranges: Mapping[str, Span]
    catalogue: Catalogue | None = None

    @property
    def list_price(self) -> Fraction | None:
        """Dollars per image in the decision."""
        price = getattr(self.scenario, PRICE_OF[self.compared]) if self.compared else None
        return None if price is None else exact(price)

    def crossover(self, price: Span, speedup: int = 1) -> Span | None:
        """N* at a price per image, as wide as price and amounts are; None where owning never wins at the expected ones.

        Where it only never wins at the dear end, the upper end is ``BEYOND``, a volume that nobody has.
        """
        gpus = self.own_gpus()
        if gpus is None:
            return None
        cheap, expected, dear = (replace(each, images_per_gpu_hour=each.images_per_gpu_hour * speedup) for each in gpus)
        volumes = [
            cheap.crossover(price.high).volume,
            expected.crossover(price.expected).volume,
            dear.crossover(price.low).volume,
        ]
        if volumes[0] is None or volumes[1] is None:
            return None
        return Span(volumes[0], volumes[1], BEYOND if volumes[2] is None else volumes[2])

    def amounts(self) -> tuple[Span, Span, Span] | None:
        """Dollars a GPU-hour, images a GPU-hour, dollars a month; None where one is not known."""
        found = [_span_of(getattr(self.scenario, name), self.ranges.get(name)) for name in OWN_AMOUNTS]
        known = [span for span in found if span is not None]
        return (known[0], known[1], known[2]) if len(known) == len(found) else None

    def own_costs(self, images: Span) -> Span | None:
        """Dollars a month on own GPUs for so many images, as wide as images and amounts are."""
        gpus = self.own_gpus()
        if gpus is None:
            return None
        cheap, usual, dear = gpus
        low, expected, high = (max(count, Fraction(0)) for count in images.ends)
        return Span(cheap.cost(low), usual.cost(expected), dear.cost(high))

    def own_gpus(self) -> tuple[OwnGpus, OwnGpus, OwnGpus] | None:
        """Own GPUs at their cheapest, as expected, and at their dearest; None where an amount is not known."""
        amounts, costs = self.amounts(), Costs(self.scenario)
        if amounts is None:
            return None
        G, r, E = amounts
        cheap, usual = costs.paid_for(G.low, r.high, E.low), costs.paid_for(G.expected, r.expected, E.expected)
        dear = costs.paid_for(G.high, r.low, E.high)
        return (cheap, usual, dear) if cheap and usual and dear else None

    def decided_at(self, volume: Span, price: Span | None, today: datetime.date) -> Decision:
        """The whole decision made anew, with the volume as measured and the price as paid. Raises BadInput."""
        low, expected, high = (Decimal(max(1, round(bound))) for bound in volume.ends)
        ends = (None, None) if low == high else (low, high)
        changes: dict[str, Decimal | None] = {
            "monthly_images": expected,
            "monthly_images_low": ends[0],
            "monthly_images_high": ends[1],
        }
        if self.compared and price is not None:
            changes[PRICE_OF[self.compared]] = as_price(price.expected)
        stated = validated(self.decision.scenario, "the record")
        return decide(stated.changed(**changes), self.rulebook, catalogue=self._catalogue, decided_on=today)

    def why_not_comparable(self, price: Span | None) -> NotComparable | None:
        """Why no volume of this bill would change the answer at the price that is paid; None where one would."""
        if self.compared is None:
            return NotComparable(NotComparableReason.NO_BILL)
        if price is None or self.own_gpus() is None:
            needed = (PRICE_OF[self.compared], *OWN_AMOUNTS, *(["peak_to_mean"] if self.scenario.always_on else []))
            missing = tuple(name for name in needed if getattr(self.scenario, name) is None)
            return NotComparable(NotComparableReason.AMOUNTS_MISSING, missing)
        paid = self.scenario.changed(**{PRICE_OF[self.compared]: as_price(price.expected)})
        always = whatever_the_volume(paid, self._competing(as_price(price.expected)))
        if self.crossover(price) is None and (always is None or rents_for_its_price(always)):
            return NotComparable(NotComparableReason.NEVER_CHEAPER, price=price.expected)
        return _not_comparable(always) if always else None

    @property
    def other_catalogue(self) -> bool:
        """Whether the decision was made with a catalogue that is not the one at hand."""
        digest = self.decision.catalogue_digest
        return digest is not None and (self.catalogue is None or self.catalogue.digest != digest)

    @property
    def _catalogue(self) -> Catalogue | None:
        """The catalogue, if the decision was made with one."""
        return self.catalogue if self.decision.catalogue_digest else None

    def _competing(self, price: Decimal) -> Rulebook:
        """The rulebook with the offers that competed, and the bill at this price as that of its route."""
        stated = validated(self.decision.scenario, "the record")
        paid = stated.changed(**({PRICE_OF[self.compared]: price} if self.compared else {}))
        return competing(self.rulebook, self._catalogue, paid, self.decision.date("the record"))


def baseline_of(
    decision: Decision,
    scenario: Scenario,
    rulebook: Rulebook,
    route: Route | None,
    ranges: Mapping[str, Span],
    catalogue: Catalogue | None = None,
) -> Baseline:
    """The baseline of a record: the bill is that of ``route``, else of the route that the memo says is watched."""
    return Baseline(decision, scenario, rulebook, route or watched_route(decision, scenario), ranges, catalogue)


def as_price(price: Fraction) -> Decimal:
    """A price as the decision keeps it: to the micro-dollar, and more than nothing."""
    micro = max(1, round(price * 10**6))
    return Decimal(plain(micro * _MICRO))


def _span_of(value: Decimal | None, within: Span | None) -> Span | None:
    """The amount of the decision, in the range that was given for it; the middle of a range that leaves it out."""
    if within is None:
        return None if value is None else Span.of(exact(value))
    expected = within.expected if value is None else exact(value)
    return Span(within.low, expected, within.high) if within.low <= expected <= within.high else within


def _not_comparable(decision: SteadyOutcome) -> NotComparable:
    if decision.status is Status.INFEASIBLE:
        return NotComparable(NotComparableReason.INFEASIBLE)
    if decision.status is Status.OPEN:
        return NotComparable(NotComparableReason.OPEN, tuple(decision.open_questions))
    return NotComparable(NotComparableReason.DECIDED, axis=decision.deciding_axis, route=decision.route)
