"""What a workload costs on its candidates in one month, as ranges where amounts are not known.

Exact where every amount is known. The gain of owning, rent less own, is monotone in each price and each rate, so that
its range is that over the ends of theirs; where a volume is not known and GPUs are always on it is not, and the range
is then wider than it has to be. Amounts are micro-dollars, numbers of GPUs those of the busiest hour, not rounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product

from advisor.domain.cost_model import OWN_AMOUNTS, PRICE_OF, VOLUMES, OwnGpus, exact, rent, to_micro_dollars
from advisor.domain.offer import Encoded
from advisor.domain.scenario import FIELDS, Route
from advisor.evaluation.facts import FIELDS_OF
from advisor.portfolio.candidates import Candidate

Values = tuple[Fraction, ...]
"""The value of an amount that is known, else the ends of its range."""


@dataclass(frozen=True)
class MonthlyCosts:
    """The costs of one workload in one month, ``monthly_images_low``, ``monthly_images`` or ``monthly_images_high``.

    ``own`` is without the GPUs of a pool that is always on. Each amount is None where it is not known.
    """

    candidate: Candidate
    month: str = "monthly_images"

    @cached_property
    def volume(self) -> Fraction | None:
        """Images of the month; the expected one where a low or high one is not answered."""
        scenario = self.candidate.scenario
        low, expected, high = scenario.low, scenario.monthly_images, scenario.high
        found = dict(zip(VOLUMES, (low, expected, high), strict=True))[self.month]
        return None if found is None else exact(found)

    def rent(self, route: Route | None) -> int | None:
        """The cost on a hosted route."""
        price = None if route is None else self.candidate.costs.price(route)
        return None if price is None or self.volume is None else to_micro_dollars(rent(price, self.volume))

    @cached_property
    def own(self) -> int | None:
        """The cost on own GPUs."""
        overhead = self.candidate.scenario.monthly_overhead
        if self.candidate.shares_gpus:
            return None if overhead is None else to_micro_dollars(exact(overhead))
        cost = self.candidate.costs.monthly(Route.SELF_HOST, self.volume)
        return None if cost is None else to_micro_dollars(cost)

    @cached_property
    def gpus(self) -> Fraction | None:
        """How many GPUs of its pool it needs; zero without a pool that is always on."""
        if not self.candidate.shares_gpus:
            return Fraction()
        gpus = self._own_gpus()
        return None if gpus is None or self.volume is None else gpus.gpus_needed(self.volume)

    @cached_property
    def hours(self) -> Fraction | None:
        """The GPU-hours in which its images are made."""
        gpus = self._own_gpus()
        return None if gpus is None or self.volume is None else gpus.hours_used(self.volume)

    def _own_gpus(self) -> OwnGpus | None:
        """Own GPUs at whatever price."""
        scenario = self.candidate.scenario
        if scenario.images_per_gpu_hour is None:
            return None
        return self.candidate.costs.paid_for(1, scenario.images_per_gpu_hour, 0)

    # ------------------------------------------------------------ ranges

    @cached_property
    def gain(self) -> tuple[int, int]:
        """The least and the greatest gain of owning over the hosted routes that it may take."""
        found = [gain for route in self.candidate.hosted if route is not None for gain in self._gains(route)]
        return min(found), max(found)

    @cached_property
    def gpus_range(self) -> tuple[Fraction, Fraction]:
        """The least and the greatest number of GPUs needed."""
        if not self.candidate.shares_gpus:
            return Fraction(), Fraction()
        scenario = self.candidate.scenario
        peaks, rates = (self._values(name, getattr(scenario, name)) for name in ("peak_to_mean", "images_per_gpu_hour"))
        found = [
            OwnGpus(Fraction(1), rate, Fraction(), True, peak).gpus_needed(volume)
            for peak, rate, volume in product(peaks, rates, self._volumes())
        ]
        return min(found), max(found)

    def _gains(self, route: Route) -> Iterator[int]:
        prices, volumes, owns = self._prices(route), self._volumes(), list(self._owns())
        always_on = self.candidate.scenario.always_on and not self.candidate.shares_gpus
        separately = always_on and len(volumes) > 1
        for price, volume, own in product(prices, volumes, owns):
            for other in volumes if separately else (volume,):
                yield to_micro_dollars(rent(price, volume)) - to_micro_dollars(own.cost(other))

    def _volumes(self) -> Values:
        """The volume, or the ends of its range: the low and the high month where they are answered."""
        if self.volume is not None:
            return (self.volume,)
        least, most = _bounds("monthly_images")
        scenario = self.candidate.scenario
        low, high = scenario.low, scenario.high
        return (least if low is None else exact(low), most if high is None else exact(high))

    def _prices(self, route: Route) -> Values:
        price = self.candidate.costs.price(route)
        if price is not None:
            return (exact(price),)
        offered = self._offered(route)
        return (min(offered)[0], max(offered)[0]) if offered else _bounds(PRICE_OF[route])

    def _owns(self) -> Iterator[OwnGpus]:
        """Own GPUs at each end of each amount; where they are shared only the overhead counts."""
        scenario, costs = self.candidate.scenario, self.candidate.costs
        overheads = self._values("monthly_overhead", scenario.monthly_overhead)
        if self.candidate.shares_gpus:
            yield from (OwnGpus(Fraction(0), Fraction(1), overhead) for overhead in overheads)
            return
        pairs: list[Values] = []
        if scenario.gpu_hour_price is None and scenario.images_per_gpu_hour is None and self.candidate.pool is None:
            pairs = self._offered(Route.SELF_HOST)
        if not pairs:
            prices, rates = (self._values(name, getattr(scenario, name)) for name in OWN_AMOUNTS[:2])
            pairs = list(product(prices, rates))
        peaks = self._values("peak_to_mean", scenario.peak_to_mean) if scenario.always_on else (Fraction(1),)
        for (price, rate), overhead, peak in product(pairs, overheads, peaks):
            yield OwnGpus(price, rate, overhead, scenario.always_on, peak, costs.scenario.fewest_gpus)

    def _values(self, name: str, value: object) -> Values:
        return _bounds(name) if value is None else (Fraction(str(value)),)

    def _offered(self, route: Route) -> list[Values]:
        """What a route may cost by the offers that compete, over the completions; empty if that is not known in one."""
        assessment, found = self.candidate.assessment, dict[tuple[Encoded | None, ...], None]()
        if route not in assessment.rulebook.priced:
            return []
        for number in assessment.completions.gate_outcomes.of(assessment.answers):
            prices = assessment.completions.priced(assessment.answers, number)
            found[tuple(prices.get(name) for name in FIELDS_OF[route])] = None
        if any(None in amounts for amounts in found):
            return []
        return [
            tuple(_outside(name, int(steps or 0)) for name, steps in zip(FIELDS_OF[route], amounts, strict=True))
            for amounts in found
        ]


def _bounds(name: str) -> tuple[Fraction, Fraction]:
    quantity = FIELDS[name].quantity
    assert quantity is not None
    return exact(quantity.least), exact(quantity.most)


def _outside(name: str, steps: int) -> Fraction:
    quantity = FIELDS[name].quantity
    assert quantity is not None
    return exact(quantity.outside(steps))
