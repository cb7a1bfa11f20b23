"""The volume of each month as bars of characters."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from advisor.monitor.model import Month, Watched
from advisor.monitor.view_model import images, span_text
from advisor.usage.model import EXACT

MOST_MONTHS = 14
_LEAST_WIDTH, _MOST_WIDTH = 8, 48
_GAP = "  "


@dataclass(frozen=True)
class Signs:
    """What bars are made of."""

    complete: str
    partial: str
    missing: str
    crossover: str = "|"


UNICODE = Signs("█", "░", "·")
ASCII = Signs("#", "-", ".")


@dataclass(frozen=True)
class Bars:
    """One line a month, the earliest first; ``earlier`` months came before them, ``ranges`` where one is a range."""

    lines: tuple[str, ...]
    earlier: int
    ranges: bool
    signs: Signs


def bars_of(watched: Watched, width: int, *, unicode: bool) -> Bars:
    """The last months, in lines of ``width`` characters at most as long as their numbers leave room for a bar.

    What lies left of the mark of N* is below it, what lies right of it above, however close they are.
    """
    signs = UNICODE if unicode else ASCII
    shown = watched.months[-MOST_MONTHS:]
    words = [_words(month) for month in shown]
    longest = max(map(len, words), default=0)
    room = width - len("2026-01") - 2 * len(_GAP) - longest
    scale = _Scale(shown, watched.crossover.expected if watched.crossover else None, _clamped(room))
    lines = [
        f"{month.month}{_GAP}{scale.bar(month, signs)}{_GAP}{text:>{longest}}".rstrip()
        for month, text in zip(shown, words, strict=True)
    ]
    ranges = any(month.images is not None and not month.images.exact for month in shown)
    return Bars(tuple(lines), len(watched.months) - len(shown), ranges, signs)


def _clamped(room: int) -> int:
    return max(_LEAST_WIDTH, min(_MOST_WIDTH, room))


def _words(month: Month) -> str:
    if month.missing:
        return "gap, no data"
    if month.images is None:
        return "not known"
    text = span_text(month.images, images)
    return text if month.basis in EXACT else f"{text}, {month.basis}"


class _Scale:
    """From zero to the largest volume or N*, in characters; with N*, one of them is its mark."""

    def __init__(self, months: tuple[Month, ...], crossover: Fraction | None, width: int) -> None:
        self._at = crossover
        self._width = width
        self._most = max([crossover or Fraction(0), *(month.images.expected for month in months if month.images)])
        self._below = width
        if crossover is not None:
            share = crossover / self._most if self._most > 0 else Fraction(0)
            self._below = max(1, min(width - 2, int(share * (width - 1))))

    def bar(self, month: Month, signs: Signs) -> str:
        """The bar of a month."""
        if month.missing or month.images is None:
            return self._line(signs.missing * self._below, signs.missing * (self._width - self._below - 1), signs)
        volume, sign = month.images.expected, signs.complete if month.complete else signs.partial
        if volume <= 0:
            return self._line("", "", signs)
        if self._at is None:
            return self._line(sign * max(1, int(volume / self._most * self._width)), "", signs)
        if volume <= self._at:
            return self._line(sign * max(1, int(volume / self._at * self._below)), "", signs)
        above = self._width - self._below - 1
        beyond = ceil((volume - self._at) / (self._most - self._at) * above)
        return self._line(sign * self._below, sign * beyond, signs)

    def _line(self, below: str, above: str, signs: Signs) -> str:
        if self._at is None:
            return below.ljust(self._width)
        return below.ljust(self._below) + signs.crossover + above.ljust(self._width - self._below - 1)
