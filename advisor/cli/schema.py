"""``advisor schema``: JSON Schemas for other programs."""

from __future__ import annotations

import argparse
import json

from advisor.common.diagnostics import EXIT_OK


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    help = "scenario, decision, portfolio (its record), or the files of a folder: rules, catalogue"
    choices = ("scenario", "decision", "portfolio", "rules", "catalogue")
    parser.add_argument("what", metavar="WHAT", choices=choices, help=help)


def run(options: argparse.Namespace) -> int:
    """Prints one JSON Schema."""
    from advisor.catalogue.loader import catalogue_schema
    from advisor.domain.record import Decision
    from advisor.domain.scenario import Scenario
    from advisor.portfolio.record import PortfolioPlan
    from advisor.rulebook.schema import rules_schema

    schemas = {
        "scenario": Scenario.model_json_schema,
        "decision": Decision.model_json_schema,
        "portfolio": PortfolioPlan.model_json_schema,
        "rules": rules_schema,
        "catalogue": catalogue_schema,
    }
    print(json.dumps(schemas[options.what](), indent=2))
    return EXIT_OK
