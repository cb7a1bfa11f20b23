"""``advisor starter``: a decision in, a small project out that calls the decided route."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from advisor.cli.deciding import DATE_OF_RECORD, EXIT_CODES, decided_input, missing_answers
from advisor.cli.options import (
    NO_CATALOGUE,
    add_shared,
)
from advisor.common.diagnostics import Problem, printable
from advisor.decision.decide import decide
from advisor.domain.record_parts import Status
from advisor.domain.scenario import Route
from advisor.rulebook.loader import rulebook_in_use


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    help = "a decision record or a scenario; - is standard input"
    parser.add_argument("source", metavar="RECORD|SCENARIO", help=help)
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="the folder to write, new or empty")
    help, routes = "start with this feasible route (default: the decided one)", [str(route) for route in Route]
    parser.add_argument("--route", metavar="ROUTE", choices=routes, help=help)
    words = {"set": "set an answer", "date": DATE_OF_RECORD}
    add_shared(parser, "set", "date", "catalogue", "rules", "templates", **words)


def run(options: argparse.Namespace) -> int:
    """Decides, writes the kit, prints what to do next. Without a route nothing is written; exit codes as ``decide``."""
    from advisor.catalogue.loader import Endpoints, read_endpoints
    from advisor.starter_kit.kit import kit_files, kit_of, write_kit

    rulebook = rulebook_in_use(options.rules)
    scenario, catalogue, on = decided_input(options, rulebook, "used")
    decision = decide(scenario, rulebook, catalogue=catalogue, decided_on=on)
    if decision.status is not Status.RECOMMENDED:
        infeasible = Problem(
            "no route is feasible, so there is nothing to start with",
            help="`advisor explain` says which answers cannot hold together",
        )
        print(missing_answers(decision) if decision.status is Status.OPEN else infeasible, file=sys.stderr)
        return EXIT_CODES[decision.status]
    folder = None if options.catalogue == NO_CATALOGUE else options.catalogue
    endpoints = read_endpoints(folder, catalogue) if catalogue else Endpoints()
    kit = kit_of(decision, catalogue, endpoints, Route(options.route) if options.route else None)
    files = kit_files(kit, options.templates)
    write_kit(files, options.out)
    print(f"wrote {len(files)} files into {printable(str(options.out))}: `{kit.active.name}`, {kit.active.label}")
    for label, why in kit.unsupported:
        print(f"not supported: {label}, {why}")
    print("next:")
    print(f"  cd {printable(shlex.quote(str(options.out)))} && make setup && make test")
    if kit.active.missing:
        print(f"  fill in {', '.join(kit.active.missing)} of [routes.{kit.active.name}] in routes.toml")
    if kit.active.token_variable:
        print(f"  export {kit.active.token_variable}=...")
    if kit.active.name == Route.SELF_HOST:
        print("  start the server, as docs/self_hosting.md says")
    return EXIT_CODES[decision.status]
