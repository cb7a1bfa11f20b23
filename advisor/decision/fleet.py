"""The own GPUs of a decision: how many, for how many hours, and up to which load owning stays right with them on."""

from __future__ import annotations

from decimal import Decimal

from advisor.decision.assessment import Assessment
from advisor.domain import record
from advisor.domain.cost_model import HOSTED, OwnGpus, rounded
from advisor.domain.record import Status
from advisor.domain.scenario import Route
from advisor.rulebook.symbols import FIELD_NAMES
from advisor.scenario_space.amount_regions import bounds_of

ALWAYS_ON = FIELD_NAMES["gpu_billing"].encode("always_on")


def fleet_of(assessment: Assessment) -> record.Fleet | None:
    """The own GPUs of each month; None if an amount is not known. The overhead is not needed."""
    scenario, gpus = assessment.scenario, assessment.costs.own_gpus(overhead=Decimal(0))
    if gpus is None or scenario.low is None or scenario.high is None:
        return None
    expected = scenario.monthly_images
    return record.Fleet(
        low=_hours(gpus, scenario.low),
        expected=None if expected is None else _hours(gpus, expected),
        high=_hours(gpus, scenario.high),
    )


def _hours(gpus: OwnGpus, volume: Decimal) -> record.GpuHours:
    return record.GpuHours(
        gpus=gpus.gpus(volume) if gpus.always_on else None,
        hours_paid=rounded(gpus.hours_paid(volume), 2),
        hours_used=rounded(gpus.hours_used(volume), 2),
    )


def owning_ranges(assessment: Assessment) -> dict[Route, record.OwningBelowCrossover]:
    """For each hosted route where owning costs no more than renting below N*; only with GPUs that are always on."""
    found = {route: assessment.costs.owning_ranges(route) for route in HOSTED if assessment.scenario.always_on}
    return {
        route: record.OwningBelowCrossover(
            ranges=[record.VolumeRange(from_=start, to=end) for start, end in ranges.listed], more=ranges.more
        )
        for route, ranges in found.items()
        if ranges is not None
    }


def owning_up_to_peak(assessment: Assessment) -> str | None:
    """The largest ``peak_to_mean`` with which owning stays recommended when GPUs are always on.

    None unless owning is recommended with GPU-hours paid as used, and would be with an even load.
    """
    if assessment.status is not Status.RECOMMENDED or assessment.route is not Route.SELF_HOST:
        return None
    completions, own = assessment.completions, {Route.SELF_HOST}
    if assessment.scenario.always_on or completions.amounts.unknown(assessment.answers, ranged=False):
        return None
    answers = {**assessment.answers, "gpu_billing": ALWAYS_ON}
    least, most = bounds_of("peak_to_mean", {})
    turns = completions.breakpoints.along(answers, "peak_to_mean", (least, most))
    starts = [least, *turns, most + 1]
    for number, start in enumerate(starts):
        if start > most or completions.outcomes({**answers, "peak_to_mean": start}) != own:
            return FIELD_NAMES["peak_to_mean"].decode(start - 1) if number else None
    return None
