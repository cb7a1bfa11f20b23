"""A portfolio planned by trying every choice of owners, with fractions: shares nothing with the planner.

It follows the prose of the design (section 9, and section 3 by ``reference``). A portfolio is a mapping as a file of it
holds it, its numbers decimal texts or whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Any

from tests.helpers import reference
from tests.helpers.reference import CLOSED, OPEN, SELF

PRICES = {OPEN: "open_price", CLOSED: "closed_price"}


@dataclass(frozen=True)
class Best:
    """The best choice: its cost in micro-dollars, and the titles of the owners in the order of the file."""

    cost: int
    owners: tuple[str, ...]


class Planned:
    """One portfolio in one month: ``expected``, ``low`` or ``high``."""

    def __init__(self, portfolio: dict[str, Any], month: str = "expected") -> None:
        self.shared = micro(Fraction(portfolio["shared_overhead"]))
        self.pools: dict[str, dict[str, Any]] = portfolio.get("pools") or {}
        self.month = month
        self.workloads: dict[str, dict[str, Any]] = {}
        for workload in portfolio["workloads"]:
            self.workloads[workload["title"]] = {**self.pools.get(workload.get("pool", ""), {}), **workload}
        self.hosted = {title: hosted_route(workload) for title, workload in self.workloads.items()}
        self.ownable = {t: not reference.eliminating(w, SELF) for t, w in self.workloads.items()}
        self.served = [t for t in self.workloads if self.hosted[t] or self.ownable[t]]

    def volume(self, title: str) -> Fraction:
        """Images of the month."""
        workload = self.workloads[title]
        return (
            Fraction(workload["monthly_images"]) if self.month == "expected" else reference.volume(workload, self.month)
        )

    def rent(self, title: str, route: str | None = None) -> int:
        """Micro-dollars on a hosted route, by default the one it takes."""
        route = route or self.hosted[title]
        assert route is not None
        return micro(Fraction(self.workloads[title][PRICES[route]]) * self.volume(title))

    def cost(self, owners: tuple[str, ...], rented_at: dict[str, str] | None = None) -> int:
        """Micro-dollars of a choice of owners."""
        found = self.shared if owners else 0
        for title in self.served:
            workload = self.workloads[title]
            if title not in owners:
                found += self.rent(title, (rented_at or {}).get(title))
            elif self._pool(title):
                found += micro(Fraction(workload["monthly_overhead"]))
            else:
                found += micro(reference.own(workload, self.volume(title)))
        for name, pool in self.pools.items():
            found += self._gpus_cost(pool, [title for title in owners if self._pool(title) == name])
        return found

    def _pool(self, title: str) -> str | None:
        """The pool whose GPUs are shared: only where they are always on."""
        name = self.workloads[title].get("pool")
        return name if name and self.pools[name].get("gpu_billing") == "always_on" else None

    def _gpus_cost(self, pool: dict[str, Any], owners: list[str]) -> int:
        if not owners or pool.get("gpu_billing") != "always_on":
            return 0
        needed = sum(
            (
                Fraction(self.workloads[title]["peak_to_mean"])
                * self.volume(title)
                / (730 * Fraction(self.workloads[title]["images_per_gpu_hour"]))
                for title in owners
            ),
            Fraction(),
        )
        return micro(Fraction(pool["gpu_hour_price"]) * 730 * max(int(pool.get("min_gpus") or 1), -int(-needed // 1)))

    def choices(self, own: tuple[str, ...] = (), rent: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        """Every choice of owners, with some that have to own and some that have to rent."""
        must = [title for title in self.served if title in own or not self.hosted[title]]
        free = [t for t in self.served if t not in must and t not in rent and self.ownable[t]]
        for size in range(len(free) + 1):
            for chosen in combinations(free, size):
                yield tuple(title for title in self.served if title in must or title in chosen)

    def best(
        self, own: tuple[str, ...] = (), rent: tuple[str, ...] = (), rented_at: dict[str, str] | None = None
    ) -> Best:
        """The choice of least cost; of equal ones that with fewer owners, then with earlier ones."""
        order = {title: place for place, title in enumerate(self.workloads)}
        cost, _, _, owners = min(
            (self.cost(owners, rented_at), len(owners), [order[title] for title in owners], owners)
            for owners in self.choices(own, rent)
        )
        return Best(cost, owners)

    def regret(self, title: str, route: str) -> int:
        """What a month costs more with one workload on a route and the others planned anew."""
        if route == SELF:
            return self.best(own=(title,)).cost - self.best().cost
        return self.best(rent=(title,), rented_at={title: route}).cost - self.best().cost


def hosted_route(workload: dict[str, Any]) -> str | None:
    """The route that the procedure takes among hosted routes."""
    feasible = [route for route in (OPEN, CLOSED) if not reference.eliminating(workload, route)]
    if len(feasible) == 2:
        return CLOSED if workload["quality"] == "best_preferred" else OPEN
    return feasible[0] if feasible else None


def micro(dollars: Fraction) -> int:
    """Whole micro-dollars, rounded up."""
    return -int(-dollars * 10**6 // 1)
