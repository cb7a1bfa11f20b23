"""The ``advisor`` command: finds the sub-command, runs it, and turns errors into exit codes."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import advisor
from advisor.errors import EXIT_BAD_INPUT, EXIT_INTERRUPTED, AdvisorError, BadInput, Problem, did_you_mean, quoted

COMMANDS = {
    "interview": "ask what matters, decide, and write the memo",
    "decide": "decide a scenario file and print its memo",
    "cost": "the crossover volume, exact, in one line",
    "rules": "check the rulebook, and test the cases beside the rules",
    "schema": "JSON Schemas of the scenario and of the decision record",
}


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors read like all others."""

    def error(self, message: str) -> NoReturn:
        """Raises BadInput instead of printing the usage."""
        raise BadInput(Problem(message[:1].lower() + message[1:], help=f"see `{self.prog} --help`"))

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            choices = [str(choice) for choice in action.choices]
            help = did_you_mean(str(value), choices) or "one of " + ", ".join(choices)
            raise BadInput(Problem(f"{quoted(value)} is not known here", help=help))


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code (DESIGN: 0, 2, 3, 4, 5, 130; 1 is a defect)."""
    try:
        return _run(list(sys.argv[1:] if arguments is None else arguments))
    except AdvisorError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader went away (`| head`): nothing is left to say, and the interpreter's own flush must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(arguments: list[str]) -> int:
    parser = Parser(
        prog="advisor",
        description="Rent or own? Decides how to generate images: own GPUs, an open-weight API, or a closed API.",
        epilog="exit codes: 0 recommended, 2 bad input, 3 answers missing, 4 infeasible, 5 difference, 130 interrupted",
    )
    parser.add_argument("--version", action="version", version=f"advisor {advisor.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    named = next((word for word in arguments if not word.startswith("-")), None)
    for name, help in COMMANDS.items():
        command = commands.add_parser(name, help=help, description=help)
        if name == named:
            importlib.import_module(f"advisor.cli.{name}").configure(command)
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return EXIT_BAD_INPUT
    code = int(options.run(options))
    sys.stdout.flush()
    return code
