"""A large portfolio, as a ratio to one decision; and one group of workloads by search and by HiGHS.

python -m benchmarks.portfolio
"""

from __future__ import annotations

import argparse
import datetime
import json
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from random import Random
from statistics import median
from time import process_time
from typing import Any

from advisor.decision.decide import decide
from advisor.portfolio.candidates import candidates_of
from advisor.portfolio.joint import highs_owners
from advisor.portfolio.ownership import Group, Item, Scoring, search
from advisor.portfolio.plan import plan
from advisor.portfolio.portfolio import Portfolio, parse_portfolio
from advisor.rulebook.loader import bundled_rulebook

ON = datetime.date(2026, 11, 27)
SCORING = Scoring(300)
SIZES = (8, 10, 12, 14, 16, 40)
_NEEDS = {
    "residency": "anywhere",
    "output_use": "commercial",
    "indemnity_required": False,
    "train_on_outputs": False,
    "latency": "tolerant",
}


def portfolio_of(workloads: int, pools: int, seed: int) -> Portfolio:
    """A portfolio in which owning pays for some workloads of each pool, with figures of many digits."""
    random = Random(seed)
    found: dict[str, Any] = {"shared_overhead": 4000, "pools": {}, "workloads": []}
    for number in range(pools):
        price = str(random.randint(800, 3000)).rjust(4, "0")
        found["pools"][f"pool {number}"] = {"gpu_hour_price": f"{price[0]}.{price[1:]}", "gpu_billing": "always_on"}
    for number in range(workloads):
        found["workloads"].append(_workload(random, number, f"pool {random.randrange(pools)}"))
    return parse_portfolio(json.dumps(found), "benchmark")


def _workload(random: Random, number: int, pool: str) -> dict[str, Any]:
    rate, volume = random.randint(200, 1200), int(10 ** random.uniform(3, 5.7))
    return {
        "title": f"workload {number}",
        **_NEEDS,
        "quality": random.choice(["open_suffices"] * 8 + ["best_preferred", "frontier_only"]),
        "control": random.choice(["prompt_only", "adapters"]),
        "monthly_images": volume,
        "open_price": f"0.0{random.randint(5, 30):02d}{random.randint(0, 999):03d}",
        "closed_price": "0.04",
        "images_per_gpu_hour": rate,
        "peak_to_mean": f"{random.randint(1, 3)}.{random.randint(0, 999):03d}",
        "monthly_overhead": random.randint(0, 300),
        "pool": pool,
    }


def group_of(number: int, seed: int) -> Group:
    """A group in which many workloads nearly pay for their part of a GPU."""
    random, price, items = Random(seed), 876_000_000, []
    for place in range(number):
        gpus = Fraction(random.randint(1, 10**9), 730 * 600_001)
        items.append(Item(place, max(0, int(price * gpus) + random.randint(-(10**8), 10**8)), 0, gpus))
    return Group(tuple(items), price)


def main() -> None:
    """Prints CPU seconds, ratios and shares."""
    parser = argparse.ArgumentParser(description="Time a large portfolio.")
    parser.add_argument("--workloads", type=int, default=300, help="how many (default: %(default)s)")
    parser.add_argument("--pools", type=int, default=8, help="how many (default: %(default)s)")
    options = parser.parse_args()
    portfolio = portfolio_of(options.workloads, options.pools, 1)
    rulebook = bundled_rulebook()
    scenarios = [workload.scenario for workload in portfolio.workloads[:30]]
    plan(portfolio_of(5, 1, 2), decided_on=ON)
    one = median(_seconds(partial(decide, scenario, decided_on=ON)) for scenario in scenarios)
    deciding = _seconds(partial(candidates_of, portfolio, rulebook, None, ON))
    whole = _seconds(partial(plan, portfolio, decided_on=ON))
    print(f"{options.workloads} workloads, {options.pools} pools: {whole:.2f} CPU s")
    print(f"one decision: {one * 1000:.1f} CPU ms; the portfolio is {whole / one:,.0f} times that")
    print(f"share of deciding {deciding / whole:.0%}, of planning and explaining {1 - deciding / whole:.0%}")
    print("one group, CPU ms, median of 5: search, HiGHS")
    for size in SIZES:
        groups = [group_of(size, seed) for seed in range(5)]
        exact = _median(groups, partial(search, scoring=SCORING))
        solver = _median(groups, highs_owners)
        print(f"{size:>4} workloads {exact:8.1f} {solver:8.1f}")


def _median(groups: list[Group], use: Callable[[Group], object]) -> float:
    return median(_seconds(partial(use, group)) for group in groups) * 1000


def _seconds(use: Callable[[], object]) -> float:
    started = process_time()
    use()
    return process_time() - started


if __name__ == "__main__":
    main()
