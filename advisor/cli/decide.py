"""``advisor decide``: a scenario file in, a memo or a record out."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

from advisor.cli.deciding import EXIT_CODES, confirm_overwriting, missing_answers, on_terminal
from advisor.cli.options import (
    add_shared,
    catalogue_from,
    parse_date,
)
from advisor.common.diagnostics import BadInput, Problem, printable
from advisor.common.files import STANDARD_INPUT
from advisor.common.terminal import wrapped
from advisor.decision.competition import model_faults
from advisor.decision.decide import decide
from advisor.domain.record import Decision
from advisor.domain.record_parts import Status
from advisor.domain.scenario_io import read_scenario
from advisor.rulebook.loader import rulebook_in_use

FORMATS = ("md", "html", "txt", "json")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("scenario", metavar="SCENARIO", help="a scenario file, YAML or JSON; - is standard input")
    words = {"set": "set an answer, overriding the file", "json": "print only the decision record"}
    add_shared(parser, "set", "json", **words)
    parser.add_argument("--format", metavar="FORMAT", choices=FORMATS, help=f"print {', '.join(FORMATS)} (default: md)")
    parser.add_argument("--out", metavar="DIR", type=Path, help="write scenario, record and memo into a folder")
    parser.add_argument("--pdf", action="store_true", help="with --out: write the memo as PDF too")
    help = "with --out: the earlier memo (NAME.memo.md) that this decision replaces"
    parser.add_argument("--supersedes", metavar="OLD", type=Path, help=help)
    add_shared(parser, "date", "catalogue", "rules", "templates")


def run(options: argparse.Namespace) -> int:
    """Decides and prints. Exit code by status: 0 recommended, 3 answers missing, 4 infeasible."""
    if options.supersedes and not options.out:
        what = "a memo can only be superseded by one that is written"
        raise BadInput(Problem(what, file="--supersedes", help="add --out DIR"))
    if options.pdf and not options.out:
        raise BadInput(Problem("a PDF is written next to the memo", file="--pdf", help="add --out DIR"))
    if options.json and options.format not in (None, "json"):
        raise BadInput(Problem(f"`--json` and `--format {options.format}` contradict each other", help="keep one"))
    options.format = "json" if options.json else options.format
    decided_on = parse_date(options.date)
    catalogue = catalogue_from(options)
    scenario = read_scenario(options.scenario, tuple(options.set), partial(model_faults, catalogue))
    rulebook = rulebook_in_use(options.rules)
    decision = decide(scenario, rulebook, catalogue=catalogue, decided_on=decided_on)
    shown = _shown(decision, options)
    # Printed last, so that stdout stays empty when a file cannot be written.
    if options.out:
        from advisor.verification.artifacts import name_of, overwritten, write_decision

        name = name_of(options.scenario)
        ask = on_terminal() and options.scenario != STANDARD_INPUT
        confirm_overwriting(overwritten(decision, options.out, name), ask=ask)
        written = write_decision(
            decision, rulebook, options.out, name, options.templates, options.pdf, options.supersedes, catalogue
        )
        if not written.compared:
            print(_not_compared(options.supersedes), file=sys.stderr)
        shown += "" if options.format else "".join(f"wrote {path}\n" for path in written.paths)
    sys.stdout.write(shown)
    if decision.status is Status.OPEN:
        print(missing_answers(decision), file=sys.stderr)
    return EXIT_CODES[decision.status]


def _not_compared(old: Path) -> str:
    """The note on a superseded memo that was decided with other rules or another catalogue."""
    what = f"the rules or the catalogue have changed since {old} was decided, so its facts were not verified"
    help = "verify them with `advisor verify`, with --rules and --catalogue as it was decided"
    return f"note: {printable(what)}\n  help: {help}"


def _shown(decision: Decision, options: argparse.Namespace) -> str:
    """The output on stdout: the record, the memo, or the summary if files are written."""
    if options.format == "json":
        return decision.to_json()
    from advisor.report.templates import memo_markdown, summary

    if options.format == "html":
        from advisor.report.html import memo_html

        return memo_html(decision, options.templates)
    if options.format == "txt":
        from advisor.report.text import memo_text

        return memo_text(decision, options.templates)
    if options.out and not options.format:
        return wrapped(summary(decision, options.templates))
    return memo_markdown(decision, options.templates)
