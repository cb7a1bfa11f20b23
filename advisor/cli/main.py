"""The ``advisor`` command: finds the sub-command, runs it, and turns errors into exit codes."""

from __future__ import annotations

import argparse
import gc
import importlib
import io
import os
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import advisor
from advisor.common.diagnostics import (
    EXIT_BAD_INPUT,
    EXIT_INTERRUPTED,
    EXIT_OK,
    AdvisorError,
    BadInput,
    Problem,
    did_you_mean,
    quoted,
)

COMMANDS = {
    "interview": "ask what matters, decide, and write the memo",
    "decide": "decide a scenario file and print its memo",
    "explain": "what would flip a decision, why not another route, what forces it",
    "verify": "whether a memo or a record is what its scenario comes to",
    "recheck": "which decisions in a folder today's rules would make otherwise",
    "cost": "the crossover volume, exact, in one line",
    "sweep": "decide a table of scenarios: csv, Parquet or JSON Lines",
    "monitor": "the real bill against a decision: has the answer changed?",
    "rules": "for whoever keeps the rules: show, check, test, prove, compare them",
    "schema": "JSON Schemas of the scenario, the decision record and the rules",
}

_COLLECT_EVERY = 100_000
"""Objects between two searches for garbage; Python's own choice is 700 or 2,000."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors read like all others."""

    def error(self, message: str) -> NoReturn:
        """Raises BadInput instead of printing the usage."""
        wording = (
            (r"the following arguments are required: (.*)", r"these are missing: \1"),
            (r"argument (.*?): expected .*", r"`\1` needs a value"),
            (r"argument (.*?): ignored explicit argument .*", r"`\1` takes no value"),
        )
        for pattern, words in wording:
            message = re.sub(pattern, words, message)
        raise BadInput(Problem(message[:1].lower() + message[1:], help=f"see `{self.prog} --help`"))

    def refuse(self, word: str) -> NoReturn:
        """Raises BadInput for an argument this command does not have."""
        options = {option.lstrip("-"): option for option in self._option_string_actions}
        close = did_you_mean(word.lstrip("-").partition("=")[0], options) if word.startswith("-") else None
        help = close.replace("`", "`--", 1) if close else f"see `{self.prog} --help`"
        raise BadInput(Problem(f"{quoted(word)} is not known here", help=help))

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            choices = [str(choice) for choice in action.choices]
            help = did_you_mean(str(value), choices) or "one of " + ", ".join(choices)
            raise BadInput(Problem(f"{quoted(value)} is not known here", help=help))


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code (DESIGN: 0, 2, 3, 4, 5, 130; 1 is a defect)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a character shows its code; an answer is never lost to an accent.
            stream.reconfigure(errors="backslashreplace")
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
        _silence_output()
        return EXIT_OK
    except OSError as error:
        _silence_output()
        what = f"the output cannot be written: {(error.strerror or str(error)).lower()}"
        print(Problem(what, help="check where the output goes, and that its disk is not full"), file=sys.stderr)
        return EXIT_BAD_INPUT


def main() -> NoReturn:
    """The command as a process of its own.

    Where a library runs Python code of its own and an interrupt reaches that, Python would in the end kill itself by
    the signal although the interrupt was dealt with, and the exit code would be lost.
    """
    _replace_closed_outputs()
    # Most commands take less than a second, and a fifth of it went into walking imported modules for garbage.
    gc.set_threshold(_COLLECT_EVERY)
    code = run()
    gc.freeze()
    if code == EXIT_INTERRUPTED:
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _replace_closed_outputs() -> None:
    """Where an output was closed (`>&-`), Python has None in its place: nothing is shown, and all else works."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))


def _silence_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: list[str]) -> int:
    parser = Parser(
        prog="advisor",
        allow_abbrev=False,
        description="Rent or own? Decides how to generate images: own GPUs, an open-weight API, or a closed API.",
        epilog="exit codes: 0 recommended, 2 bad input, 3 answers missing, 4 infeasible, 5 difference, "
        "10 crossed and stable (monitor --exit-code), 130 interrupted",
    )
    parser.add_argument("--version", action="version", version=f"advisor {advisor.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    named = next((word for word in arguments if not word.startswith("-")), None)
    for name, help in COMMANDS.items():
        command = commands.add_parser(name, help=help, description=help, allow_abbrev=False)
        if name == named:
            importlib.import_module(f"advisor.cli.{name}").configure(command)
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        before = options.command is None or arguments.index(unknown[0]) < arguments.index(options.command)
        (parser if before else commands.choices[options.command]).refuse(unknown[0])
    if options.command is None:
        parser.print_help()
        return EXIT_BAD_INPUT
    code = int(options.run(options))
    sys.stdout.flush()
    return code
