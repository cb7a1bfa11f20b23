"""What own GPUs take, and where owning pays with GPUs that are always on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from advisor.domain.cost_model import AMOUNTS_OF
from advisor.domain.record import Decision
from advisor.domain.scenario import GpuBilling, Route
from advisor.report.claims.model import Claim

_LOAD = ("gpu_billing", "peak_to_mean", "min_gpus")


def is_always_on(decision: Decision) -> bool:
    """Whether whole GPUs are paid all month."""
    return decision.scenario.get("gpu_billing") == GpuBilling.ALWAYS_ON


def fleet_claims(decision: Decision) -> Iterator[Claim]:
    """The GPUs of each month and N* where they are always on; how busy they may be where they are not."""
    own = AMOUNTS_OF[Route.SELF_HOST]
    if decision.owning_up_to_peak:
        peak = {"peak": decision.owning_up_to_peak}
        yield Claim("peak", "fleet", "up_to_peak", (), ("gpu_billing", *own), peak)
    flip = next((flip for flip in decision.flips if flip.to == GpuBilling.ALWAYS_ON), None)
    if flip and "peak_to_mean" not in decision.scenario:
        yield Claim("even_load", "fleet", "even_load", (), ("gpu_billing", *own), {"route": flip.route})
    if not is_always_on(decision):
        return
    if decision.fleet:
        yield Claim("fleet", "fleet", "always_on", (), (*_LOAD, *own), decision.fleet.model_dump())
    for route, volume in decision.crossovers.items():
        below = decision.owning_ranges.get(route)
        if below and below.ranges:  # without any, N* in the table of costs says it all
            figures: dict[str, Any] = {"route": route, "volume": volume, **below.model_dump(by_alias=True)}
            yield Claim(f"crossover.{route}", "fleet", "owning_from", (), (*AMOUNTS_OF[route], *own, *_LOAD), figures)
