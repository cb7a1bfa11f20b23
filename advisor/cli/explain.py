"""``advisor explain``: what would flip a decision, which answers conflict, why not another route, what forces it."""

from __future__ import annotations

import argparse
import json
import sys

from advisor.cli.deciding import DATE_OF_RECORD, EXIT_CODES, decided_input
from advisor.cli.options import add_shared, print_json
from advisor.common.diagnostics import BadInput, Problem
from advisor.decision.competition import competing
from advisor.decision.decide import decide
from advisor.domain.record import Decision
from advisor.domain.record_parts import Status
from advisor.domain.scenario import Route
from advisor.evaluation.facts import answer_facts
from advisor.explanation.sufficient_reasons import sufficient_reasons
from advisor.rulebook.loader import rulebook_in_use
from advisor.scenario_space.completions import completions_of

_IN_RECORD = (
    *("status", "route", "deciding_axes", "flips", "conflicts", "repairs", "why_not"),
    *("turning_points", "route_by_own_cost", "open_questions"),
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    help = "a decision record or a scenario; - is standard input"
    parser.add_argument("source", metavar="RECORD|SCENARIO", help=help)
    routes = [str(route) for route in Route]
    parser.add_argument("--why-not", metavar="ROUTE", choices=routes, help="explain only this other route")
    words = {"set": "set an answer", "json": "print the explanations as JSON", "date": DATE_OF_RECORD}
    add_shared(parser, "set", "json", "date", "catalogue", "rules", "templates", **words)


def run(options: argparse.Namespace) -> int:
    """Decides again and prints the explanations. Exit codes as ``decide``."""
    from advisor.report.explanation import explanation_text

    rulebook = rulebook_in_use(options.rules)
    scenario, catalogue, on = decided_input(options, rulebook, "explained")
    decision = decide(scenario, rulebook, catalogue=catalogue, decided_on=on)
    if options.why_not is not None and options.why_not == decision.route:
        what = f"`{options.why_not}` is the route recommended here"
        raise BadInput(Problem(what, file="--why-not", help="name another route"))
    sufficient = None
    if decision.status is not Status.OPEN:
        completions = completions_of(competing(rulebook, catalogue, scenario, on))
        sufficient = sufficient_reasons(completions, answer_facts(scenario), decision.route)
    if options.json:
        print_json(_data(decision, sufficient))
    else:
        route = Route(options.why_not) if options.why_not else None
        sys.stdout.write(explanation_text(decision, sufficient, route, options.templates))
    return EXIT_CODES[decision.status]


def _data(decision: Decision, sufficient: list[tuple[str, ...]] | None) -> dict[str, object]:
    record = json.loads(decision.to_json())
    leads = {
        question: [
            {"answer": one.option, "outcomes": [*sorted(one.routes), *one.outcomes[len(one.routes) :]]} for one in found
        ]
        for question, found in decision.leads.items()
    }
    return {**{key: record[key] for key in _IN_RECORD}, "sufficient_reasons": sufficient, "leads": leads}
