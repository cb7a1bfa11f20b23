"""``advisor interview``: asks, shows the answers back, decides, and writes scenario, record and memo."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import sys
from pathlib import Path

from advisor.cli.decide import EXIT_CODES, missing_answers, parse_date
from advisor.common.diagnostics import EXIT_ANSWERS_MISSING, EXIT_INTERRUPTED, BadInput, Problem, quoted
from advisor.common.files import is_file
from advisor.decision.decide import decide
from advisor.domain.record import Decision, Status
from advisor.domain.scenario import Scenario, validated
from advisor.domain.scenario_io import parse_setting, read_scenario
from advisor.interview import draft_store as session
from advisor.interview.flow import Flow, flow_of
from advisor.interview.state import EXTRAS, Given
from advisor.rulebook.loader import bundled_rulebook, load_rulebook
from advisor.rulebook.model import Rulebook

_FLIPS_SHOWN = 5


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("--answers", metavar="FILE", help="answers that are known already, as a scenario file")
    parser.add_argument("--set", metavar="FIELD=VALUE", action="append", default=[], help="one answer known already")
    parser.add_argument("--resume", action="store_true", help="go on with the interview that was interrupted")
    parser.add_argument("--no-input", action="store_true", help="ask nothing: decide, or name what is missing")
    parser.add_argument("--name", metavar="NAME", default="decision", help="what the written files are called")
    parser.add_argument(
        "--out", metavar="DIR", type=Path, default=Path(), help="where they are written (default: here)"
    )
    parser.add_argument("--date", metavar="YYYY-MM-DD", help="the date of the decision (default: today)")
    parser.add_argument("--rules", metavar="DIR", help="a rules folder in place of the bundled one")
    parser.add_argument("--templates", metavar="DIR", type=Path, help="a templates folder in place of the bundled one")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Interviews in a terminal; without one it decides what is given, or names what is missing (exit 3)."""
    if not re.fullmatch(r"[\w.-]{1,100}", options.name) or options.name.startswith("."):
        raise BadInput(Problem(f"{quoted(options.name)} cannot name a file", "--name", help="letters, digits, - and _"))
    decided_on = parse_date(options.date)
    rulebook = load_rulebook(options.rules) if options.rules else bundled_rulebook()
    given = _given(options)
    if sys.stdin.isatty() and sys.stderr.isatty() and not options.no_input:
        given = _interview(options, flow_of(rulebook), given)
    decision = decide(given.scenario(), rulebook, decided_on=decided_on)
    if decision.status is Status.OPEN and not given.unknown:
        print(missing_answers(decision), file=sys.stderr)
        return EXIT_ANSWERS_MISSING
    from advisor.verification.artifacts import write_decision

    written = write_decision(decision, rulebook, options.out, options.name, options.templates)
    session.draft_path(options.out, options.name).unlink(missing_ok=True)
    _show_end(decision, rulebook, written.paths, options)
    return EXIT_CODES[decision.status]


def _given(options: argparse.Namespace) -> Given:
    draft = session.draft_path(options.out, options.name)
    given = session.load(draft) if options.resume else Given()
    known: Scenario | None = read_scenario(options.answers) if options.answers else None
    answers = known.model_dump(exclude_none=True) if known else {}
    answers |= dict(map(parse_setting, options.set))
    merged = {**{name: value for name, value in given.answers.items() if name not in EXTRAS}, **answers}
    validated({name: value for name, value in merged.items() if value is not None}, options.answers or "--set")
    return given.with_answers(answers)


def _interview(options: argparse.Namespace, flow: Flow, given: Given) -> Given:
    from advisor.interview.prompts import prompts_on_stderr
    from advisor.interview.terminal import Terminal

    draft = session.draft_path(options.out, options.name)
    if not options.resume and is_file(draft):
        help = "go on with --resume, choose another --name, or remove the file"
        raise BadInput(Problem("an interview of this name was interrupted and kept", str(draft), help=help))
    session.save(draft, given)
    try:
        with prompts_on_stderr():
            return Terminal(flow, lambda changed: session.save(draft, changed), options.templates).run(given)
    except (KeyboardInterrupt, EOFError):
        print(f"\ninterrupted; every answer is kept in {draft}", file=sys.stderr)
        print(f"go on with: {_command(options, '--resume')}", file=sys.stderr)
        raise SystemExit(EXIT_INTERRUPTED) from None


def _command(options: argparse.Namespace, *more: str) -> str:
    parts = ["advisor", "interview", "--name", options.name, "--out", os.fspath(options.out), *more]
    if options.rules:
        parts += ["--rules", options.rules]
    return shlex.join(parts)


def _show_end(decision: Decision, rulebook: Rulebook, files: list[Path], options: argparse.Namespace) -> None:
    """The recommendation, what would flip it, the files, and the command that repeats it."""
    from advisor.report.templates import fill, summary

    sys.stdout.write("\n" + summary(decision, options.templates))
    parts = ["advisor", "decide", str(files[0]), "--date", decision.decided_on]
    if options.rules:
        parts += ["--rules", options.rules]
    named = {
        "flips": decision.flips[:_FLIPS_SHOWN],
        "more": len(decision.flips[_FLIPS_SHOWN:]),
        "files": [str(path) for path in files],
        "command": shlex.join(parts),
        "decision": decision.model_dump(mode="json"),
    }
    sys.stdout.write(fill("interview_end.txt.j2", named, options.templates))
