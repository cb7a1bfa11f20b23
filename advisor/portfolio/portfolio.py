"""A portfolio: the workloads, the GPUs that some of them share, and the overhead that is paid once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from advisor.domain.quantity import plain
from advisor.domain.scenario import GpuBilling, Scenario

POOL_FIELDS = ("gpu_hour_price", "gpu_billing", "min_gpus")
"""The fields of a scenario that a pool states for its workloads."""


@dataclass(frozen=True)
class GpuPool:
    """GPUs that several workloads share; ``terms`` holds the fields of a pool that are answered."""

    name: str
    terms: Scenario

    @property
    def gpu_hour_price(self) -> Decimal | None:
        """Dollars per GPU-hour."""
        return self.terms.gpu_hour_price

    @property
    def gpu_billing(self) -> GpuBilling:
        """Which GPU-hours are paid for; unless it is answered, they are paid as they are used."""
        return self.terms.gpu_billing or GpuBilling.AS_USED

    @property
    def min_gpus(self) -> int:
        """The fewest GPUs that are kept on."""
        return self.terms.fewest_gpus


@dataclass(frozen=True)
class Workload:
    """One workload: its answers as they are decided alone, with the terms of its pool."""

    title: str
    scenario: Scenario
    pool: str | None = None


@dataclass(frozen=True)
class Portfolio:
    """Several workloads; ``shared_overhead`` is dollars a month, paid once if anything is owned. None: not known."""

    title: str | None
    shared_overhead: Decimal | None
    pools: Mapping[str, GpuPool]
    workloads: tuple[Workload, ...]

    def answers(self) -> dict[str, Any]:
        """What is answered, as a file of it would state it, with every scenario written out."""
        pools = {name: pool.terms.answers() for name, pool in self.pools.items()}
        found = {
            "title": self.title,
            "shared_overhead": None if self.shared_overhead is None else plain(self.shared_overhead),
            "pools": pools or None,
            "workloads": [_answers_of(workload) for workload in self.workloads],
        }
        return {name: value for name, value in found.items() if value is not None}


def _answers_of(workload: Workload) -> dict[str, Any]:
    answers = {"title": workload.title, **workload.scenario.answers()}
    if workload.pool is None:
        return answers
    return {name: value for name, value in answers.items() if name not in POOL_FIELDS} | {"pool": workload.pool}
