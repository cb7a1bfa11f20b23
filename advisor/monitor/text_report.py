"""What the monitor prints on a terminal, or into a pipe."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
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
    draw = _scale(shown, result.crossover, max(_LEAST_WIDTH, min(_MOST_WIDTH, room)), signs)
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


def _scale(months: Sequence[Month], crossover: Span | None, width: int, signs: Signs) -> Callable[[Month], str]:
    """Draws the bar of a month: from zero to the largest volume or N*, in characters; with N*, one is its mark."""
    volumes = [month.images.expected for month in months if month.images]
    most = max([crossover.expected if crossover else Fraction(0), *volumes])
    at, left, right, mark = most, width, 0, ""
    if crossover:
        at = crossover.expected
        left = max(2, min(width - 2, int(at / most * (width - 1)))) if most > 0 else 2
        right, mark = width - left - 1, signs.crossover

    def bar(month: Month) -> str:
        sign, below, above = signs.complete if month.complete else signs.partial, 0, 0
        if month.missing or month.images is None:
            sign, below, above = signs.missing, left, right
        elif 0 < month.images.expected < at:
            below = min(left - bool(mark), max(1, int(month.images.expected / at * left)))
        elif month.images.expected == at > 0:
            below = left
        elif month.images.expected > 0:
            below, above = left, ceil((month.images.expected - at) / (most - at) * right)
        return (sign * below).ljust(left) + mark + (sign * above).ljust(right)

    return bar
