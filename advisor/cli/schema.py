"""``advisor schema``: JSON Schemas for other programs."""

from __future__ import annotations

import argparse
import json

from pydantic import BaseModel

from advisor.errors import EXIT_OK
from advisor.record import Decision
from advisor.scenario import Scenario

_MODELS: dict[str, type[BaseModel]] = {"scenario": Scenario, "decision": Decision}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("what", metavar="WHAT", choices=tuple(_MODELS), help="scenario or decision")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints one JSON Schema."""
    print(json.dumps(_MODELS[options.what].model_json_schema(by_alias=True), indent=2))
    return EXIT_OK
