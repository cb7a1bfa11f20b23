"""``advisor cost``: Exercise 38.3.2 for any amounts, also with GPUs that are always on."""

from __future__ import annotations

import argparse
from decimal import Decimal
from fractions import Fraction

from advisor.common.diagnostics import EXIT_OK, BadInput, Problem
from advisor.domain.cost_model import OwnGpus, OwningRanges, exact, rent, to_micro_dollars
from advisor.domain.quantity import dollars, grouped
from advisor.domain.scenario_io import typed_answer
from advisor.wording import cost as words

_OPTIONS = {
    "price": ("open_price", "c", "hosted price, dollars per image"),
    "gpu_hour": ("gpu_hour_price", "G", "dollars per GPU-hour"),
    "images_per_hour": ("images_per_gpu_hour", "r", "images per GPU-hour"),
    "overhead": ("monthly_overhead", "E", "overhead, dollars a month"),
    "volume": ("monthly_images", "N", "a monthly volume to compare"),
    "peak_to_mean": ("peak_to_mean", "P", "with --always-on: images in the busiest hour over those in the mean hour"),
    "min_gpus": ("min_gpus", "K", "with --always-on: the fewest GPUs kept on (default 1)"),
}
_OPTIONAL = ("volume", "peak_to_mean", "min_gpus")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    for option, (_, symbol, help) in _OPTIONS.items():
        parser.add_argument(_flag(option), metavar=symbol, required=option not in _OPTIONAL, help=help)
    parser.add_argument("--always-on", action="store_true", help="whole GPUs, paid for all 730 hours of a month")


def run(options: argparse.Namespace) -> int:
    """Prints the crossover in one line, and for a volume which side is cheaper."""
    c, gpus = _number(options, "price"), _own_gpus(options)
    N = None if options.volume is None else _number(options, "volume")
    text = gpus.crossover(c).text(0 if gpus.always_on else 2)
    below = _below(gpus.owning_ranges(c))
    if text is None:
        price, limit = _dollars(exact(c)), "G*P/r" if gpus.always_on else "G/r"
        verdict = words.NEVER_CHEAPER if below or gpus.cost(1) <= rent(c, 1) else words.NEVER_AS_CHEAP
        print(words.NO_CROSSOVER.format(verdict=verdict, price=price, limit=limit, below=below))
    else:
        print(words.CROSSOVER.format(volume=grouped(Decimal(text)), below=below))
    if N is not None:
        hosted, owned = rent(c, N), gpus.cost(N)
        number = gpus.gpus(N) if gpus.always_on else None
        count = "" if number is None else words.WITH_GPUS[number == 1].format(count=grouped(Decimal(number)))
        cheaper, costs = words.CHEAPER[hosted < owned], {"hosted": _dollars(hosted), "owned": _dollars(owned)}
        print(words.AT_VOLUME.format(volume=grouped(N), cheaper=cheaper, **costs, gpus=count))
    return EXIT_OK


def _below(ranges: OwningRanges) -> str:
    """The volumes below the crossover at which self-hosting costs no more either, as the number of GPUs rises."""
    parts = [words.RANGE.format(start=grouped(start), end=grouped(end)) for start, end in ranges.listed]
    parts += [words.MORE_RANGES.format(count=grouped(ranges.more))] if ranges.more else []
    return words.BELOW.format(ranges=", ".join(parts)) if parts else ""


def _dollars(amount: Fraction) -> str:
    return dollars(to_micro_dollars(amount))


def _own_gpus(options: argparse.Namespace) -> OwnGpus:
    G, r, E = (exact(_number(options, option)) for option in ("gpu_hour", "images_per_hour", "overhead"))
    fleet = [option for option in ("peak_to_mean", "min_gpus") if getattr(options, option) is not None]
    if not options.always_on:
        if fleet:
            what, help = "only GPUs that are always on have it", "add `--always-on`, or leave it out"
            raise BadInput(Problem(what, _flag(fleet[0]), help=help))
        return OwnGpus(G, r, E)
    if "peak_to_mean" not in fleet:
        what = "`--always-on` needs `--peak-to-mean`: the images in the busiest hour over those in the mean hour"
        raise BadInput(Problem(what, "--always-on", help="`--peak-to-mean 1` is an even load"))
    fewest = int(_number(options, "min_gpus")) if "min_gpus" in fleet else 1
    return OwnGpus(G, r, E, True, exact(_number(options, "peak_to_mean")), fewest)


def _number(options: argparse.Namespace, option: str) -> Decimal:
    field = _OPTIONS[option][0]
    value: Decimal = typed_answer(field, getattr(options, option) or "nothing", _flag(option))
    return value


def _flag(option: str) -> str:
    return "--" + option.replace("_", "-")
