"""``advisor schema``: JSON Schemas for other programs."""

from __future__ import annotations

import argparse
import json
from typing import Any

from advisor.common.diagnostics import EXIT_OK


def _scenario() -> dict[str, Any]:
    from advisor.domain.scenario import Scenario

    return Scenario.model_json_schema()


def _decision() -> dict[str, Any]:
    from advisor.domain.record import Decision

    return Decision.model_json_schema()


def _rules() -> dict[str, Any]:
    from advisor.rulebook.schema import rules_schema

    return rules_schema()


_SCHEMAS = {"scenario": _scenario, "decision": _decision, "rules": _rules}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    help = "scenario, decision, or rules: the files of a rules folder"
    parser.add_argument("what", metavar="WHAT", choices=tuple(_SCHEMAS), help=help)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints one JSON Schema."""
    print(json.dumps(_SCHEMAS[options.what](), indent=2))
    return EXIT_OK
