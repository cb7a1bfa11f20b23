"""The ``advisor`` command: finds the sub-command, runs it, and turns errors into exit codes."""

from __future__ import annotations

import gc
import importlib
import io
import os
import sys
from collections.abc import Container, Sequence
from typing import NoReturn

import advisor
from advisor.cli.options import CommandParser
from advisor.common.diagnostics import EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_OK, AdvisorError, Problem, reason

COMMANDS = {
    "interview": "ask what matters, decide, and write the memo",
    "decide": "decide a scenario file and print its memo",
    "explain": "show what would flip a decision, why not another route, what forces it",
    "verify": "check that a memo or a record matches its scenario",
    "recheck": "find the decisions in a folder that today's rules would change",
    "cost": "print the exact crossover volume",
    "sweep": "decide a table of scenarios: csv, Parquet or JSON Lines",
    "portfolio": "plan several workloads at once: which own GPUs, and which rent",
    "monitor": "compare the real bill with a decision: has the answer changed?",
    "starter": "write a small project that calls the decided route",
    "serve": "serve the interview, the decision and the monitor as a web page",
    "rules": "maintain the rules: show, check, test, prove, compare them",
    "catalogue": "show the dated offers that decisions read, and import prices",
    "schema": "print JSON Schemas of the scenario, the record, the rules and the catalogue",
    "completion": "print the completion script for bash or zsh",
}

_COLLECT_EVERY = 1_000_000
"""Allocated objects between two garbage collections; Python's default is 700 or 2,000. An HTML memo allocates fewer."""

_SETTINGS = {"OPENBLAS_NUM_THREADS": "1", "PYDANTIC_DISABLE_PLUGINS": "__all__"}
"""Environment variables of libraries, unless the user has set them.

Nothing here multiplies matrices, but numpy starts a thread for each core at import, which takes a tenth of the time of
an HTML memo. Pydantic would search all installed packages for plugins, which have no part in a decision.
"""


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code (DESIGN: 0, 2, 3, 4, 5, 130; 1 is a defect)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A character that the terminal's encoding lacks is shown as its code instead of ending the program.
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
        # The reader has gone (`| head`); the interpreter's own flush at exit must not complain about it.
        _silence_output()
        return EXIT_OK
    except OSError as error:
        _silence_output()
        what = f"the output cannot be written: {reason(error)}"
        print(Problem(what, help="check where the output goes, and that its disk is not full"), file=sys.stderr)
        return EXIT_BAD_INPUT


def main() -> NoReturn:
    """The command as a process.

    An interrupt that reaches a callback of a library makes Python end itself by the signal although ``run`` handled
    it, and the exit code would be lost; hence ``os._exit``.
    """
    _replace_closed_outputs()
    # Most commands take less than a second, a fifth of which went into collecting garbage among imported modules.
    gc.set_threshold(_COLLECT_EVERY)
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    code = run()
    gc.freeze()
    if code == EXIT_INTERRUPTED:
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _replace_closed_outputs() -> None:
    """Replaces a closed output (`>&-`), for which Python has None, by the null device."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))


def _silence_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def command_parser(configured: Container[str]) -> tuple[CommandParser, dict[str, CommandParser]]:
    """The parser of ``advisor`` and those of its commands; only ``configured`` ones have their arguments.

    Configuring a command imports its module, which takes time, so only the command to run is configured.
    """
    parser = CommandParser(
        prog="advisor",
        description="Rent or own? Decides how to generate images: own GPUs, an open-weight API, or a closed API.",
    )
    parser.add_argument("--version", action="version", version=f"advisor {advisor.__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands = {name: subparsers.add_parser(name, help=help, description=help) for name, help in COMMANDS.items()}
    for name in commands:
        if name in configured:
            module = importlib.import_module(f"advisor.cli.{name}")
            module.configure(commands[name])
            commands[name].set_defaults(run=module.run)
    return parser, commands


def _run(arguments: list[str]) -> int:
    named = [word for word in arguments if not word.startswith("-")][:1]
    parser, commands = command_parser(named)
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        before = options.command is None or arguments.index(unknown[0]) < arguments.index(options.command)
        (parser if before else commands[options.command]).refuse(unknown[0])
    if options.command is None:
        parser.print_help()
        return EXIT_BAD_INPUT
    code = int(options.run(options))
    sys.stdout.flush()
    return code
