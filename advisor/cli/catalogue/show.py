"""``advisor catalogue show``: the catalogue in readable form."""

from __future__ import annotations

import argparse
import json

from advisor.cli.options import add_catalogue, add_json, catalogue_from
from advisor.common.diagnostics import EXIT_OK, BadInput, Problem
from advisor.common.terminal import terminal_width

_ROUTES = ("self_host", "open_weight_api", "closed_api")
"""Written out: importing the scenario's routes would slow down ``--help``."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("--route", metavar="ROUTE", choices=_ROUTES, help="only this route: " + ", ".join(_ROUTES))
    parser.add_argument("--model", metavar="ID", help="only this open checkpoint, such as flux-1-schnell")
    parser.add_argument("--provider", metavar="ID", help="only this provider or cloud, such as fal")
    add_catalogue(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the entries that fit."""
    from advisor.catalogue.listing import Selection, as_json, as_text, selected
    from advisor.domain.scenario import Route

    catalogue = catalogue_from(options)
    if catalogue is None:
        raise BadInput(Problem("there is no catalogue to show", "--catalogue", help="name a folder, or leave it out"))
    route = Route(options.route) if options.route else None
    lists = selected(catalogue, Selection(route, options.model, options.provider))
    if options.json:
        print(json.dumps(as_json(catalogue, lists), indent=2, ensure_ascii=False))
        return EXIT_OK
    print("\n".join(as_text(catalogue, lists, terminal_width())).strip())
    return EXIT_OK
