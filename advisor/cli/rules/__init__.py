"""``advisor rules``: for the maintainer of ``rules/``. One module a sub-command."""

from __future__ import annotations

import argparse
import importlib

from advisor.cli.options import add_rules

COMMANDS = {
    "show": "print the offers and the rules as tables, or one rule in full",
    "check": "load and check the rulebook, and warn of likely mistakes",
    "diff": "show what changes from one rulebook to another",
    "test": "decide the cases of the rulebook",
    "coverage": "show which conditions the cases prove relevant, when true and when false",
    "mutate": "change the rules one by one and check that a case fails",
    "prove": "prove properties of every scenario with Z3",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the sub-commands, each in a module of its name."""
    commands = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    for name, help in COMMANDS.items():
        command = commands.add_parser(name, help=help, description=help)
        if name != "diff":  # it names its two folders
            add_rules(command)
        importlib.import_module(f"advisor.cli.rules.{name}").configure(command)
