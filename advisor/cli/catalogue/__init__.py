"""``advisor catalogue``: the dated offers that decisions read. One module a sub-command."""

from __future__ import annotations

import argparse
import importlib

COMMANDS = {
    "show": ("show", "print the offers with price, traits, source and date"),
    "import": ("import_prices", "show what a price list would change, and write it to an overlay"),
    "age": ("age", "list the figures that are old, and which of them could turn a decision"),
}
"""Each sub-command: its module and its help."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the sub-commands."""
    commands = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    for name, (module, help) in COMMANDS.items():
        command = commands.add_parser(name, help=help, description=help)
        importlib.import_module(f"advisor.cli.catalogue.{module}").configure(command)
