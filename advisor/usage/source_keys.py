"""Names of sources in the history: with the options that select rows, so that different selections are never mixed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from advisor.usage.model import Day
from advisor.usage.options import ReadOptions
from advisor.usage.readers.gateways import LOGS

PLAIN = "plain"
_BILLS = ("focus",)
_LOGS = tuple(log.name for log in LOGS)
_BY_NAME = ("litellm-logs", "litellm-daily", "openai-costs", "fal-usage", "fal-billing-events", "replicate-predictions")
_BEGIN = " with "


def kept_as(days: Iterable[Day], options: ReadOptions) -> list[Day]:
    """The days as the history holds them: their sources named with the options that they were read with."""
    return [replace(day, source=_named(day.source, options)) for day in days]


def read_alike(days: Iterable[Day], options: ReadOptions) -> tuple[list[Day], tuple[str, ...]]:
    """The reverse: those of the days that were read with the options of this run, and a note on others.

    A run without a mapping takes the plain tables of the only mapping in the history.
    """
    days = list(days)
    alike: list[Day] = []
    other: dict[str, int] = {}
    mapped = {day.source for day in days if _begin(day.source) == PLAIN}
    for day in days:
        source = _begin(day.source)
        only_mapping = source == PLAIN and options.mapping is None and len(mapped) == 1
        if only_mapping or day.source == _named(source, options):
            alike.append(replace(day, source=source))
        else:
            other[day.source] = other.get(day.source, 0) + 1
    notes = tuple(
        f"{number:,} days kept from {source} are left out, as {_why(source, options)}"
        for source, number in sorted(other.items())
    )
    return alike, notes


def _named(source: str, options: ReadOptions) -> str:
    chosen: list[str] = []
    if source in _BILLS:
        chosen = sorted(f"{column}={text}" for column, text in options.only)
    elif source in _LOGS:
        chosen = sorted(options.request_paths)
    elif source in _BY_NAME:
        chosen = sorted(options.makes_images)
    elif source == PLAIN and options.plain:
        chosen = [f"mapping {options.plain.digest}"]
    return f"{source}{_BEGIN}{', '.join(chosen)}" if chosen else source


def _begin(source: str) -> str:
    return source.partition(_BEGIN)[0]


def _why(source: str, options: ReadOptions) -> str:
    if _begin(source) != PLAIN:
        return "their rows were selected differently"
    return (
        "they were read with another mapping"
        if options.mapping
        else "several mappings read them: choose one with --mapping"
    )
