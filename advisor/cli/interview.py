"""``advisor interview``: asks, shows the answers back, decides, and writes scenario, record and memo."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.cli.deciding import EXIT_CODES, confirm_overwriting, missing_answers, on_terminal
from advisor.cli.options import (
    add_shared,
    catalogue_from,
    parse_date,
)
from advisor.common.diagnostics import EXIT_ANSWERS_MISSING, EXIT_INTERRUPTED, BadInput, Problem, quoted
from advisor.common.files import is_file
from advisor.common.terminal import wrapped
from advisor.decision.competition import model_faults
from advisor.decision.decide import decide
from advisor.domain.record import Decision
from advisor.domain.record_parts import Status
from advisor.domain.scenario import Scenario, validated
from advisor.domain.scenario_io import parse_setting, read_scenario
from advisor.interview.flow import Flow, flow_of
from advisor.interview.state import ASIDES, InterviewState, draft_path, load_draft, save_draft
from advisor.rulebook.loader import rulebook_in_use
from advisor.rulebook.model import Rulebook
from advisor.wording import interview as words

if TYPE_CHECKING:
    from advisor.catalogue.loader import Catalogue

_FLIPS_SHOWN = 5


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("--answers", metavar="FILE", help="a scenario file with answers that are known already")
    add_shared(parser, "set", set="set an answer that is known already")
    parser.add_argument("--resume", action="store_true", help="continue an interrupted interview")
    parser.add_argument("--no-input", action="store_true", help="ask nothing: decide, or list the missing answers")
    parser.add_argument("--name", metavar="NAME", default="decision", help="name of the written files")
    help = "where they are written (default: here)"
    parser.add_argument("--out", metavar="DIR", type=Path, default=Path(), help=help)
    add_shared(parser, "date", "catalogue", "rules", "templates")


def run(options: argparse.Namespace) -> int:
    """Interviews in a terminal; without one, decides on the known answers, or lists the missing ones (exit 3)."""
    if not re.fullmatch(r"[\w.-]{1,100}", options.name) or options.name.startswith("."):
        raise BadInput(Problem(f"{quoted(options.name)} cannot name a file", "--name", help="letters, digits, - and _"))
    decided_on = parse_date(options.date)
    rulebook, catalogue = rulebook_in_use(options.rules), catalogue_from(options)
    state = _initial_state(options, catalogue)
    asking = on_terminal() and not options.no_input
    if asking:
        from advisor.verification.artifacts import would_overwrite

        confirm_overwriting(would_overwrite(options.out, options.name), ask=True)
        state = _interview(options, flow_of(rulebook, catalogue, decided_on), state)
    decision = decide(state.scenario(), rulebook, catalogue=catalogue, decided_on=decided_on)
    if decision.status is Status.OPEN and not state.unknown:
        print(missing_answers(decision), file=sys.stderr)
        return EXIT_ANSWERS_MISSING
    from advisor.verification.artifacts import write_decision

    if not asking:
        from advisor.verification.artifacts import overwritten

        confirm_overwriting(overwritten(decision, options.out, options.name), ask=False)
    written = write_decision(decision, rulebook, options.out, options.name, options.templates)
    draft_path(options.out, options.name).unlink(missing_ok=True)
    _show_end(decision, rulebook, written.paths, options)
    return EXIT_CODES[decision.status]


def _initial_state(options: argparse.Namespace, catalogue: Catalogue | None) -> InterviewState:
    draft = draft_path(options.out, options.name)
    state = load_draft(draft) if options.resume else InterviewState()
    check = partial(model_faults, catalogue)
    known: Scenario | None = read_scenario(options.answers, check=check) if options.answers else None
    answers = known.model_dump(exclude_none=True) if known else {}
    answers |= dict(map(parse_setting, options.set))
    merged = {**{name: value for name, value in state.answers.items() if name not in ASIDES}, **answers}
    file = options.answers or "--set"
    scenario = validated({name: value for name, value in merged.items() if value is not None}, file)
    if faults := check(scenario):
        place = str(draft) if options.resume and "model" not in answers else file
        raise BadInput(problem._replace(file=place) for problem in faults)
    return state.with_answers(answers) if answers else state


def _interview(options: argparse.Namespace, flow: Flow, state: InterviewState) -> InterviewState:
    from advisor.interview.question_view import InterviewViews
    from advisor.interview.terminal import Terminal, prompts_on_stderr

    draft = draft_path(options.out, options.name)
    if not options.resume and is_file(draft):
        help = "continue with --resume, choose another --name, or remove the file"
        raise BadInput(Problem("an interview of this name was interrupted and kept", str(draft), help=help))
    save_draft(draft, state)
    try:
        with prompts_on_stderr():
            views = InterviewViews(flow, options.templates)
            return Terminal(views, lambda changed: save_draft(draft, changed)).run(state)
    except (KeyboardInterrupt, EOFError):
        print("\n" + words.INTERRUPTED.format(draft=draft), file=sys.stderr)
        parts = ["interview", "--name", options.name, "--out", os.fspath(options.out), "--resume"]
        print(words.GO_ON.format(command=_command(options, parts)), file=sys.stderr)
        raise SystemExit(EXIT_INTERRUPTED) from None


def _command(options: argparse.Namespace, parts: list[str]) -> str:
    """A command line to copy, with the rules and the catalogue of this interview."""
    for name in ("rules", "catalogue", "overlay", "discount"):
        found = getattr(options, name) or []
        parts += [word for value in ([found] if isinstance(found, str) else found) for word in (f"--{name}", value)]
    return shlex.join(["advisor", *parts])


def _show_end(decision: Decision, rulebook: Rulebook, files: list[Path], options: argparse.Namespace) -> None:
    """The summary of the record, what would flip the outcome, the files, and the command that repeats it."""
    from advisor.report.templates import fill, summary

    sys.stdout.write("\n" + wrapped(summary(decision, options.templates)))
    named = {
        "flips": decision.flips[:_FLIPS_SHOWN],
        "more": len(decision.flips[_FLIPS_SHOWN:]),
        "files": [str(path) for path in files],
        "command": _command(options, ["decide", str(files[0]), "--date", decision.decided_on]),
        "decision": decision.model_dump(mode="json"),
    }
    sys.stdout.write(wrapped(fill("interview_end.txt.j2", named, options.templates)))
