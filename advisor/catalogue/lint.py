"""Likely faults of a catalogue that loads: figures that cannot be right, and entries that nothing uses."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal
from itertools import chain

from advisor.catalogue.entries import EntryForm, ThroughputForm
from advisor.catalogue.loader import Catalogue
from advisor.catalogue.traits import KNOWN, OWNED
from advisor.common.diagnostics import Problem, quoted
from advisor.domain.quantity import grouped, price

NOTE = "note"
"""The level of what is worth knowing and no fault."""
PLAUSIBLE = {
    "image": (Decimal("0.0003"), Decimal(2)),
    "video_second": (Decimal("0.002"), Decimal(5)),
}
"""Dollars for one unit. Seen until 2026-11: $0.0006 to $0.25 an image, $0.02 to $1.56 a second of video."""
PLAUSIBLE_GPU_HOUR = (Decimal("0.05"), Decimal(60))
"""Dollars an hour of one GPU. Seen until 2026-11: $0.29 (RTX 4090) to $36.50 (GB200)."""
PLAUSIBLE_RATE = (Decimal("0.5"), Decimal(100_000))
"""Units an hour. Seen until 2026-11: 5 seconds of video (HunyuanVideo, L20) to 36,000 images (SANA-Sprint, H100)."""


def findings(catalogue: Catalogue, today: datetime.date) -> list[Problem]:
    """Every warning and note about a catalogue, by file and line."""
    lints = (_implausible, _impossible_windows, _regions, _unused, _unpriced_gpus)
    found = [*_future_dates(catalogue, today), *chain.from_iterable(lint(catalogue) for lint in lints)]
    return sorted(found, key=lambda problem: (problem.file or "", problem.line or 0))


def _warning(entry: EntryForm, what: str, help: str, key: str = "id") -> Problem:
    return Problem(f"{entry.noun} `{entry.id}` {what}", entry.file, entry.line_of(key), key, help, level="warning")


def _future_dates(catalogue: Catalogue, today: datetime.date) -> Iterator[Problem]:
    for entry in chain.from_iterable(catalogue.lists.values()):
        days = [("as_of", entry.as_of), *(("conflicts", conflict.as_of) for conflict in entry.conflicts)]
        for key, day in days:
            if day > today:
                help = "write the day the figure was read; `--date` sets another today"
                yield _warning(entry, f"has figures of {day}, which is after {today}", help, key)


def _impossible_windows(catalogue: Catalogue) -> Iterator[Problem]:
    for entry in chain.from_iterable(catalogue.lists.values()):
        begins, ends = entry.valid_from, entry.valid_to
        if begins and ends and begins > ends:
            yield _warning(entry, f"is valid from {begins} to {ends}, which is never", "exchange them", "valid_to")
        if begins and entry.retires and begins >= entry.retires:
            what = f"retires on {entry.retires}, before it is valid"
            yield _warning(entry, what, "check the dates", "retires")


def _implausible(catalogue: Catalogue) -> Iterator[Problem]:
    for offer in (*catalogue.hosted, *catalogue.closed):
        yield from _outside(offer, "usd", offer.usd, PLAUSIBLE[offer.unit], "a price of {}")
    for gpu in catalogue.gpus:
        yield from _outside(gpu, "usd_per_gpu_hour", gpu.usd_per_gpu_hour, PLAUSIBLE_GPU_HOUR, "a price of {} an hour")
    for row in catalogue.throughput:
        yield from _outside(row, "images_per_gpu_hour", row.images_per_gpu_hour, PLAUSIBLE_RATE, "{} an hour")


def _outside(
    entry: EntryForm, key: str, value: Decimal | str, bounds: tuple[Decimal, Decimal], words: str
) -> Iterator[Problem]:
    least, most = bounds
    if isinstance(value, Decimal) and not least <= value <= most:
        text = grouped if isinstance(entry, ThroughputForm) else price
        what = f"has {words.format(text(value))}, outside {text(least)} to {text(most)}"
        yield _warning(entry, what, "check the unit, and whether the price is for one unit, one GPU", key)


def _regions(catalogue: Catalogue) -> Iterator[Problem]:
    for entry in chain.from_iterable(catalogue.lists.values()):
        regions = getattr(entry, "regions", None)
        for code in regions if isinstance(regions, tuple) else ():
            if code not in KNOWN:
                help = "write a country code such as de, or us, eu or apac"
                yield _warning(entry, f"names the region {quoted(code)}, which is not known", help, "regions")


def _unused(catalogue: Catalogue) -> Iterator[Problem]:
    """Checkpoints without any price or throughput, and providers without offers."""
    models = {offer.model for offer in catalogue.hosted} | {row.model for row in catalogue.throughput}
    help = "add a hosted offer or a throughput, or take it out"
    for model in catalogue.models:
        if model.id not in models:
            yield _warning(model, "is used by no offer", help)
    providers = {offer.provider for offer in (*catalogue.hosted, *catalogue.closed)}
    for provider in catalogue.providers:
        if provider.id not in providers:
            yield _warning(provider, "has no offer", "add an offer, or take it out")


def _unpriced_gpus(catalogue: Catalogue) -> Iterator[Problem]:
    """A GPU with throughput that no offer has, a note; and offers of a GPU on which nothing was measured."""
    offered = {gpu.gpu for gpu in catalogue.gpus}
    measured = {row.gpu: row for row in reversed(catalogue.throughput)}
    for name, row in measured.items():
        if name not in offered:
            what = f"no offer has the GPU {quoted(name)}, of which there is a throughput"
            help = "add an offer of this GPU, or leave it: it is not used then"
            yield Problem(what, row.file, row.line_of("gpu"), "gpu", help, level=NOTE)
    for gpu in catalogue.gpus:
        if gpu.gpu not in measured and gpu.pricing != OWNED:
            help = "add a throughput of this GPU, or take the offer out"
            yield _warning(gpu, f"is of the GPU {quoted(gpu.gpu)}, on which nothing was measured", help, "gpu")
