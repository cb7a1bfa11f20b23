"""What the monitor prints on a terminal, or into a pipe."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path

from advisor.monitor.model import MonitorResult, Month, Span
from advisor.monitor.view_model import images, named, span_text
from advisor.report.templates import fill
from advisor.usage.model import EXACT

LEAST_WIDTH = 40
_LABEL = re.compile(r" *\S+(?: \S+)* {2,}|rule: |note: |\(1\) |")
"""What the further lines of a long line are indented by: a label before two blanks, or one of these words."""
MOST_MONTHS = 14
_LEAST_WIDTH, _MOST_WIDTH = 8, 48
_GAP = "  "


def summary_text(result: MonitorResult, width: int, templates: Path | None = None, *, unicode: bool = True) -> str:
    """The verdict, its figures and bars of the months in lines of at most ``width`` characters (40 at least).

    Without ``unicode`` it is ASCII only. Raises BadInput for a fault in templates of one's own.
    """
    width = max(width, LEAST_WIDTH)
    bars = bars_of(result, width, unicode=unicode)
    text = fill("monitor.txt.j2", {**named(result), "bars": bars}, templates)
    text = text if unicode else text.encode("ascii", "replace").decode()
    return "\n".join(line for whole in text.splitlines() for line in _wrapped(whole, width)) + "\n"


def _wrapped(line: str, width: int) -> Iterator[str]:
    if len(line) <= width:
        yield line
        return
    label = _LABEL.match(line)
    hang = len(label[0]) if label else 0
    indent = " " * (hang if hang <= width // 2 else 2)
    yield from textwrap.wrap(line, width, subsequent_indent=indent, break_on_hyphens=False)


# ---- the volume of each month as a bar of characters


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


def bars_of(result: MonitorResult, width: int, *, unicode: bool) -> Bars:
    """The last months, in lines of ``width`` characters at most as long as their numbers leave room for a bar.

    A bar that is below N* ends before its mark, one that is above goes beyond it, however close they are.
    """
    signs = UNICODE if unicode else ASCII
    shown = result.months[-MOST_MONTHS:]
    words = [_words(month) for month in shown]
    longest = max(map(len, words), default=0)
    room = width - len("2026-01") - 2 * len(_GAP) - longest
    draw = _Scale(shown, result.crossover, max(_LEAST_WIDTH, min(_MOST_WIDTH, room)), signs).bar
    lines = [
        f"{month.month}{_GAP}{draw(month)}{_GAP}{text:>{longest}}".rstrip()
        for month, text in zip(shown, words, strict=True)
    ]
    ranges = any(month.images is not None and not month.images.exact for month in shown)
    return Bars(tuple(lines), len(result.months) - len(shown), ranges, signs)


def _words(month: Month) -> str:
    if month.missing:
        return "gap, no data"
    if month.images is None:
        return "not known"
    text = span_text(month.images, images)
    return text if month.basis in EXACT else f"{text}, {month.basis}"


class _Scale:
    """From zero to the largest volume or N*, in characters; with N*, one of them is its mark."""

    def __init__(self, months: Sequence[Month], crossover: Span | None, width: int, signs: Signs) -> None:
        volumes = [month.images.expected for month in months if month.images]
        self.most = max([crossover.expected if crossover else Fraction(0), *volumes])
        self.at = crossover.expected if crossover else self.most
        self.below, self.above, self.mark = width, 0, ""
        if crossover:
            share = self.at / self.most if self.most > 0 else Fraction(0)
            self.below = max(2, min(width - 2, int(share * (width - 1))))
            self.above, self.mark = width - self.below - 1, signs.crossover
        self.signs = signs

    def bar(self, month: Month) -> str:
        """The bar of a month."""
        sign, below, above = self.signs.complete if month.complete else self.signs.partial, 0, 0
        if month.missing or month.images is None:
            sign, below, above = self.signs.missing, self.below, self.above
        elif 0 < month.images.expected < self.at:
            below = min(self.below - bool(self.mark), max(1, int(month.images.expected / self.at * self.below)))
        elif month.images.expected == self.at > 0:
            below = self.below
        elif month.images.expected > 0:
            below = self.below
            above = ceil((month.images.expected - self.at) / (self.most - self.at) * self.above)
        return (sign * below).ljust(self.below) + self.mark + (sign * above).ljust(self.above)
