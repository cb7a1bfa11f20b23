"""Portfolio -> plan: who owns, chosen jointly so that the expected months cost least, and the record of that."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cached_property

import advisor
from advisor.catalogue.loader import Catalogue
from advisor.decision.offer_sections import quotes
from advisor.decision.record_builder import eliminations
from advisor.domain.cost_model import VOLUMES, rounded
from advisor.domain.quantity import amount_text, plain
from advisor.domain.record_parts import Status
from advisor.domain.scenario import Axis, GpuBilling, Route, Unit
from advisor.portfolio.alternatives import owned_because_of_others, regrets, shared_overhead_pays_below, turn_of
from advisor.portfolio.candidates import Candidate, candidates_of
from advisor.portfolio.joint import Solution, solve
from advisor.portfolio.months import PlanCosts, PoolMonth, PortfolioMonth
from advisor.portfolio.open_answers import OpenPlan, PartialAnswers
from advisor.portfolio.ownership import Budget
from advisor.portfolio.portfolio import Portfolio
from advisor.portfolio.record import GrowthTurn, MissingAnswer, PlannedPool, PlannedWorkload, PortfolioPlan, RouteChange
from advisor.rulebook.loader import bundled_rulebook
from advisor.rulebook.model import Rulebook

_LOW, _EXPECTED, _HIGH = VOLUMES
MAX_EXPLAINING = 500_000
"""How many partial choices are looked at for the explanations of a plan; those past it are not known."""


class PlanBuilder:
    """Builds one record."""

    def __init__(self, portfolio: Portfolio, candidates: Sequence[Candidate], catalogue: Catalogue | None) -> None:
        self._portfolio, self._candidates, self._catalogue = portfolio, candidates, catalogue
        self._months = {month: PortfolioMonth(portfolio, candidates, month) for month in VOLUMES}
        self._month = self._months[_EXPECTED]
        self._budget = Budget(MAX_EXPLAINING)

    def record(self, rulebook: Rulebook, decided_on: datetime.date) -> PortfolioPlan:
        """The whole record. Raises BadInput for a large pool without the extra ``portfolio``."""
        costs, low, high = self._costs[_EXPECTED], self._owners_at(_LOW), self._owners_at(_HIGH)
        is_open, served = self._open is not None, list(self._month.costs)
        infeasible = len(served) < len(self._candidates)
        total = None if is_open else costs.total
        return PortfolioPlan(
            advisor_version=advisor.__version__,
            decided_on=decided_on.isoformat(),
            rulebook_digest=rulebook.digest,
            catalogue_digest=self._catalogue.digest if self._catalogue else None,
            portfolio=self._portfolio.answers(),
            status=Status.INFEASIBLE if infeasible else Status.OPEN if is_open else Status.RECOMMENDED,
            workloads=[self._workload(candidate) for candidate in self._candidates],
            pools=[self._pool(name, pool) for name, pool in costs.pools.items()],
            shared_overhead=None if self._portfolio.shared_overhead is None else plain(self._portfolio.shared_overhead),
            shared_overhead_paid=None if is_open else Route.SELF_HOST in self._routes.values(),
            total=_amount(total),
            total_at_least=None if is_open else _amount(costs.at_least),
            total_if_all_rented=self._total_if(Route.OPEN_WEIGHT_API),
            not_rentable=self._titles(place for place in served if not self._candidates[place].can_rent),
            total_if_all_owned=self._total_if(Route.SELF_HOST),
            not_ownable=self._titles(place for place in served if not self._candidates[place].can_own),
            unknown_costs=self._titles(
                place for place, cost in costs.of_workloads.items() if cost is None and not is_open
            ),
            settled=None if low is None or high is None else low == high,
            owners_low=None if low is None else self._titles(low),
            owners_high=None if high is None else self._titles(high),
            lower_bound=None if total is None else _amount(total - self._gap),
            gap=None if is_open else _amount(self._gap),
            shared_overhead_pays_below=_amount(shared_overhead_pays_below(self._solved) if self._solved else None),
            growth=self._growth(),
            missing=[
                MissingAnswer(workload=None if place is None else self._candidates[place].workload.title, field=field)
                for place, field in (self._open.missing if self._open else ())
            ],
        )

    # ------------------------------------------------------------ the plan

    @cached_property
    def _solved(self) -> Solution | None:
        """The solution of the expected month; None if it depends on a cost that is not known."""
        return None if self._month.problem is None else solve(self._month.problem)

    @cached_property
    def _owners(self) -> frozenset[int] | None:
        """Who owns; None if that depends on missing answers."""
        return self._solved.plan.owners if self._solved else PartialAnswers(self._month).certain_owners()

    @cached_property
    def _open(self) -> OpenPlan | None:
        """What to ask; None where the plan is certain."""
        return PartialAnswers(self._month).open_plan() if self._owners is None else None

    @cached_property
    def _routes(self) -> dict[int, Route]:
        """The route of each workload, as far as it is certain."""
        if self._open is not None:
            return dict(sorted(self._open.routes.items()))
        return self._routes_with(self._owners or frozenset())

    @cached_property
    def _costs(self) -> dict[str, PlanCosts]:
        return {name: PlanCosts(month, self._routes) for name, month in self._months.items()}

    @property
    def _gap(self) -> int:
        """How much less than this plan another one could cost, in micro-dollars, for all that is proven."""
        if self._solved is None:
            return 0
        plan, cost_of = self._solved.plan, self._month.scoring.cost_of
        return cost_of(plan.score) - cost_of(plan.bound)

    @cached_property
    def _explained(self) -> Solution | None:
        """The solution, if it is proven, from which the plan is explained."""
        return self._solved if self._solved and self._solved.plan.proven else None

    def _owners_at(self, name: str) -> frozenset[int] | None:
        """Who owns in a month, if that is certain."""
        problem = self._months[name].problem
        if problem is None:
            return PartialAnswers(self._months[name]).certain_owners()
        solved = self._solved if problem == self._month.problem else solve(problem)
        return solved.plan.owners if solved and solved.plan.proven else None

    def _routes_with(self, owners: frozenset[int]) -> dict[int, Route]:
        found = dict[int, Route]()
        for place in self._month.costs:
            route = Route.SELF_HOST if place in owners else self._candidates[place].hosted_route
            if route is not None:
                found[place] = route
        return found

    def _total_if(self, route: Route) -> str | None:
        """The total if everything is owned, or everything rented."""
        places = frozenset(self._month.costs) if route is Route.SELF_HOST else frozenset[int]()
        possible = all(
            candidate.owns_surely if places else candidate.hosted_route is not None
            for candidate in self._candidates
            if not candidate.infeasible
        )
        return _amount(PlanCosts(self._month, self._routes_with(places)).total) if possible else None

    # ------------------------------------------------------------ the parts of the record

    def _titles(self, places: Iterable[int]) -> list[str]:
        return [self._candidates[place].workload.title for place in sorted(places)]

    def _workload(self, candidate: Candidate) -> PlannedWorkload:
        place, route, assessment = candidate.place, self._routes.get(candidate.place), candidate.assessment
        known = not (self._open and candidate.shares_gpus and route is Route.SELF_HOST)
        low, expected, high = (self._costs[name].of_workloads.get(place) if known else None for name in VOLUMES)
        missing = [name for at, name in (self._open.missing if self._open else ()) if at == place]
        explained = self._explained if not candidate.infeasible else None
        axes = assessment.deciding_axes
        images = candidate.scenario.monthly_images
        return PlannedWorkload(
            title=candidate.workload.title,
            pool=candidate.workload.pool,
            status=Status.INFEASIBLE if candidate.infeasible else Status.RECOMMENDED if route else Status.OPEN,
            route=route,
            hosted_route=candidate.hosted_route,
            deciding_axis=None if route is None else Axis.COST if candidate.is_free else axes[0] if axes else None,
            images=None if images is None else plain(images),
            unit=candidate.scenario.unit or Unit.IMAGE,
            expected=_amount(expected),
            low=_amount(low),
            high=_amount(high),
            eliminated=eliminations(assessment),
            regret={
                which: _amount(more)
                for which, more in (regrets(self._month, explained, place, self._budget) if explained else {}).items()
            },
            owned_because_of_others=place in self._for_others if explained else None,
            quotes=quotes(assessment) if self._catalogue else [],
            alone=assessment.route,
            missing=missing,
        )

    @cached_property
    def _for_others(self) -> frozenset[int]:
        return frozenset(owned_because_of_others(self._explained)) if self._explained else frozenset()

    def _pool(self, name: str, month: PoolMonth) -> PlannedPool:
        terms, unknown = month.pool.terms, self._open is not None
        return PlannedPool(
            name=name,
            gpu_hour_price=None if terms.gpu_hour_price is None else plain(terms.gpu_hour_price),
            gpu_billing=terms.gpu_billing or GpuBilling.AS_USED,
            min_gpus=terms.fewest_gpus,
            workloads=[owner.candidate.workload.title for owner in month.owners],
            gpus=None if unknown else month.gpus,
            hours_paid=None if unknown else _hours(month.hours_paid),
            hours_used=None if unknown else _hours(month.hours_used),
            monthly_cost=None if unknown else _amount(month.cost),
            assumes_peaks_coincide=terms.always_on and len(month.owners) > 1,
        )

    def _growth(self) -> list[GrowthTurn]:
        solution, found = self._explained, []
        for candidate in self._candidates if solution else ():
            if solution is None or not candidate.is_free:
                continue
            turn = turn_of(self._month, solution, candidate.place, self._budget)
            after = {} if turn.volume is None else self._routes_with(turn.owners)
            found.append(
                GrowthTurn(
                    workload=candidate.workload.title,
                    volume=None if turn.volume is None else str(turn.volume),
                    searched_up_to=str(turn.searched_up_to),
                    changes=[
                        RouteChange(
                            workload=self._candidates[place].workload.title, before=self._routes[place], after=route
                        )
                        for place, route in after.items()
                        if route is not self._routes[place]
                    ],
                )
            )
        return found


def _amount(micro_dollars: int | None) -> str | None:
    return None if micro_dollars is None else amount_text(micro_dollars)


def _hours(hours: Fraction | None) -> str | None:
    return None if hours is None else rounded(hours, 2)


def plan(
    portfolio: Portfolio,
    rulebook: Rulebook | None = None,
    *,
    catalogue: Catalogue | None = None,
    decided_on: datetime.date | None = None,
) -> PortfolioPlan:
    """Plans a portfolio, by default with the bundled rulebook; the same input gives the same record.

    Each workload is judged as ``decide`` judges it; only whether it is owned is chosen anew, jointly. Without a
    catalogue a price that is not stated is a missing answer. ``decided_on`` is today by default.

    Raises what ``decide`` raises, naming the workload, and BadInput for a large pool without the extra ``portfolio``.
    """
    rulebook = rulebook or bundled_rulebook()
    decided_on = decided_on or datetime.date.today()
    candidates = candidates_of(portfolio, rulebook, catalogue, decided_on)
    return PlanBuilder(portfolio, candidates, catalogue).record(rulebook, decided_on)
