"""The cost model of Section 38.3.4: hosted wins at a volume N while ``c*N < own(N)``.

``own(N)`` is ``G*N/r + E`` where GPU-hours are paid as they are used. GPUs that are always on are whole, are enough for
the busiest hour, and are paid for every hour of the month: ``own(N)`` is ``G*730*gpus(N) + E``, with ``gpus(N)`` the
greater of ``min_gpus`` and ``peak_to_mean*N / (730*r)`` rounded up.

The one place that knows which amounts price which route. Exact: every function takes Decimal, int or decimal text and
computes with fractions. Floats are refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from itertools import islice
from math import ceil, floor, lcm

from advisor.common.diagnostics import quoted
from advisor.domain.quantity import FLOATS_REFUSED, is_float
from advisor.domain.scenario import FIELDS, MAX_MONTHLY_COST, GpuBilling, Route, Scenario
from advisor.domain.staircase import Staircase

Number = Decimal | int | str | Fraction
PRICE_OF: Mapping[Route, str] = {Route.OPEN_WEIGHT_API: "open_price", Route.CLOSED_API: "closed_price"}
"""The field with the price per image of each hosted route."""
HOSTED = tuple(PRICE_OF)
OWN_AMOUNTS = ("gpu_hour_price", "images_per_gpu_hour", "monthly_overhead")
"""The fields behind the cost of own GPUs: G, r and E."""
AMOUNTS_OF: Mapping[Route, tuple[str, ...]] = {
    route: (PRICE_OF[route],) if route in PRICE_OF else OWN_AMOUNTS for route in Route
}
"""The fields behind the monthly cost of each route, besides the volume."""
PRICES = (*PRICE_OF.values(), *OWN_AMOUNTS)
VOLUMES = ("monthly_images_low", "monthly_images", "monthly_images_high")
"""The fields with the range of volumes, smallest first."""
VOLUME_ENDS = VOLUMES[::2]
MOST_IMAGES = 10**12
"""The largest monthly volume of a scenario."""
GPU_MONTH_HOURS = 730
"""The hours of a month in which a GPU that is always on is paid for."""
MAX_OWNING_RANGES = 8
"""How many of the stretches of volumes below N* in which owning costs no more are listed."""
_WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Crossover:
    """The monthly volume N* at which owning starts to pay; ``volume`` is None if owning never wins."""

    volume: Fraction | None

    @property
    def never(self) -> bool:
        """True if a hosted image costs no more than producing it (``c <= G/r``)."""
        return self.volume is None

    def from_volume(self) -> int | None:
        """The least whole volume from which owning costs no more than renting, or None if owning never wins."""
        return None if self.volume is None else max(1, ceil(self.volume))

    def text(self, places: int = 2) -> str | None:
        """N* as decimal text rounded half-even to ``places``, or None if owning never wins."""
        return None if self.volume is None else rounded(self.volume, places)


def exact(value: Number) -> Fraction:
    """The value as a fraction. Raises TypeError for a float and ValueError for text that is not a number."""
    if is_float(value):
        raise TypeError(f"{FLOATS_REFUSED}, not {quoted(value)}")
    if not isinstance(value, Decimal | int | str | Fraction):
        raise TypeError(f"money and volumes are Decimal, text or int, not {type(value).__name__}")
    return Fraction(value)


def rounded(value: Fraction, places: int) -> str:
    """Decimal text of a fraction, rounded half-even to ``places``.

    >>> rounded(Fraction(500000, 7), 2)
    '71428.57'
    """
    quotient = _WIDE.divide(Decimal(value.numerator), Decimal(value.denominator))
    return f"{quotient.quantize(Decimal(1).scaleb(-places), context=_WIDE):f}"


def rent(c: Number, N: Number) -> Fraction:
    """Monthly cost in dollars of N images at a hosted price of c dollars an image.

    >>> rent("0.03", 50_000)
    Fraction(1500, 1)
    """
    return exact(c) * exact(N)


def own(G: Number, r: Number, E: Number, N: Number) -> Fraction:
    """Monthly cost in dollars of N images on own GPUs.

    G dollars a GPU-hour, r images a GPU-hour (more than zero, else ValueError), E dollars of overhead a month.

    >>> own("1.20", 600, 2_000, 50_000)
    Fraction(2100, 1)
    """
    return OwnGpus(exact(G), exact(r), exact(E)).cost(N)


def crossover_volume(c: Number, G: Number, r: Number, E: Number) -> Crossover:
    """N* = E / (c - G/r), the monthly volume from which owning costs no more than renting (Exercise 38.3.2).

    Owning never wins when c <= G/r. Raises ValueError when r is not more than zero.

    >>> crossover_volume("0.03", "1.20", 600, 2_000)
    Crossover(volume=Fraction(500000, 7))
    >>> crossover_volume("0.03", "1.20", 600, 2_000).text()
    '71428.57'
    >>> crossover_volume("0.002", "1.20", 600, 2_000).never
    True
    """
    return OwnGpus(exact(G), exact(r), exact(E)).crossover(c)


@dataclass(frozen=True)
class OwningRanges:
    """The first stretches of whole volumes, both ends included, and how many more there are."""

    listed: tuple[tuple[int, int], ...] = ()
    more: int = 0


@dataclass(frozen=True)
class OwnGpus:
    """The amounts behind the cost of own GPUs; ``peak_to_mean`` and ``min_gpus`` count only with ``always_on``.

    Dollars a GPU-hour (more than zero), images a GPU-hour (more than zero, else ValueError), dollars a month.
    """

    gpu_hour_price: Fraction
    images_per_gpu_hour: Fraction
    monthly_overhead: Fraction
    always_on: bool = False
    peak_to_mean: Fraction = Fraction(1)
    min_gpus: int = 1

    def __post_init__(self) -> None:
        if self.images_per_gpu_hour <= 0:
            raise ValueError("images per GPU-hour must be more than zero")

    def gpus(self, N: Number) -> int:
        """How many whole GPUs are enough for the busiest hour of a month of N images.

        >>> OwnGpus(Fraction("1.2"), Fraction(600), Fraction(2000), True, Fraction(3)).gpus(500_000)
        4
        """
        needed = self.gpus_needed(N)
        return whole_gpus(needed.numerator, needed.denominator, self.min_gpus)

    def gpus_needed(self, N: Number) -> Fraction:
        """How many GPUs the busiest hour of a month of N images takes, not rounded.

        Several workloads that share GPUs need the sum of them: their busiest hours are assumed to be the same hour.
        """
        return self.peak_to_mean * self.hours_used(N) / GPU_MONTH_HOURS

    def last_volume(self, gpus: int) -> int:
        """The largest monthly volume for which so many GPUs are enough in the busiest hour."""
        return floor(gpus * GPU_MONTH_HOURS * self.images_per_gpu_hour / self.peak_to_mean)

    def hours_used(self, N: Number) -> Fraction:
        """The GPU-hours in which N images are made."""
        return exact(N) / self.images_per_gpu_hour

    def hours_paid(self, N: Number) -> Fraction:
        """The GPU-hours that are paid for in a month of N images."""
        return Fraction(GPU_MONTH_HOURS * self.gpus(N)) if self.always_on else self.hours_used(N)

    def cost(self, N: Number) -> Fraction:
        """Dollars a month of N images.

        >>> OwnGpus(Fraction("1.2"), Fraction(600), Fraction(2000), True, Fraction(3)).cost(500_000)
        Fraction(5504, 1)
        """
        return self.gpu_hour_price * self.hours_paid(N) + self.monthly_overhead

    def crossover(self, c: Number) -> Crossover:
        """The volume from which owning never costs more than renting at c dollars an image; whole with ``always_on``.

        >>> OwnGpus(Fraction("1.2"), Fraction(600), Fraction(2000), True).crossover("0.03").text()
        '95867.00'
        """
        if self.always_on:
            settled = self._staircase(c).settled_from
            return Crossover(None if settled is None else Fraction(settled))
        saving_per_image = exact(c) - self.gpu_hour_price / self.images_per_gpu_hour
        return Crossover(self.monthly_overhead / saving_per_image if saving_per_image > 0 else None)

    def owning_ranges(self, c: Number) -> OwningRanges:
        """The stretches of whole volumes below N* in which owning costs no more; none where GPU-hours are paid as used.

        Without N* they are those up to ``MOST_IMAGES``.
        """
        if not self.always_on:
            return OwningRanges()
        staircase, found = self._staircase(c), list[tuple[int, int]]()
        last = MOST_IMAGES if staircase.never else None
        for start, end in islice(staircase.ranges(), MAX_OWNING_RANGES):
            if last is not None and start <= last:
                found.append((start, last if end is None else min(end, last)))
            elif last is None and end is not None:
                found.append((start, end))
        return OwningRanges(tuple(found), staircase.breaks(last) - len(found))

    def next_change(self, c: Number, N: int) -> int | None:
        """The least whole volume above N at which renting at c dollars an image and owning change places.

        None if they never do. Owning wins where it costs no more.
        """
        if self.always_on:
            return self._staircase(c).next_change(N)
        volume = self.crossover(c).from_volume()
        return volume if volume is not None and volume > N else None

    def largest_volume(self, dollars: Fraction) -> int:
        """The largest monthly volume whose cost without overhead is at most this; 0 if there is no such volume."""
        if not self.always_on:
            return floor(dollars / self.gpu_hour_price * self.images_per_gpu_hour)
        gpus = floor(dollars / gpu_month(self.gpu_hour_price))
        return self.last_volume(gpus) if gpus >= self.min_gpus else 0

    def _staircase(self, c: Number) -> Staircase:
        rise, base, height = exact(c), self.monthly_overhead, gpu_month(self.gpu_hour_price)
        gpus_per_image = self.gpus_needed(1)
        scale = lcm(rise.denominator, height.denominator, base.denominator)
        return Staircase(
            rise=int(rise * scale),
            height=int(height * scale),
            over=gpus_per_image.numerator,
            under=gpus_per_image.denominator,
            least=self.min_gpus,
            base=int(base * scale),
        )


def whole_gpus(over: int, under: int, least: int) -> int:
    """The whole GPUs that are kept on where ``over / under`` are needed, at least ``least``.

    >>> whole_gpus(5, 2, 1)
    3
    """
    return max(least, -(-over // under))


def gpu_month(G: Number) -> Fraction:
    """Dollars a month of one GPU that is always on, at G dollars a GPU-hour.

    >>> gpu_month("1.20")
    Fraction(876, 1)
    """
    return exact(G) * GPU_MONTH_HOURS


def payback_months(migration_cost: Number, monthly_saving: Number) -> Fraction | None:
    """Months until moving has repaid its one-time cost; None when nothing is saved.

    >>> payback_months(29_000, 1_000)
    Fraction(29, 1)
    """
    return exact(migration_cost) / exact(monthly_saving) if exact(monthly_saving) > 0 else None


def to_micro_dollars(dollars: Fraction) -> int:
    """Dollars as whole micro-dollars, rounded up, as the rules compare them.

    >>> to_micro_dollars(Fraction(1, 3))
    333334
    """
    return ceil(dollars * 10**6)


def rent_formula(route: Route, volume: str) -> str:
    """What a hosted route costs, as a term of a rulebook; ``volume`` is the field with the images of the month."""
    return f"{PRICE_OF[route]} * {volume}"


def gpus_formula(volume: str) -> str:
    """How many GPUs are always on, as a term of a rulebook."""
    return f"max(min_gpus, ceil(peak_to_mean * {volume} / ({GPU_MONTH_HOURS} * {OWN_AMOUNTS[1]})))"


def own_formula(volume: str) -> str:
    """What own GPUs cost, as a term of a rulebook that reads ``gpus`` of the same volume."""
    G, r, E = OWN_AMOUNTS
    return f"({G} * {GPU_MONTH_HOURS} * gpus if gpu_billing == always_on else {G} * {volume} / {r}) + {E}"


def missing_amounts(answered: Mapping[str, object], routes: Collection[Route], ends: Iterable[str] = ()) -> list[str]:
    """The unanswered amounts behind the cost of these routes, in the order of the scenario.

    ``ends`` are the months the cost is needed for, ``low`` or ``high``; the expected month replaces an unanswered one.
    """
    wanted = {name for route in routes for name in AMOUNTS_OF[route]}
    if Route.SELF_HOST in routes and answered.get("gpu_billing") == GpuBilling.ALWAYS_ON:
        wanted.add("peak_to_mean")
    wanted |= {"monthly_images" for end in ends if f"monthly_images_{end}" not in answered}
    return [name for name in FIELDS if name in wanted and name not in answered]


@dataclass(frozen=True)
class Costs:
    """What each route costs under one scenario, as far as its amounts are known. Dollars, exact."""

    scenario: Scenario

    def price(self, route: Route) -> Decimal | None:
        """Dollars per image of a hosted route."""
        price: Decimal | None = getattr(self.scenario, PRICE_OF[route]) if route in PRICE_OF else None
        return price

    def own_gpus(self, speedup: int = 1, overhead: Decimal | None = None) -> OwnGpus | None:
        """What own GPUs cost, ``speedup`` times as fast; None if an amount is not known.

        ``overhead`` replaces an unknown E.
        """
        G, r, E = (getattr(self.scenario, name) for name in OWN_AMOUNTS)
        E = overhead if E is None else E
        return None if G is None or r is None or E is None else self.paid_for(G, exact(r) * speedup, E)

    def paid_for(self, G: Number, r: Number, E: Number) -> OwnGpus | None:
        """Own GPUs at other amounts, paid for as in the scenario; None if the busiest hour is needed and not known."""
        scenario = self.scenario
        peak = scenario.peak_to_mean if scenario.always_on else Decimal(1)
        if peak is None:
            return None
        return OwnGpus(exact(G), exact(r), exact(E), scenario.always_on, exact(peak), scenario.fewest_gpus)

    def monthly(self, route: Route, volume: Number | None, overhead: Decimal | None = None) -> Fraction | None:
        """Dollars a month of a route at a volume; ``overhead`` replaces an unknown one."""
        if volume is None:
            return None
        if route is Route.SELF_HOST:
            gpus = self.own_gpus(overhead=overhead)
            return gpus.cost(volume) if gpus else None
        price = self.price(route)
        return None if price is None else rent(price, volume)

    def crossover(self, route: Route | None, speedup: int = 1) -> Crossover | None:
        """N* against a hosted route's price, on GPUs ``speedup`` times as fast; None if an amount is not known."""
        price, gpus = (self.price(route) if route else None), self.own_gpus(speedup)
        return None if price is None or gpus is None else gpus.crossover(price)

    def crossovers(self) -> dict[Route, Crossover]:
        """N* against each hosted route for which the amounts are known."""
        return {route: crossover for route in HOSTED if (crossover := self.crossover(route))}

    def owning_ranges(self, route: Route) -> OwningRanges | None:
        """The stretches of volumes below N* against a hosted route in which owning costs no more; None if not known."""
        price, gpus = self.price(route), self.own_gpus()
        return None if price is None or gpus is None else gpus.owning_ranges(price)

    def repaid_from(self, current: Route, migration_cost: Number, months: Number) -> Crossover | None:
        """The volume from which moving from a hosted route to own GPUs is repaid within ``months``.

        It is N* with the cost of moving spread over the months; None if an amount is not known, or for zero months.
        """
        price, gpus = self.price(current), self.own_gpus()
        if price is None or gpus is None or not exact(months):
            return None
        spread = gpus.monthly_overhead + exact(migration_cost) / exact(months)
        return replace(gpus, monthly_overhead=spread).crossover(price)

    def largest_volume(self) -> int:
        """The largest monthly volume at which the known amounts stay within ``MAX_MONTHLY_COST``."""
        left = Fraction(MAX_MONTHLY_COST) - exact(self.scenario.monthly_overhead or 0)
        gpus = self.own_gpus(overhead=Decimal(0))
        most = [int(left / exact(price)) for price in map(self.price, HOSTED) if price is not None]
        most += [gpus.largest_volume(left)] if gpus else []
        return max(1, min([MOST_IMAGES, *most]))
