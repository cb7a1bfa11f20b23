"""Random complete scenarios: seeded, with a good share of near ties and a spread of routes.

Money is an integer of micro-dollars inside. `own` is rounded up, which keeps the comparison exact:
for an integer x, x < y if and only if x < ceil(y).
"""

from __future__ import annotations

import random
from decimal import Decimal

from benchmarks.peers import Scenario

MICRO = 1_000_000

# How often each answer is given: permissive answers prevail, so that prices decide often enough.
_ANSWERS: dict[str, tuple[tuple[object, int], ...]] = {
    "residency": (("anywhere", 70), ("in_region", 20), ("on_premises", 10)),
    "output_use": (("internal", 50), ("commercial", 50)),
    "indemnity_required": ((False, 94), (True, 6)),
    "train_on_outputs": ((False, 85), (True, 15)),
    "quality": (("open_suffices", 55), ("best_preferred", 37), ("frontier_only", 8)),
    "control": (("prompt_only", 70), ("pinned_version", 12), ("adapters", 13), ("latents", 5)),
    "latency": (("tolerant", 90), ("predictable", 10)),
}


def generate(count: int, seed: int) -> list[Scenario]:
    """Make `count` complete scenarios; the same seed gives the same scenarios."""
    rng = random.Random(seed)
    return [_scenario(rng) for _ in range(count)]


def rent(price: int, images: int) -> int:
    """The hosted bill of a month, in micro-dollars."""
    return price * images


def own(gpu_hour: int, images: int, per_hour: int, overhead: int) -> int:
    """The self-hosted bill of a month, in micro-dollars, rounded up."""
    return -(-gpu_hour * images // per_hour) + overhead


def dollars(micro: int) -> str:
    """Write micro-dollars as decimal dollars: 30000 is `0.03`."""
    return format((Decimal(micro) / MICRO).normalize(), "f")


def _scenario(rng: random.Random) -> Scenario:
    """Draw the answers, then prices and volumes, and compute the six terms."""
    scenario: Scenario = {
        field: rng.choices([value for value, _ in choices], [weight for _, weight in choices])[0]
        for field, choices in _ANSWERS.items()
    }
    low, images, high = _volumes(rng)
    open_price = rng.randrange(2_000, 60_000, 500)
    closed_price = open_price + rng.randrange(1_000, 60_000, 500)
    gpu_hour = rng.randrange(500_000, 4_000_000, 10_000)
    per_hour = rng.randrange(60, 1_500, 20)
    overhead = rng.randrange(0, 8_000 * MICRO, 10 * MICRO)
    if rng.random() < 0.3:
        # A near tie: the overhead that equals rent at one end, give or take a micro-dollar.
        price, volume = rng.choice((open_price, closed_price)), rng.choice((low, high))
        tied = rent(price, volume) - own(gpu_hour, volume, per_hour, 0) + rng.choice((-1, 0, 0, 1))
        overhead = tied if tied >= 0 else overhead
    scenario |= {
        "monthly_images": images,
        "monthly_images_low": low,
        "monthly_images_high": high,
        "open_price": dollars(open_price),
        "closed_price": dollars(closed_price),
        "gpu_hour_price": dollars(gpu_hour),
        "images_per_gpu_hour": per_hour,
        "monthly_overhead": dollars(overhead),
        "open_rent_low": rent(open_price, low),
        "open_rent_high": rent(open_price, high),
        "closed_rent_low": rent(closed_price, low),
        "closed_rent_high": rent(closed_price, high),
        "own_low": own(gpu_hour, low, per_hour, overhead),
        "own_high": own(gpu_hour, high, per_hour, overhead),
    }
    return scenario


def _volumes(rng: random.Random) -> tuple[int, int, int]:
    """The quietest, the expected and the busiest month: 100 to 3,000,000 images, a third without a range."""
    images = round(10 ** rng.uniform(2, 6.5))
    if rng.random() < 1 / 3:
        return images, images, images
    spread = rng.uniform(1, 12)
    return max(1, round(images / spread)), images, round(images * spread)
