"""What own GPUs cost, and the volumes at which owning costs no more, against every whole volume tried in turn."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, lcm

from hypothesis import assume, example, given
from hypothesis import strategies as st

from advisor.domain.cost_model import MAX_OWNING_RANGES, OwnGpus, rent
from advisor.domain.staircase import Staircase, rounded_sum
from tests.helpers.strategies import examples

_TRIED = 1000
"""How many volumes are tried in turn where owning never pays for good."""
_MOST = 5000
"""The largest N* up to which every volume is tried."""


@st.composite
def fleets(draw: st.DrawFn) -> tuple[OwnGpus, Fraction]:
    """GPUs that are always on, and a hosted price near the cost of an image on them, so that they cross repeatedly."""
    per_hour = Fraction(draw(st.integers(1, 2_000)), draw(st.sampled_from([1000, 1000, 7])))
    gpus = OwnGpus(
        gpu_hour_price=Fraction(draw(st.integers(1, 3_000)), 1000),
        images_per_gpu_hour=per_hour,
        monthly_overhead=Fraction(draw(st.sampled_from([0, 0, 1, 50, 900, 5_000]))),
        always_on=True,
        peak_to_mean=Fraction(draw(st.integers(1000, draw(st.sampled_from([1000, 3000, 730_000])))), 1000),
        min_gpus=draw(st.sampled_from([1, 1, 1, 2, 5])),
    )
    busy = gpus.gpu_hour_price * gpus.peak_to_mean / per_hour
    return gpus, busy * Fraction(draw(st.sampled_from([900, 1000, 1000, 1001, 1020, 1100, 1500, 3000])), 1000)


def tried(gpus: OwnGpus, price: Fraction, most: int) -> tuple[list[tuple[int, int]], int | None]:
    """The stretches in which owning costs no more that end before ``most``, and where the last one starts."""
    ended: list[tuple[int, int]] = []
    start = None
    scale = lcm(price.denominator, gpus.gpu_hour_price.denominator, gpus.monthly_overhead.denominator)
    rise, height = int(price * scale), int(730 * gpus.gpu_hour_price * scale)
    base, share = int(gpus.monthly_overhead * scale), gpus.peak_to_mean / gpus.images_per_gpu_hour / 730
    for n in range(1, most + 1):
        number = max(gpus.min_gpus, -(-n * share.numerator // share.denominator))
        if height * number + base <= rise * n:
            start = start or n
        elif start:
            ended, start = [*ended, (start, n - 1)], None
    return ended, start


PARALLEL = OwnGpus(Fraction(1, 1000), Fraction(1, 1000), Fraction(0), True, Fraction(365, 4), 1), Fraction(365, 4)
"""At every volume owning costs exactly what renting does."""


@examples(2_000)
@example(PARALLEL)
@given(fleets())
def test_the_volumes_at_which_owning_pays_are_those_found_one_by_one(case: tuple[OwnGpus, Fraction]) -> None:
    gpus, price = case
    crossover, ranges = gpus.crossover(price), gpus.owning_ranges(price)
    busy = gpus.gpu_hour_price * gpus.peak_to_mean / gpus.images_per_gpu_hour
    assert crossover.never is (price <= busy)
    if crossover.volume is None:
        ended, last = tried(gpus, price, _TRIED)
        within = [stretch for stretch in ranges.listed if stretch[1] <= _TRIED]
        assert within == ended[: len(within)]
        assert len(within) == min(len(ended), MAX_OWNING_RANGES)
        assert last is None or last in {start for start, _ in ranges.listed} or len(within) == MAX_OWNING_RANGES
        return
    assume(crossover.volume < _MOST)
    most = int(crossover.volume) + 3
    ended, last = tried(gpus, price, most)
    assert last == crossover.volume
    assert list(ranges.listed) == ended[:MAX_OWNING_RANGES]
    assert ranges.more == len(ended) - len(ranges.listed)
    ends = {n for stretch in ended for n in stretch} | {int(crossover.volume)}
    for n in {side for end in ends for side in (end - 1, end, end + 1) if side > 0}:
        fewest = gpus.gpus(n)
        assert fewest >= gpus.min_gpus
        assert _is_enough(gpus, fewest, n)
        assert fewest == gpus.min_gpus or not _is_enough(gpus, fewest - 1, n)
        assert gpus.hours_paid(n) == 730 * fewest
        assert gpus.cost(n) == gpus.gpu_hour_price * 730 * fewest + gpus.monthly_overhead


def _is_enough(gpus: OwnGpus, number: int, n: int) -> bool:
    """Whether so many GPUs make the images of the busiest hour."""
    return number * gpus.images_per_gpu_hour >= gpus.peak_to_mean * Fraction(n, 730)


@examples(2_000)
@given(fleets(), st.integers(1, 10**6))
def test_as_used_only_the_hours_in_use_are_paid(case: tuple[OwnGpus, Fraction], n: int) -> None:
    always, price = case
    used = OwnGpus(always.gpu_hour_price, always.images_per_gpu_hour, always.monthly_overhead)
    assert used.hours_paid(n) == used.hours_used(n) <= always.hours_paid(n)
    assert used.cost(n) <= always.cost(n)
    assert not used.owning_ranges(price).listed
    crossover, later = used.crossover(price), always.crossover(price)
    assert later.volume is None or (crossover.volume is not None and crossover.volume <= later.volume)


@examples(2_000)
@given(st.integers(0, 30), st.integers(-20, 20), st.integers(-30, 30), st.integers(1, 15))
def test_a_sum_of_rounded_lines(k: int, a: int, e: int, d: int) -> None:
    assert rounded_sum(k, a, e, d) == sum((a * j + e) // d for j in range(1, k + 1))


@examples(2_000)
@given(
    st.integers(0, 20),
    st.integers(1, 15),
    st.integers(1, 12),
    st.integers(1, 12),
    st.integers(1, 4),
    st.integers(0, 60),
)
def test_a_staircase_of_small_numbers(rise: int, height: int, over: int, under: int, least: int, base: int) -> None:
    stairs = Staircase(rise, height, over, under, least, base)
    good = [stairs.is_good(n) for n in range(1, 1200)]
    assert stairs.never is (rise * under <= height * over)
    if not stairs.never and stairs.settled_from and stairs.settled_from < 1100:
        assert all(good[stairs.settled_from - 1 :])
        assert stairs.settled_from == 1 or not good[stairs.settled_from - 2]
        ranges = list(stairs.ranges())
        assert ranges[-1] == (stairs.settled_from, None)
        assert stairs.breaks() == len(ranges) - 1
        inside = {n for start, end in ranges for n in range(start, (end or 1199) + 1)}
        assert inside == {n for n, holds in enumerate(good, 1) if holds}


def test_a_price_barely_above_is_counted_at_once() -> None:
    gpus = OwnGpus(Fraction("1.2"), Fraction(600), Fraction(2000), True, Fraction(3))
    price = Fraction("0.006000000001")
    crossover, ranges = gpus.crossover(price), gpus.owning_ranges(price)
    assert crossover.volume is not None
    assert gpus.cost(crossover.volume) <= rent(price, crossover.volume)
    assert gpus.cost(crossover.volume - 1) > rent(price, crossover.volume - 1)
    assert len(ranges.listed) == MAX_OWNING_RANGES
    assert ranges.more > 10**6
    for start, end in ranges.listed:
        signs = [gpus.cost(n) <= rent(price, n) for n in (start - 1, start, end, end + 1)]
        assert signs == [False, True, True, False]
    assert ceil(crossover.volume) == crossover.volume
