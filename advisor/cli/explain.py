"""``advisor explain``: what would flip a decision, which answers conflict, why not another route, what forces it."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from functools import partial
from typing import TYPE_CHECKING

from advisor.cli.exit_codes import EXIT_CODES
from advisor.cli.options import (
    add_catalogue,
    add_date,
    add_json,
    add_rules,
    add_settings,
    add_templates,
    catalogue_from,
    parse_date,
)
from advisor.common.diagnostics import BadInput, Problem
from advisor.common.files import STANDARD_INPUT, read_text
from advisor.decision.competition import competing, model_faults
from advisor.decision.decide import decide
from advisor.domain.record import Decision, Status, is_record, parse_record
from advisor.domain.scenario import Route, Scenario
from advisor.domain.scenario_io import parse_scenario
from advisor.evaluation.facts import answer_facts
from advisor.explanation.sufficient_reasons import sufficient_reasons
from advisor.rulebook.loader import rulebook_in_use
from advisor.rulebook.model import Rulebook
from advisor.scenario_space.completions import completions_of

if TYPE_CHECKING:
    from advisor.catalogue.loader import Catalogue

_IN_RECORD = (
    *("status", "route", "deciding_axes", "flips", "conflicts", "repairs", "why_not"),
    *("turning_points", "route_by_own_cost", "open_questions"),
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument(
        "source", metavar="RECORD|SCENARIO", help="a decision record or a scenario; - is standard input"
    )
    parser.add_argument(
        "--why-not", metavar="ROUTE", choices=[str(route) for route in Route], help="explain only this other route"
    )
    add_settings(parser, "set an answer")
    add_json(parser, "print the explanations as JSON")
    add_date(parser, "the date of the decision (default: that of the record, else today)")
    add_catalogue(parser)
    add_rules(parser)
    add_templates(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Decides again and prints the explanations. Exit codes as ``decide``."""
    from advisor.report.explanation import explanation_text

    rulebook = rulebook_in_use(options.rules)
    scenario, catalogue, on = _input(options, rulebook)
    decision = decide(scenario, rulebook, catalogue=catalogue, decided_on=on)
    if options.why_not is not None and options.why_not == decision.route:
        what = f"`{options.why_not}` is the route recommended here"
        raise BadInput(Problem(what, file="--why-not", help="name another route"))
    sufficient = None
    if decision.status is not Status.OPEN:
        completions = completions_of(competing(rulebook, catalogue, scenario, on))
        sufficient = sufficient_reasons(completions, answer_facts(scenario), decision.route)
    if options.json:
        sys.stdout.write(json.dumps(_data(decision, sufficient), ensure_ascii=False, indent=2) + "\n")
    else:
        route = Route(options.why_not) if options.why_not else None
        sys.stdout.write(explanation_text(decision, sufficient, route, options.templates))
    return EXIT_CODES[decision.status]


def _input(options: argparse.Namespace, rulebook: Rulebook) -> tuple[Scenario, Catalogue | None, datetime.date]:
    """The scenario in the file or in the record, the catalogue if it was decided with one, and the date."""
    file = "standard input" if options.source == STANDARD_INPUT else options.source
    text, catalogue, on = read_text(options.source), catalogue_from(options), parse_date(options.date)
    if is_record(text):
        record = parse_record(text, file)
        text = json.dumps(record.scenario)
        on = on if options.date else record.date(file)
        catalogue = catalogue if record.catalogue_digest else None
        _note_changes(record, rulebook, catalogue)
    return parse_scenario(text, file, tuple(options.set), partial(model_faults, catalogue)), catalogue, on


def _note_changes(record: Decision, rulebook: Rulebook, catalogue: Catalogue | None) -> None:
    """Notes on stderr that rules or prices are not those of the record."""
    rules = record.rulebook_digest != rulebook.digest
    prices = record.catalogue_digest != (catalogue.digest if catalogue else None)
    if rules or prices:
        changed = ["the rules"] * rules + ["the catalogue"] * prices
        today = ["rules"] * rules + ["prices"] * prices
        verb = "have" if rules else "has"
        what = f"{' and '.join(changed)} {verb} changed since this record"
        print(f"note: {what}; today's {' and '.join(today)} are explained", file=sys.stderr)


def _data(decision: Decision, sufficient: list[tuple[str, ...]] | None) -> dict[str, object]:
    record = json.loads(decision.to_json())
    leads = {
        question: [
            {"answer": one.option, "outcomes": [*sorted(one.routes), *one.outcomes[len(one.routes) :]]} for one in found
        ]
        for question, found in decision.leads.items()
    }
    return {**{key: record[key] for key in _IN_RECORD}, "sufficient_reasons": sufficient, "leads": leads}
