"""Shared by the commands that decide: their input, their exit codes, and the question before files are overwritten."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from functools import partial
from typing import TYPE_CHECKING

from advisor.cli.options import catalogue_from, parse_date
from advisor.common.diagnostics import EXIT_ANSWERS_MISSING, EXIT_INFEASIBLE, EXIT_OK, BadInput, Problem
from advisor.common.files import STANDARD_INPUT, read_text
from advisor.decision.competition import model_faults
from advisor.domain.record import Decision, is_record, parse_record
from advisor.domain.record_parts import Status
from advisor.domain.scenario import FIELDS, Scenario
from advisor.domain.scenario_io import parse_scenario
from advisor.rulebook.model import Rulebook

if TYPE_CHECKING:
    from advisor.catalogue.loader import Catalogue


def decided_input(
    options: argparse.Namespace, rulebook: Rulebook, verb: str
) -> tuple[Scenario, Catalogue | None, datetime.date]:
    """The scenario in the file or in the record, the catalogue if it was decided with one, and the date.

    ``verb`` says in a note what is done with today's rules where a record was decided with others. Raises BadInput.
    """
    file = "standard input" if options.source == STANDARD_INPUT else options.source
    text, catalogue, on = read_text(options.source), catalogue_from(options), parse_date(options.date)
    if is_record(text):
        record = parse_record(text, file)
        text = json.dumps(record.scenario)
        on = on if options.date else record.date(file)
        catalogue = catalogue if record.catalogue_digest else None
        _note_changes(record, rulebook, catalogue, verb)
    return parse_scenario(text, file, tuple(options.set), partial(model_faults, catalogue)), catalogue, on


def _note_changes(record: Decision, rulebook: Rulebook, catalogue: Catalogue | None, verb: str) -> None:
    """Notes on stderr that rules or prices are not those of the record."""
    rules = record.rulebook_digest != rulebook.digest
    prices = record.catalogue_digest != (catalogue.digest if catalogue else None)
    if rules or prices:
        changed = ["the rules"] * rules + ["the catalogue"] * prices
        today = ["rules"] * rules + ["prices"] * prices
        have = "have" if rules else "has"
        what = f"{' and '.join(changed)} {have} changed since this record"
        print(f"note: {what}; today's {' and '.join(today)} are {verb}", file=sys.stderr)


DATE_OF_RECORD = "the date of the decision (default: that of the record, else today)"
EXIT_CODES = {Status.RECOMMENDED: EXIT_OK, Status.OPEN: EXIT_ANSWERS_MISSING, Status.INFEASIBLE: EXIT_INFEASIBLE}


def missing_answers(decision: Decision) -> Problem:
    """The questions that can still change the outcome of an open decision."""
    first = decision.open_questions[0]
    spec = FIELDS[first]
    example = spec.options[-1] if spec.options else (spec.quantity.example if spec.quantity else "...")
    return Problem(
        "answers are missing: " + ", ".join(f"`{name}`" for name in decision.open_questions),
        help=f"the most decisive is `{first}`; add it to the scenario, or try --set {first}={example}",
    )


def on_terminal() -> bool:
    """Whether a person can be asked: both the answer and the question are on a terminal."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def confirm_overwriting(warning: Problem | None, *, ask: bool) -> None:
    """Prints the warning. With ``ask`` only a `y` goes on; a script is warned, and goes on. Raises BadInput."""
    if warning is None:
        return
    print(warning, file=sys.stderr)
    if not ask:
        return
    print("overwrite it? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise BadInput(Problem("nothing was written", warning.file, help="choose another name or folder"))
