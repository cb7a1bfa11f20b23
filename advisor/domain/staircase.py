"""Where a straight line is no less than a staircase: exact, by counting steps instead of trying every number.

A whole number n of at least 1 is *good* where ``rise * n >= height * max(least, ceil(n * over / under)) + base``. All
of these are whole; ``height``, ``over``, ``under`` and ``least`` are more than zero, ``rise`` and ``base`` at least.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property


def ceiling(over: int, under: int) -> int:
    """``over / under`` rounded up; ``under`` is more than zero."""
    return -(-over // under)


@dataclass(frozen=True)
class Lines:
    """For whole k of at least 1: whether a whole number lies from ``(s*k + v) / w`` to ``(a*k + e) / d``.

    The distance between the two lines does not fall with k. While it is at least zero and less than one, the number of
    whole numbers between them is a difference of two sums of rounded lines, which have a closed form.
    """

    s: int
    v: int
    w: int
    a: int
    e: int
    d: int

    def holds(self, k: int) -> bool:
        """Whether a whole number lies between the lines at k."""
        return (self.a * k + self.e) // self.d >= ceiling(self.s * k + self.v, self.w)

    def count(self, k: int) -> int:
        """How many of 1 to k hold."""
        first, surely = self._bounds
        if first is None or k < first:
            return 0
        last = k if surely is None else min(k, surely - 1)
        between = 0
        if last >= first:
            tops = rounded_sum(last, self.a, self.e, self.d) - rounded_sum(first - 1, self.a, self.e, self.d)
            shift = self.v + self.w - 1
            ends = rounded_sum(last, self.s, shift, self.w) - rounded_sum(first - 1, self.s, shift, self.w)
            between = tops - ends + last - first + 1
        return between + (0 if surely is None else max(0, k - max(surely, first) + 1))

    def next(self, k: int, *, holding: bool) -> int | None:
        """The least number from k on that holds, or that does not; None where none is left."""
        if self.holds(k) is holding:
            return k
        surely = self._bounds[1]
        if surely is not None and k >= surely:
            return None
        most = k + self.d * self.w if surely is None else surely  # level lines repeat
        before = self._number(k, holding)
        if self._number(most, holding) == before:
            return None
        return _first(k, most, lambda at: self._number(at, holding) > before)

    @cached_property
    def last_failing(self) -> int:
        """The greatest number that does not hold, 0 where all do; the distance between the lines rises."""
        assert self._bounds[1] is not None
        last = self._bounds[1] - 1
        failing = self._number(last, holding=False)
        return _first(1, last, lambda at: self._number(at, holding=False) == failing) if failing else 0

    def _number(self, k: int, holding: bool) -> int:
        return self.count(k) if holding else k - self.count(k)

    @cached_property
    def _bounds(self) -> tuple[int | None, int | None]:
        """From where on the distance is at least zero, and at least one, so that all hold; None where it never is."""
        slope, gap = self.a * self.w - self.s * self.d, self.e * self.w - self.v * self.d

        def reaching(distance: int) -> int | None:
            if slope:
                return max(1, ceiling(distance - gap, slope))
            return 1 if gap >= distance else None

        return reaching(0), reaching(self.d * self.w)


@dataclass(frozen=True)
class Staircase:
    """A line and a staircase; ``never`` where the line does not rise faster than the staircase."""

    rise: int
    height: int
    over: int
    under: int
    least: int
    base: int

    @property
    def never(self) -> bool:
        """True where no number exists from which on all are good."""
        return self._slope <= 0

    def is_good(self, n: int) -> bool:
        """Whether n is good."""
        return self.rise * n >= self.height * self.level(n) + self.base

    def level(self, n: int) -> int:
        """The step on which n is."""
        return max(self.least, self._step(n))

    @cached_property
    def settled_from(self) -> int | None:
        """The least number from which on all are good; None for ``never``."""
        if self.never:
            return None
        step = self._starts.last_failing
        last = min(self._reached(step) - 1, self._end(step)) if step else 0
        if last > self._flat:
            return last + 1
        return min(self._reached(self.least), self._flat + 1)

    def ranges(self) -> Iterator[tuple[int, int | None]]:
        """The stretches of good numbers in order, both ends included; None is an end that is never reached."""
        start = self._next_good(1)
        while start is not None:
            end = self._next_bad(start)
            yield start, None if end is None else end - 1
            start = None if end is None else self._next_good(end)

    def next_change(self, n: int) -> int | None:
        """The least number above n that is good where n is not, or the reverse; None if there is none."""
        return self._next_bad(n + 1) if self.is_good(n) else self._next_good(n + 1)

    def breaks(self, most: int | None = None) -> int:
        """How many stretches of good numbers end, at ``most`` at the latest, which must be there for ``never``."""
        if self._slope < 0:
            return 0
        flat = int(self._reached(self.least) <= self._flat and not self.is_good(self._flat + 1))
        # Whole steps that every n climbs are subtracted from its gain, so that each step that is left has a number.
        whole, over = divmod(self.over, self.under)
        stairs = replace(self, rise=self.rise - self.height * whole, over=over)
        if not over or stairs.rise >= self.height:
            return flat
        first = stairs._step(self._flat + 1)
        last = stairs._starts.last_failing if most is None else stairs._step(most + 1)
        if last <= first:
            return flat
        ends = stairs._ends.count(last - 1) - stairs._ends.count(first - 1)
        return flat + ends - stairs._starts.count(last) + stairs._starts.count(first)

    @cached_property
    def _slope(self) -> int:
        """More than zero where the line rises faster than the staircase; no number is good where it is less."""
        return self.rise * self.under - self.height * self.over

    @cached_property
    def _flat(self) -> int:
        """The last number on step ``least``."""
        return self._end(self.least)

    def _step(self, n: int) -> int:
        return ceiling(n * self.over, self.under)

    def _end(self, step: int) -> int:
        """The last number that is not above a step."""
        return step * self.under // self.over

    def _reached(self, step: int) -> int:
        """The least number at which the line is as high as a step; the line rises."""
        return ceiling(self.height * step + self.base, self.rise)

    @cached_property
    def _ends(self) -> Lines:
        """Holds for the steps whose last number is good."""
        return Lines(self.height, self.base, self.rise, self.under, 0, self.over)

    @cached_property
    def _starts(self) -> Lines:
        """Holds for the steps whose first number is good."""
        return Lines(self.height, self.base - self.rise, self.rise, self.under, -self.under, self.over)

    def _next_good(self, n: int) -> int | None:
        """The least good number from n on: of the steps from that of n, it is on the least with a good number."""
        if self._slope < 0:
            return None
        step = self.level(n)
        if max(n, self._reached(step)) <= self._end(step):
            return max(n, self._reached(step))
        step_after = self._ends.next(step + 1, holding=True)
        return None if step_after is None else self._reached(step_after)

    def _next_bad(self, n: int) -> int | None:
        """The least number from n on that is not good: n, or the first of a step."""
        if self._slope < 0 or not self.is_good(n):
            return n
        step_after = self._starts.next(self.level(n) + 1, holding=False)
        return None if step_after is None else self._end(step_after - 1) + 1


def rounded_sum(k: int, a: int, e: int, d: int) -> int:
    """The sum of ``(a*j + e) // d`` for j from 1 to k; ``d`` is more than zero."""
    total, n, e = 0, k, e + a
    while n > 0:
        total += (n - 1) * n // 2 * (a // d) + n * (e // d)
        a, e = a % d, e % d
        top = a * n + e
        if top < d:
            break
        n, a, e, d = top // d, d, top % d, a
    return total


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The least number of a range at which a condition holds that holds from there on, and at ``high``."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return high
