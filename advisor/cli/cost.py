"""``advisor cost``: Exercise 38.3.2 for any amounts."""

from __future__ import annotations

import argparse
from decimal import Decimal

from advisor.common.diagnostics import EXIT_OK
from advisor.domain.cost_model import crossover_volume, exact, own, rent, to_micro_dollars
from advisor.domain.formatting import dollars, grouped
from advisor.domain.scenario_io import typed_answer

_OPTIONS = {
    "price": ("open_price", "c", "hosted price, dollars per image"),
    "gpu_hour": ("gpu_hour_price", "G", "dollars per GPU-hour"),
    "images_per_hour": ("images_per_gpu_hour", "r", "images per GPU-hour"),
    "overhead": ("monthly_overhead", "E", "overhead, dollars a month"),
    "volume": ("monthly_images", "N", "a monthly volume to compare"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    for option, (_, symbol, help) in _OPTIONS.items():
        flag = "--" + option.replace("_", "-")
        parser.add_argument(flag, metavar=symbol, required=option != "volume", help=help)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the crossover in one line, and for a volume which side is cheaper."""
    c, G, r, E = (_number(options, option) for option in ("price", "gpu_hour", "images_per_hour", "overhead"))
    N = None if options.volume is None else _number(options, "volume")
    crossover = crossover_volume(c, G, r, E)
    text = crossover.text()
    if text is None:
        price = dollars(to_micro_dollars(exact(c)))
        print(f"crossover: none, self-hosting never wins (the price {price} is not above G/r)")
    else:
        print(f"crossover: {grouped(Decimal(text))} images a month")
    if N is not None:
        hosted, owned = rent(c, N), own(G, r, E, N)
        shown = f"hosted {dollars(to_micro_dollars(hosted))}, self-hosted {dollars(to_micro_dollars(owned))} a month"
        cheaper = "hosting is cheaper" if hosted < owned else "self-hosting costs no more"
        print(f"at {grouped(N)} images a month {cheaper}: {shown}")
    return EXIT_OK


def _number(options: argparse.Namespace, option: str) -> Decimal:
    field = _OPTIONS[option][0]
    where = "--" + option.replace("_", "-")
    value: Decimal = typed_answer(field, getattr(options, option) or "nothing", where)
    return value
