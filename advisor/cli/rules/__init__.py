"""``advisor rules``: for the maintainer of ``rules/``. One module a sub-command."""

from __future__ import annotations

import argparse
import importlib

from advisor.cli.options import add_rules

COMMANDS = {
    "show": "print the offers and the rules as tables, or one rule whole",
    "check": "load the rulebook, which checks all of it, and warn of what is likely wrong",
    "diff": "what changes from one rulebook to another",
    "test": "decide the cases beside the rules",
    "coverage": "which conditions the cases show to matter, when they hold and when they do not",
    "mutate": "change the rules one by one and see whether the cases notice",
    "prove": "prove with Z3 what holds of every scenario",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the sub-commands, each in a module of its name."""
    commands = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    for name, help in COMMANDS.items():
        command = commands.add_parser(name, help=help, description=help, allow_abbrev=False)
        if name != "diff":  # it names its two folders
            add_rules(command)
        importlib.import_module(f"advisor.cli.rules.{name}").configure(command)
