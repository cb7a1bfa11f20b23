"""``advisor catalogue``: the dated offers that decisions read, and their age: which could turn the advice by now."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.cli import catalogue_import
from advisor.cli.options import add_shared, catalogue_from, parse_date, print_json
from advisor.common.diagnostics import EXIT_BAD_INPUT, EXIT_OK, BadInput, Problem, printable
from advisor.common.terminal import table, terminal_width, wrapped

if TYPE_CHECKING:
    import datetime

    from advisor.catalogue.ageing import AgedEntry
    from advisor.catalogue.loader import Catalogue
    from advisor.domain.record import AgeingFigure
    from advisor.verification.recheck import AgedRecord

_COMMANDS = {
    "show": "print the offers with price, traits, source and date",
    "import": "show what a price list would change, and write it to an overlay",
    "age": "list the figures that are old, and which of them could turn a decision",
}
_ROUTES = ("self_host", "open_weight_api", "closed_api")
"""Written out: importing the scenario's routes would slow down ``--help``."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the sub-commands."""
    commands = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    show, imports, age = (commands.add_parser(name, help=help, description=help) for name, help in _COMMANDS.items())
    show.add_argument("--route", metavar="ROUTE", choices=_ROUTES, help="only this route: " + ", ".join(_ROUTES))
    show.add_argument("--model", metavar="ID", help="only this open checkpoint, such as flux-1-schnell")
    show.add_argument("--provider", metavar="ID", help="only this provider or cloud, such as fal")
    add_shared(show, "catalogue", "json")
    catalogue_import.configure(imports)
    help = "a decision record, or a folder of them: its figures (default: those of the catalogue)"
    age.add_argument("source", metavar="RECORD", nargs="?", help=help)
    add_shared(age, "date", "catalogue", "json", date="the day on which their age is counted (default: today)")


def run(options: argparse.Namespace) -> int:
    """Runs the sub-command. Raises BadInput without a catalogue."""
    if options.what == "import":
        return catalogue_import.run(options)
    catalogue = catalogue_from(options)
    on = parse_date(options.date) if options.what == "age" else None
    if catalogue is None:
        nothing = (
            "there is no catalogue to show" if on is None else "without a catalogue it is not known how figures move"
        )
        raise BadInput(Problem(nothing, "--catalogue", help="name a folder, or leave it out"))
    if on is None:
        return _show(catalogue, options)
    if options.source is None:
        return _age_of_catalogue(catalogue, on, options.json)
    return _age_of_records(catalogue, on, options)


def _show(catalogue: Catalogue, options: argparse.Namespace) -> int:
    """Prints the entries that fit."""
    from advisor.catalogue.listing import Selection, as_json, as_text, selected
    from advisor.domain.scenario import Route

    route = Route(options.route) if options.route else None
    lists = selected(catalogue, Selection(route, options.model, options.provider))
    if options.json:
        print_json(as_json(catalogue, lists))
    else:
        print("\n".join(as_text(catalogue, lists, terminal_width())).strip())
    return EXIT_OK


def _age_of_records(catalogue: Catalogue, on: datetime.date, options: argparse.Namespace) -> int:
    """Prints the old figures of records. Exit code 2 if a record cannot be read."""
    from advisor.verification.recheck import aged_records

    found = list(aged_records(Path(options.source), catalogue, on))
    records = [one for one in found if not isinstance(one, BadInput)]
    faults = [one for one in found if isinstance(one, BadInput)]
    if options.json:
        dumped = [[figure.model_dump(mode="json") for figure in one.old] for one in records]
        data = [
            {"file": str(one.path), "figures": one.figures, "old": old}
            for one, old in zip(records, dumped, strict=True)
        ]
        print_json({"date": str(on), "records": data})
    elif records or not faults:
        print(*(_lines_of_records(records, on) or ["no record is here"]), sep="\n")
    for fault in faults:
        print(fault, file=sys.stderr)
    return EXIT_BAD_INPUT if faults else EXIT_OK


def _lines_of_records(records: list[AgedRecord], on: datetime.date) -> list[str]:
    lines = []
    for one in records:
        old = len({figure.field for figure in one.old})
        lines.append(f"{printable(str(one.path))}: {one.figures} figures from the catalogue, {old} of them old on {on}")
        lines += [f"  {old_figure(figure)}" for figure in one.old]
    return lines


def old_figure(figure: AgeingFigure) -> str:
    """One old figure of a record, and where the advice turns if it has moved that far."""
    was = f"{figure.field} {figure.value} ({printable(figure.offer)}), {figure.age_days} days old"
    if figure.could_reach is None:
        return f"{was}: the advice does not turn if it has moved as such figures do"
    to = figure.route or "several routes are possible"
    return f"{was}: may be {figure.could_reach} by now, and past {figure.flips_at} the advice turns: {to}"


def _age_of_catalogue(catalogue: Catalogue, on: datetime.date, as_json: bool) -> int:
    """Prints the old figures of the catalogue, by kind; as JSON all of them."""
    from advisor.catalogue.ageing import aged_entries

    aged = list(aged_entries(catalogue, on))
    if as_json:
        figures = [
            {
                "entry": one.entry.id,
                "kind": one.kind,
                "value": str(one.value),
                "as_of": str(one.entry.as_of),
                "age_days": one.age_days,
                "old": one.is_old,
                "low": str(one.low),
                "high": str(one.high),
            }
            for one in aged
        ]
        movements = [movement.model_dump(mode="json", exclude_defaults=True) for movement in catalogue.movements]
        print_json({"date": str(on), "movements": movements, "figures": figures})
        return EXIT_OK
    old = [one for one in aged if one.is_old]
    print(f"{len(aged)} figures hold on {on}, {len(old)} of them are old")
    for movement in catalogue.movements:
        moved = f"up {movement.rises_percent}%, down {movement.falls_percent}% in {movement.in_days} days"
        print(f"\n{movement.id}: old after {movement.old_after_days} days; such figures have moved: {moved}")
        print(wrapped(f"{movement.reason} ({movement.source})"), end="")
        print(*_table([one for one in old if one.kind == movement.id]), sep="\n")
    return EXIT_OK


def _table(old: list[AgedEntry]) -> list[str]:
    from advisor.domain.quantity import plain

    if not old:
        return ["none is old"]
    rows = [
        (
            one.entry.id,
            plain(one.value),
            str(one.entry.as_of),
            str(one.age_days),
            f"{plain(one.low)} to {plain(one.high)}",
        )
        for one in sorted(old, key=lambda one: -one.age_days)
    ]
    return table(("entry", "value", "as of", "days", "may be by now"), [("", rows)], terminal_width())
