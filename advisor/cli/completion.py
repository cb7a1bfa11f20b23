"""``advisor completion``: the completion script of a shell."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from advisor.common.diagnostics import EXIT_OK

_SHELLS = ("bash", "zsh")
_FILES = ("FILE", "SCENARIO", "RECORD", "RECORD|SCENARIO", "MEMO|RECORD", "OLD", "IN", "OUT", "USAGE", "CASES")
_FOLDERS = ("DIR",)
"""The names of arguments whose values are paths."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("shell", metavar="SHELL", choices=_SHELLS, help="bash or zsh")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the script."""
    import shtab

    from advisor.cli.main import COMMANDS, command_parser

    parser, _ = command_parser(COMMANDS)
    for action in _actions(parser):
        kinds = {**dict.fromkeys(_FILES, shtab.FILE), **dict.fromkeys(_FOLDERS, shtab.DIRECTORY)}
        if isinstance(action.metavar, str) and action.metavar in kinds:
            action.complete = kinds[action.metavar]  # type: ignore[attr-defined]  # shtab reads it from the action
    print(shtab.complete(parser, options.shell))
    return EXIT_OK


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """The arguments of a parser and of its sub-commands, by the private attributes that shtab uses too."""
    for action in parser._actions:
        yield action
        below: Any = action.choices if isinstance(action, argparse._SubParsersAction) else {}
        for command in below.values():
            yield from _actions(command)
