"""The input of commands that decide again: a decision record, or a scenario with settings on top."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from functools import partial
from typing import TYPE_CHECKING

from advisor.cli.options import catalogue_from, parse_date
from advisor.common.files import STANDARD_INPUT, read_text
from advisor.decision.competition import model_faults
from advisor.domain.record import Decision, is_record, parse_record
from advisor.domain.scenario import Scenario
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
