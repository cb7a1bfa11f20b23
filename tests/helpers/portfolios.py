"""Generated portfolios: few different figures, so that exact ties and steps of GPUs are frequent."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

from advisor.portfolio.portfolio import Portfolio, parse_portfolio
from tests.helpers.portfolio_reference import Planned

_PERMISSIVE = {
    "residency": "anywhere",
    "output_use": "commercial",
    "indemnity_required": False,
    "train_on_outputs": False,
    "quality": "open_suffices",
    "control": "prompt_only",
    "latency": "tolerant",
}
_OTHER_NEEDS = (
    {"residency": "on_premises"},
    {"quality": "frontier_only"},
    {"quality": "best_preferred"},
    {"control": "adapters"},
    {"indemnity_required": True},
    {"residency": "on_premises", "quality": "frontier_only"},
)
_VOLUMES = (1_000, 5_000, 36_500, 50_000, 73_000, 100_000, 365_000, 500_000, 2_000_000)


def portfolio_of(random: Random, most_workloads: int = 12, most_pools: int = 3) -> dict[str, Any]:
    """A portfolio as a file holds it; in some the shared overhead is exactly what owning saves, or next to it."""
    pools = {f"pool {number}": _pool(random) for number in range(random.randint(0, most_pools))}
    number = random.randint(1, random.choice((3, 6, most_workloads)))
    workloads = [_workload(random, f"workload-{place}", pools) for place in range(number)]
    if number > 1 and random.random() < 0.4:  # the same figures again
        for place in random.sample(range(number), k=random.randint(2, number)):
            workloads[place] = {**workloads[0], "title": f"workload-{place}"}
    overhead = random.choice(("0", "100", "730", "2000", "10000"))
    always_on = [name for name, pool in pools.items() if pool["gpu_billing"] == "always_on"]
    if number > 2 and always_on and random.random() < 0.3:  # two fill a GPU, and others are like them
        name, overhead = random.choice(always_on), random.choice(("0", "0", "100"))
        alike = _filling(name, Decimal(pools[name]["gpu_hour_price"]))
        for place in random.sample(range(number), k=random.randint(3, number)):
            workloads[place] = {**alike, "title": f"workload-{place}"}
    portfolio = {"title": "generated", "shared_overhead": overhead, "pools": pools, "workloads": workloads}
    if random.random() < 0.3:
        free = Planned({**portfolio, "shared_overhead": "0"})
        if all(free.hosted[title] for title in free.served):
            saved = free.cost(()) - min(map(free.cost, free.choices()))
            portfolio["shared_overhead"] = str(Decimal(max(0, saved + random.choice((-1, 0, 0, 1)))).scaleb(-6))
    return portfolio


def _pool(random: Random) -> dict[str, Any]:
    pool: dict[str, Any] = {"gpu_hour_price": random.choice(("0.5", "1", "1.2", "3.333333"))}
    pool["gpu_billing"] = random.choice(("always_on", "always_on", "always_on", "as_used"))
    return pool | ({"min_gpus": random.randint(1, 3)} if random.random() < 0.4 else {})


def _workload(random: Random, title: str, pools: dict[str, Any]) -> dict[str, Any]:
    needs = {**_PERMISSIVE, **(random.choice(_OTHER_NEEDS) if random.random() < 0.35 else {})}
    volume = random.choice(_VOLUMES)
    amounts: dict[str, Any] = {
        "monthly_images": volume,
        "open_price": random.choice(("0.01", "0.02", "0.03", "0.000007")),
        "closed_price": random.choice(("0.02", "0.04", "0.1")),
        "gpu_hour_price": random.choice(("0.5", "1", "1.2")),
        "images_per_gpu_hour": random.choice(("100", "250", "600", "7.007")),
        "monthly_overhead": random.choice(("0", "10", "365", "500", "2000")),
    }
    if random.random() < 0.4:
        amounts |= {"monthly_images_low": volume // random.choice((1, 2, 10)), "monthly_images_high": volume * 3}
    workload = {"title": title, **needs, **amounts}
    if pools and random.random() < 0.8:
        workload["pool"] = random.choice(list(pools))
        del workload["gpu_hour_price"]
        if pools[workload["pool"]]["gpu_billing"] == "always_on":
            workload["peak_to_mean"] = random.choice(("1", "1.5", "2", "10"))
    elif random.random() < 0.4:
        workload |= {"gpu_billing": "always_on", "peak_to_mean": random.choice(("1", "2"))}
    return workload


def _filling(pool: str, price: Decimal) -> dict[str, Any]:
    """A workload that needs four tenths of a GPU, and costs 55 % of one rented: two pay for one, a third is rented."""
    rented = (price * 730 * Decimal("0.55") / 29_200).quantize(Decimal("0.000001"))
    figures = {"monthly_images": 29_200, "images_per_gpu_hour": "100", "peak_to_mean": "1", "monthly_overhead": "0"}
    return {**_PERMISSIVE, **figures, "open_price": str(rented), "closed_price": "0.1", "pool": pool}


def portfolios(most_workloads: int = 12, most_pools: int = 3) -> st.SearchStrategy[dict[str, Any]]:
    """Generated portfolios."""
    seeds = st.integers(0, 2**32 - 1)
    return seeds.map(lambda seed: portfolio_of(Random(seed), most_workloads, most_pools))


def parsed(portfolio: dict[str, Any]) -> Portfolio:
    """The portfolio as read from a file."""
    import json

    return parse_portfolio(json.dumps(portfolio), "generated")
