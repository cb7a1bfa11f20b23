"""The routes that can serve a workload, and what each costs in one month.

Own GPUs, and the hosted route that the rules take among hosted routes. Costs are exact where every amount is known, and
ranges where not. The gain of owning, rent less own, is monotone in each price and each rate, so that its range is that
over the ends of theirs; where a volume is not known and GPUs are always on it is not, and the range is then wider than
it has to be. Amounts are micro-dollars, numbers of GPUs those of the busiest hour, not rounded.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import product

from advisor.catalogue.loader import Catalogue
from advisor.common.diagnostics import BadInput, quoted
from advisor.decision.assessment import Assessment
from advisor.decision.competition import competing
from advisor.domain.cost_model import (
    HOSTED,
    OWN_AMOUNTS,
    PRICE_OF,
    VOLUMES,
    Costs,
    OwnGpus,
    exact,
    missing_amounts,
    rent,
    to_micro_dollars,
)
from advisor.domain.offer import Encoded
from advisor.domain.quantity import Quantity
from advisor.domain.record_parts import Status
from advisor.domain.scenario import FIELDS, Route, Scenario
from advisor.evaluation.durable_rules_backend import engine_reading
from advisor.evaluation.facts import FIELDS_OF, priced_fields
from advisor.portfolio.portfolio import GpuPool, Portfolio, Workload
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import ANSWER_NAMES, MODEL, Scope
from advisor.scenario_space.completions import Outcome
from advisor.scenario_space.gate_outcomes import need_values


@dataclass(frozen=True, eq=False)
class Candidate:
    """One workload with its candidates, over all completions of its answers.

    ``owning`` holds ``self_host`` if own GPUs can serve it, None if they may not; ``hosted`` the hosted routes that it
    may take, None if it may have none.
    """

    place: int
    workload: Workload
    pool: GpuPool | None
    assessment: Assessment
    owning: frozenset[Outcome]
    hosted: frozenset[Outcome]

    @property
    def can_own(self) -> bool:
        """Whether own GPUs may serve it."""
        return Route.SELF_HOST in self.owning

    @property
    def can_rent(self) -> bool:
        """Whether a hosted route may serve it."""
        return bool(self.hosted - {None})

    @property
    def must_own(self) -> bool:
        """Whether own GPUs are the only candidate, whatever the missing answers."""
        return self.owns_surely and self.hosted == {None}

    @property
    def owns_surely(self) -> bool:
        """Whether own GPUs can serve it, whatever the missing answers."""
        return self.owning == {Route.SELF_HOST}

    @property
    def hosted_route(self) -> Route | None:
        """The one hosted route that it takes, whatever the missing answers."""
        return next(iter(self.hosted)) if len(self.hosted) == 1 else None

    @property
    def is_free(self) -> bool:
        """Whether it may be owned as well as rented."""
        return self.can_own and self.can_rent

    @property
    def infeasible(self) -> bool:
        """Whether no route can serve it, whatever the missing answers."""
        return self.assessment.status is Status.INFEASIBLE

    @cached_property
    def scenario(self) -> Scenario:
        """Its answers with the prices of the catalogue; the catalogue has no price for the GPUs of a pool."""
        if self.pool is None:
            return self.assessment.scenario
        stated = self.workload.scenario
        names = ("gpu_hour_price", "images_per_gpu_hour")
        return self.assessment.scenario.changed(**{name: getattr(stated, name) for name in names})

    @cached_property
    def costs(self) -> Costs:
        """What its routes cost."""
        return Costs(self.scenario)

    @property
    def shares_gpus(self) -> bool:
        """Whether its own GPUs would be those of a pool that is always on, so that its cost depends on the others."""
        return self.pool is not None and self.pool.terms.always_on

    @cached_property
    def feasible_routes(self) -> tuple[Route, ...]:
        """The routes that can serve it, whatever the missing answers, in their fixed order."""
        feasible = self.assessment.judgement.verdict.feasible
        if len(self.owning) == 1 and len(self.hosted) == 1:
            return feasible
        surely = (self.hosted_route, *(_OWN if self.owns_surely else ()))
        return tuple(route for route in feasible if route in surely)

    def missing_needs(self) -> tuple[str, ...]:
        """The unanswered needs that change its candidates; all of them where only several together do."""
        if len(self.owning) == 1 and len(self.hosted) == 1:
            return ()
        assessment, found = self.assessment, (self.owning, self.hosted)
        needs = [name for name in assessment.unanswered if ANSWER_NAMES[name].scope is Scope.NEED]
        decisive = [
            name
            for name in needs
            if any(
                _candidates(assessment, {**assessment.answers, name: value}) != found
                for value in need_values(assessment.rulebook, name)
            )
        ]
        return tuple(decisive or needs)

    def missing_costs(self) -> tuple[str, ...]:
        """The unanswered amounts of the expected month on its candidates; the checkpoint in place of its prices."""
        answered, assessment = self.scenario.answers(), self.assessment
        routes = [route for route in Route if route in self.owning or route in self.hosted]
        found = [*missing_amounts(answered, routes), *(() if "monthly_images" in answered else ("monthly_images",))]
        of_offers = priced_fields(assessment.rulebook) if self.pool is None else frozenset[str]()
        asked = {name for name in found if name not in of_offers or name in assessment.unanswered}
        if asked != set(found) and MODEL in assessment.unanswered:
            asked.add(MODEL)
        return tuple(name for name in FIELDS if name in asked)


_OWN = frozenset((Route.SELF_HOST,))
_HOSTED = frozenset(HOSTED)


def candidates_of(
    portfolio: Portfolio, rulebook: Rulebook, catalogue: Catalogue | None, decided_on: datetime.date
) -> tuple[Candidate, ...]:
    """The candidates of each workload. Raises what ``decide`` raises, naming the workload."""
    found = list[Candidate]()
    for place, workload in enumerate(portfolio.workloads):
        try:
            competes = competing(rulebook, catalogue, workload.scenario, decided_on)
            assessment = Assessment(workload.scenario, competes, engine_reading(competes))
        except BadInput as error:
            of = f"for workload {quoted(workload.title)}, "
            raise BadInput(problem._replace(what=of + problem.what) for problem in error.problems) from None
        pool = None if workload.pool is None else portfolio.pools[workload.pool]
        found.append(Candidate(place, workload, pool, assessment, *_candidates(assessment, assessment.answers)))
    return tuple(found)


def _candidates(
    assessment: Assessment, answers: Mapping[str, Encoded]
) -> tuple[frozenset[Outcome], frozenset[Outcome]]:
    """The outcomes among own GPUs, and among hosted routes."""
    completions = assessment.completions
    return completions.outcomes_among(answers, _OWN), completions.outcomes_among(answers, _HOSTED)


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
        found = (scenario.low, scenario.monthly_images, scenario.high)[VOLUMES.index(self.month)]
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
        peaks, rates = (ends_of(name, getattr(scenario, name)) for name in ("peak_to_mean", "images_per_gpu_hour"))
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
        scenario = self.candidate.scenario
        return ends_of("monthly_images", scenario.low)[0], ends_of("monthly_images", scenario.high)[-1]

    def _prices(self, route: Route) -> Values:
        price = self.candidate.costs.price(route)
        offered = self._offered(route) if price is None else []
        return (min(offered)[0], max(offered)[0]) if offered else ends_of(PRICE_OF[route], price)

    def _owns(self) -> Iterator[OwnGpus]:
        """Own GPUs at each end of each amount; where they are shared only the overhead counts."""
        scenario, costs = self.candidate.scenario, self.candidate.costs
        overheads = ends_of("monthly_overhead", scenario.monthly_overhead)
        if self.candidate.shares_gpus:
            yield from (OwnGpus(Fraction(0), Fraction(1), overhead) for overhead in overheads)
            return
        pairs: list[Values] = []
        if scenario.gpu_hour_price is None and scenario.images_per_gpu_hour is None and self.candidate.pool is None:
            pairs = self._offered(Route.SELF_HOST)
        if not pairs:
            prices, rates = (ends_of(name, getattr(scenario, name)) for name in OWN_AMOUNTS[:2])
            pairs = list(product(prices, rates))
        peaks = ends_of("peak_to_mean", scenario.peak_to_mean) if scenario.always_on else (Fraction(1),)
        for (price, rate), overhead, peak in product(pairs, overheads, peaks):
            yield OwnGpus(price, rate, overhead, scenario.always_on, peak, costs.scenario.fewest_gpus)

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
            tuple(
                exact(_quantity(name).outside(int(steps or 0)))
                for name, steps in zip(FIELDS_OF[route], amounts, strict=True)
            )
            for amounts in found
        ]


def ends_of(name: str, value: Decimal | None) -> Values:
    """The value of an amount, a field of a scenario; the ends of its range if it is None."""
    quantity = _quantity(name)
    return (exact(quantity.least), exact(quantity.most)) if value is None else (exact(value),)


def _quantity(name: str) -> Quantity:
    quantity = FIELDS[name].quantity
    assert quantity is not None
    return quantity
