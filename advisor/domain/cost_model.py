"""The cost model of Section 38.3.4: hosted wins at a volume N while ``c*N < G*N/r + E``.

The one place that knows which amounts price which route. Exact: every function takes Decimal, int or decimal text and
computes with fractions. Floats are refused.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from advisor.common.diagnostics import quoted
from advisor.domain.quantity import FLOATS_REFUSED, is_float
from advisor.domain.scenario import FIELDS, MAX_MONTHLY_COST, Route, Scenario

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
_WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Crossover:
    """The monthly volume N* at which owning starts to pay; ``volume`` is None if owning never wins."""

    volume: Fraction | None

    @property
    def never(self) -> bool:
        """True if a hosted image costs no more than producing it (``c <= G/r``)."""
        return self.volume is None

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
    return _cost_per_image(G, r) * exact(N) + exact(E)


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
    saving_per_image = exact(c) - _cost_per_image(G, r)
    return Crossover(exact(E) / saving_per_image if saving_per_image > 0 else None)


def _cost_per_image(G: Number, r: Number) -> Fraction:
    if exact(r) <= 0:
        raise ValueError("images per GPU-hour must be more than zero")
    return exact(G) / exact(r)


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
    return -((-dollars.numerator * 10**6) // dollars.denominator)


def rent_formula(route: Route, volume: str) -> str:
    """What a hosted route costs, as a term of a rulebook; ``volume`` is the field with the images of the month."""
    return f"{PRICE_OF[route]} * {volume}"


def own_formula(volume: str) -> str:
    """What own GPUs cost, as a term of a rulebook."""
    G, r, E = OWN_AMOUNTS
    return f"{G} * {volume} / {r} + {E}"


def missing_amounts(answered: Container[str], routes: Iterable[Route], ends: Iterable[str] = ()) -> list[str]:
    """The unanswered amounts behind the cost of these routes, in the order of the scenario.

    ``ends`` are the months the cost is needed for, ``low`` or ``high``; the expected month replaces an unanswered one.
    """
    wanted = {name for route in routes for name in AMOUNTS_OF[route]}
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

    def running(self, speedup: int = 1, overhead: Decimal | None = None) -> tuple[Decimal, Decimal, Decimal] | None:
        """G, r and E on GPUs ``speedup`` times as fast; None if one is not known.

        ``overhead`` replaces an unknown E.
        """
        G, r, E = (getattr(self.scenario, name) for name in OWN_AMOUNTS)
        E = overhead if E is None else E
        return None if G is None or r is None or E is None else (G, r * speedup, E)

    def monthly(self, route: Route, volume: Number | None, overhead: Decimal | None = None) -> Fraction | None:
        """Dollars a month of a route at a volume; ``overhead`` replaces an unknown one."""
        if volume is None:
            return None
        if route is Route.SELF_HOST:
            running = self.running(overhead=overhead)
            return own(*running, volume) if running else None
        price = self.price(route)
        return None if price is None else rent(price, volume)

    def crossover(self, route: Route | None, speedup: int = 1) -> Crossover | None:
        """N* against a hosted route's price, on GPUs ``speedup`` times as fast; None if an amount is not known."""
        price, running = (self.price(route) if route else None), self.running(speedup)
        return None if price is None or running is None else crossover_volume(price, *running)

    def repaid_from(self, current: Route, migration_cost: Number, months: Number) -> Crossover | None:
        """The volume from which moving from a hosted route to own GPUs is repaid within ``months``.

        It is N* with the cost of moving spread over the months; None if an amount is not known, or for zero months.
        """
        price, running = self.price(current), self.running()
        if price is None or running is None or not exact(months):
            return None
        G, r, E = running
        return crossover_volume(price, G, r, exact(E) + exact(migration_cost) / exact(months))

    def largest_volume(self) -> int:
        """The largest monthly volume at which the known amounts stay within ``MAX_MONTHLY_COST``."""
        per_image = [exact(price) for price in map(self.price, HOSTED) if price is not None]
        running = self.running(overhead=Decimal(0))
        if running:
            per_image.append(exact(running[0]) / exact(running[1]))
        left = Fraction(MAX_MONTHLY_COST) - exact(self.scenario.monthly_overhead or 0)
        return max(1, min(MOST_IMAGES, int(left / max(per_image)))) if per_image else MOST_IMAGES
