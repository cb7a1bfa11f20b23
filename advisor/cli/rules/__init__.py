"""``advisor rules``: for the maintainer of ``rules/``. One module a sub-command."""

from __future__ import annotations

import argparse
import importlib

COMMANDS = {
    "check": "load the rulebook, which checks all of it",
    "test": "decide the cases beside the rules",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the sub-commands, each in a module of its name."""
    commands = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    for name, help in COMMANDS.items():
        command = commands.add_parser(name, help=help, description=help, allow_abbrev=False)
        command.add_argument("--rules", metavar="DIR", help="a rules folder in place of the bundled one")
        importlib.import_module(f"advisor.cli.rules.{name}").configure(command)
