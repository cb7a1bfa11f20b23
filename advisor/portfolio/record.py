"""The record of a portfolio: its input, the plan, and everything that a memo of it states.

``read_portfolio(path)`` of ``advisor.portfolio.portfolio`` reads a portfolio, and ``plan(portfolio, rulebook,
catalogue=..., decided_on=...)`` of ``advisor.portfolio.plan`` makes this record of it. Amounts are decimal text in
dollars, a month where nothing else is said, and null where they are not known.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import Field

from advisor.domain.record import QuoteUsed
from advisor.domain.record_parts import Elimination, Part, Status
from advisor.domain.scenario import Axis, GpuBilling, Route

SCHEMA_VERSION = 1


class MissingAnswer(Part):
    """A question whose answer can change who serves which workload.

    ``workload`` is a title; null for a field of the portfolio: ``shared_overhead``, ``pools.NAME.FIELD``.
    """

    workload: str | None
    field: str


class PlannedWorkload(Part):
    """One workload in the plan.

    ``status`` is ``infeasible`` where no route can serve it, ``open`` where its route depends on missing answers.
    ``expected``, ``low`` and ``high`` are its cost on its route in those months, with its own overhead and its part of
    the cost of its pool, which is split in proportion to the GPUs that each owner needs in its busiest hour.
    """

    title: str
    pool: str | None
    status: Status
    route: Route | None
    hosted_route: Route | None = Field(description="the hosted route that it would take; null if there is none")
    deciding_axis: Axis | None = Field(
        description="`cost` where it could be owned as well as rented, else that of the decision of it alone"
    )
    images: str | None = Field(description="the expected monthly volume")
    unit: str
    expected: str | None
    low: str | None
    high: str | None
    eliminated: list[Elimination]
    regret: dict[Route, str | None] = Field(
        description="for each feasible route: what a month of the portfolio costs more if this workload is on that "
        "route and all others are planned anew. Less than zero only for a hosted route that the preferences do not "
        "take. Null where it is not known or not proven; empty where the choice of owners depends on unknown costs"
    )
    owned_because_of_others: bool | None = Field(
        description="true if it is owned, and would be rented in a portfolio of this workload alone"
    )
    quotes: list[QuoteUsed]
    alone: Route | None = Field(description="the route that the decision of this workload alone recommends")
    missing: list[str] = Field(description="its fields among the missing answers of the portfolio")


class PlannedPool(Part):
    """The GPUs that several workloads share, in the expected month.

    ``gpus`` is null where GPU-hours are paid as they are used. ``assumes_peaks_coincide``: several workloads own in it
    and its GPUs are always on, so their busiest hours are assumed to be the same hour, and the GPUs needed add up.
    """

    name: str
    gpu_hour_price: str | None
    gpu_billing: GpuBilling
    min_gpus: int
    workloads: list[str] = Field(description="the titles of the workloads that own in it")
    gpus: int | None
    hours_paid: str | None
    hours_used: str | None
    monthly_cost: str | None = Field(description="of the GPUs, without overheads")
    assumes_peaks_coincide: bool


class RouteChange(Part):
    """A workload that changes its route."""

    workload: str
    before: Route
    after: Route


class GrowthTurn(Part):
    """How far one workload can grow, the others unchanged, before another plan costs less.

    ``volume`` is the least monthly volume above the expected one at which other workloads own, null if there is none up
    to ``searched_up_to``. With each plan in between, ``changes`` is empty exactly where ``volume`` is null.
    """

    workload: str
    volume: str | None
    searched_up_to: str
    changes: list[RouteChange]


class PortfolioPlan(Part):
    """The plan of a portfolio, complete: the input, who owns, and what that rests on.

    Totals are over the workloads that some route can serve. A total is null if a cost in it is not known; what is known
    of it is then ``total_at_least``.
    """

    schema_version: int = SCHEMA_VERSION
    advisor_version: str
    decided_on: str
    rulebook_digest: str
    catalogue_digest: str | None
    portfolio: dict[str, Any] = Field(description="the portfolio as a file of it, with every scenario written out")
    status: Status = Field(
        description="`infeasible` if no route can serve some workload; else `open` if an answer is missing that can "
        "change the plan"
    )
    workloads: list[PlannedWorkload]
    pools: list[PlannedPool]
    shared_overhead: str | None
    shared_overhead_paid: bool | None = Field(description="whether anything is owned; null while that is open")
    total: str | None
    total_at_least: str | None = Field(description="what is known of the total; null while the plan is open")
    total_if_all_rented: str | None
    not_rentable: list[str] = Field(description="the workloads without a hosted route, which prevent renting all")
    total_if_all_owned: str | None
    not_ownable: list[str] = Field(description="the workloads that cannot be owned, which prevent owning all")
    unknown_costs: list[str] = Field(
        description="the workloads whose cost on their route is not known and does not have to be"
    )
    settled: bool | None = Field(
        description="whether the same workloads own at all low and at all high months; null where it is not known"
    )
    owners_low: list[str] | None
    owners_high: list[str] | None
    lower_bound: str | None = Field(description="no plan costs less than this, proven in whole micro-dollars")
    gap: str | None = Field(description="the total less the lower bound: zero where the plan is proven to be the best")
    shared_overhead_pays_below: str | None = Field(
        description="owning pays while the shared overhead is less than this; null where something is owned in any "
        "case, or where it is not known"
    )
    growth: list[GrowthTurn] = Field(
        description="one for each workload that can be rented as well as owned; empty where the choice of owners "
        "depends on unknown costs, or is not proven"
    )
    missing: list[MissingAnswer]

    @property
    def proven(self) -> bool:
        """Whether the plan is proven to be the best one."""
        return self.total is not None and self.total == self.lower_bound

    @property
    def infeasible(self) -> list[str]:
        """The titles of the workloads that no route can serve."""
        return [workload.title for workload in self.workloads if workload.status is Status.INFEASIBLE]

    @property
    def owned_because_of_others(self) -> list[str]:
        """The titles of the workloads that own only because others do."""
        return [workload.title for workload in self.workloads if workload.owned_because_of_others]

    def to_json(self) -> str:
        """The record as JSON text; the same record gives the same bytes."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n"
