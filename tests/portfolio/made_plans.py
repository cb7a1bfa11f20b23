"""Records of plans made by hand: what a plan may hold, also what is rare, for tests of what is said of it."""

from __future__ import annotations

from typing import Any

from advisor.domain.record import QuoteUsed
from advisor.domain.record_parts import Elimination, Status
from advisor.domain.scenario import Axis, GpuBilling, Route
from advisor.portfolio.record import GrowthTurn, MissingAnswer, PlannedPool, PlannedWorkload, PortfolioPlan, RouteChange

OWN, OPEN, CLOSED = Route
CORE, BULK, SMALL, HERO = "Core", "Bulk", "Small", "Hero shots"


def ruled_out(route: Route) -> Elimination:
    """A gate that rules out a route."""
    because = "the frontier model is proprietary, and this is an open one"
    return Elimination(
        route=route,
        offer=route.value,
        rule="frontier",
        axis=Axis.MODEL_ACCESS,
        because=because,
        source="Section 38.3.3",
    )


def workload(title: str, route: Route | None, expected: str | None, **changes: Any) -> PlannedWorkload:
    """A workload in the plan, that could be owned as well as rented unless the changes say otherwise."""
    stated: dict[str, Any] = {
        "title": title,
        "pool": None,
        "status": Status.RECOMMENDED,
        "route": route,
        "hosted_route": OPEN,
        "deciding_axis": Axis.COST,
        "images": "1200000",
        "unit": "image",
        "expected": expected,
        "low": expected,
        "high": expected,
        "eliminated": [],
        "regret": {OWN: "0.00" if route is OWN else "512.25", OPEN: "0.00" if route is OPEN else "10350.00"},
        "owned_because_of_others": False,
        "quotes": [],
        "alone": route,
        "missing": [],
    }
    return PlannedWorkload(**{**stated, **changes})


def made_plan(**changes: Any) -> PortfolioPlan:
    """Three workloads that can be owned, two of them in a pool, and one that needs the frontier model."""
    quote = QuoteUsed(
        field="open_price",
        value="0.003",
        origin="catalogue",
        offer="flux-1-schnell-at-fal",
        source="pypi:litellm, fal_ai/fal-ai/flux/schnell",
        as_of="2026-11-22",
        confidence="medium",
    )
    workloads = [
        workload(CORE, OWN, "19500.50", pool="main"),
        workload(BULK, OPEN, "1200.00", images="400000", quotes=[quote]),
        workload(SMALL, OWN, "250.00", pool="main", images="1", owned_because_of_others=True, alone=OPEN),
        workload(
            HERO,
            CLOSED,
            "480.00",
            hosted_route=CLOSED,
            deciding_axis=Axis.MODEL_ACCESS,
            images="1200",
            unit="video_second",
            eliminated=[ruled_out(OWN), ruled_out(OPEN)],
            regret={CLOSED: "0.00"},
        ),
    ]
    stated: dict[str, Any] = {
        "advisor_version": "0.1.0",
        "decided_on": "2026-11-22",
        "rulebook_digest": "sha256:" + "0" * 64,
        "catalogue_digest": "sha256:" + "1" * 64,
        "portfolio": {
            "title": "A studio",
            "shared_overhead": "9000",
            "pools": {"main": {"gpu_hour_price": "2.69", "gpu_billing": "always_on", "min_gpus": 2}},
            "workloads": [{"title": one.title, **({"pool": one.pool} if one.pool else {})} for one in workloads],
        },
        "status": Status.RECOMMENDED,
        "workloads": workloads,
        "pools": [
            PlannedPool(
                name="main",
                gpu_hour_price="2.69",
                gpu_billing=GpuBilling.ALWAYS_ON,
                min_gpus=2,
                workloads=[CORE, SMALL],
                gpus=5,
                hours_paid="3650",
                hours_used="1333.34",
                monthly_cost="9818.50",
                assumes_peaks_coincide=True,
            )
        ],
        "shared_overhead": "9000.00",
        "shared_overhead_paid": True,
        "total": "30430.50",
        "total_at_least": "30430.50",
        "total_if_all_rented": "33180.00",
        "not_rentable": [],
        "total_if_all_owned": None,
        "not_ownable": [HERO],
        "unknown_costs": [],
        "settled": True,
        "owners_low": [CORE, SMALL],
        "owners_high": [CORE, SMALL],
        "lower_bound": "30430.50",
        "gap": "0.00",
        "shared_overhead_pays_below": "11749.50",
        "growth": [
            GrowthTurn(
                workload=BULK,
                volume="512345",
                searched_up_to="1000000000000",
                changes=[RouteChange(workload=BULK, before=OPEN, after=OWN)],
            ),
            GrowthTurn(workload=CORE, volume=None, searched_up_to="1000000000000", changes=[]),
        ],
        "missing": [],
    }
    return PortfolioPlan(**{**stated, **changes})


def open_plan() -> PortfolioPlan:
    """Answers are missing that can change who owns: of a workload, of a pool and of the portfolio."""
    plan = made_plan()
    missing = [
        MissingAnswer(workload=CORE, field="images_per_gpu_hour"),
        MissingAnswer(workload=None, field="pools.main.gpu_hour_price"),
        MissingAnswer(workload=None, field="shared_overhead"),
    ]
    undecided: dict[str, Any] = {"status": Status.OPEN, "route": None, "expected": None, "regret": {}, "alone": None}
    workloads = [one.model_copy(update=undecided if one.title != HERO else {"regret": {}}) for one in plan.workloads]
    pool = plan.pools[0].model_copy(
        update=dict.fromkeys(("gpu_hour_price", "gpus", "hours_paid", "hours_used", "monthly_cost"))
    )
    nothing = dict.fromkeys(
        (
            *("shared_overhead", "shared_overhead_paid", "total", "total_at_least", "total_if_all_owned", "settled"),
            *("owners_low", "owners_high", "lower_bound", "gap", "shared_overhead_pays_below"),
        )
    )
    pools = [pool.model_copy(update={"workloads": [], "assumes_peaks_coincide": False})]
    return made_plan(**nothing, status=Status.OPEN, workloads=workloads, pools=pools, missing=missing, growth=[])


def _unserved(one: PlannedWorkload) -> PlannedWorkload:
    """The workload without a route."""
    none = {"status": Status.INFEASIBLE, "route": None, "hosted_route": None, "deciding_axis": None, "expected": None}
    return one.model_copy(
        update={**none, "eliminated": [ruled_out(route) for route in Route], "regret": {}, "alone": None}
    )


def unserved_plan() -> PortfolioPlan:
    """No route can serve one workload; the rest is planned."""
    workloads = made_plan().workloads
    return made_plan(
        status=Status.INFEASIBLE,
        workloads=[*workloads[:3], _unserved(workloads[3])],
        total_if_all_owned="31000.00",
        not_ownable=[],
    )


def unserved_open_plan() -> PortfolioPlan:
    """No route can serve one workload, and the rest depends on missing answers."""
    plan = open_plan()
    workloads = [*plan.workloads[:3], _unserved(plan.workloads[3])]
    return plan.model_copy(update={"status": Status.INFEASIBLE, "workloads": workloads})


def unproven_plan() -> PortfolioPlan:
    """The search ended at its limit, and the months at both ends differ."""
    return made_plan(lower_bound="29950.50", gap="480.00", settled=False, owners_low=[])


def unknown_cost_plan() -> PortfolioPlan:
    """A cost is not known, and no value of it changes who owns."""
    plan = made_plan()
    workloads = [*plan.workloads[:3], plan.workloads[3].model_copy(update={"expected": None, "images": None})]
    return made_plan(
        workloads=workloads,
        total=None,
        unknown_costs=[HERO],
        lower_bound=None,
        settled=None,
        owners_low=None,
        owners_high=None,
        total_if_all_rented=None,
    )


def rented_plan() -> PortfolioPlan:
    """Nothing is owned, and a route would cost less that the preferences do not take."""
    workloads = [
        workload(CORE, OPEN, "30000.00", regret={OWN: "1.00", OPEN: "0.00", CLOSED: "-12.50"}, alone=OWN),
        workload(BULK, OPEN, "1200.00"),
    ]
    portfolio = {"workloads": [{"title": one.title} for one in workloads]}
    return made_plan(
        portfolio=portfolio,
        workloads=workloads,
        pools=[],
        shared_overhead_paid=False,
        total="31200.00",
        total_at_least="31200.00",
        lower_bound="31200.00",
        total_if_all_rented="31200.00",
        total_if_all_owned="31201.00",
        not_ownable=[],
        shared_overhead_pays_below="8999.00",
        growth=[],
        settled=None,
    )
