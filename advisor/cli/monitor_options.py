"""The numbers of the trigger rule, from the options of the command."""

from __future__ import annotations

import argparse
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.domain.quantity import Quantity
from advisor.monitor.model import Thresholds
from advisor.monitor.option_values import number

_SHARE = Quantity("a ratio", 6, Decimal(0), Decimal(1000), example="1.1")
_COUNT = Quantity("months", 0, Decimal(1), Decimal(120), example="3")


def thresholds(options: argparse.Namespace) -> Thresholds:
    """The trigger rule with the numbers of the options. Raises BadInput."""

    def months(name: str) -> int:
        return int(number(getattr(options, name), "--" + name.replace("_", "-"), _COUNT))

    def share(name: str) -> Fraction:
        return number(getattr(options, name), "--" + name.replace("_", "-"), _SHARE)

    rules = replace(
        Thresholds(),
        stable_months=months("stable_months"),
        margin=share("margin"),
        most_variation=share("most_variation"),
        clear_months=months("clear_months"),
        clear_below=share("clear_below"),
        strict=options.strict,
    )
    most = Fraction(1) if rules.strict else max(Fraction(1), rules.margin)
    if rules.clear_below > most:
        what = f"{quoted(options.clear_below)} would clear a crossing in the months that make it stable"
        help = f"write {most} at most" if most == 1 else f"write at most --margin, {options.margin}"
        raise BadInput(Problem(what, "--clear-below", help=help))
    return rules
