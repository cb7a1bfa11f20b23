"""``advisor catalogue age``: which figures are old, and which of them could turn the advice of a decision."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.cli.options import add_catalogue, add_date, add_json, catalogue_from, parse_date
from advisor.common.diagnostics import EXIT_BAD_INPUT, EXIT_OK, BadInput, Problem, printable
from advisor.common.terminal import terminal_width, wrapped

if TYPE_CHECKING:
    import datetime

    from advisor.catalogue.ageing import AgedEntry
    from advisor.catalogue.entries import MovementForm
    from advisor.catalogue.loader import Catalogue
    from advisor.domain.record import AgeingFigure
    from advisor.verification.recheck import AgedRecord


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    help = "a decision record, or a folder of them: its figures (default: those of the catalogue)"
    parser.add_argument("source", metavar="RECORD", nargs="?", help=help)
    add_date(parser, "the day on which their age is counted (default: today)")
    add_catalogue(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the old figures. Exit code 2 if a record cannot be read."""
    catalogue, on = catalogue_from(options), parse_date(options.date)
    if catalogue is None:
        what = "without a catalogue it is not known how figures move"
        raise BadInput(Problem(what, "--catalogue", help="name a folder, or leave it out"))
    if options.source is None:
        return _of_catalogue(catalogue, on, options.json)
    from advisor.verification.recheck import aged_records

    found = list(aged_records(Path(options.source), catalogue, on))
    records = [one for one in found if not isinstance(one, BadInput)]
    faults = [one for one in found if isinstance(one, BadInput)]
    if options.json:
        data = [{"file": str(one.path), "figures": one.figures, "old": _dumped(one.old)} for one in records]
        sys.stdout.write(_json({"date": str(on), "records": data}))
    elif records or not faults:
        sys.stdout.write(_text(_lines_of_records(records, on)))
    for fault in faults:
        print(fault, file=sys.stderr)
    return EXIT_BAD_INPUT if faults else EXIT_OK


def old_figure(figure: AgeingFigure) -> str:
    """One old figure of a record, and where the advice turns if it has moved that far."""
    was = f"{figure.field} {figure.value} ({printable(figure.offer)}), {figure.age_days} days old"
    if figure.could_reach is None:
        return f"{was}: the advice does not turn if it has moved as such figures do"
    to = figure.route or "several routes are possible"
    return f"{was}: may be {figure.could_reach} by now, and past {figure.flips_at} the advice turns: {to}"


def _lines_of_records(records: list[AgedRecord], on: datetime.date) -> list[str]:
    lines = []
    for one in records:
        old = len({figure.field for figure in one.old})
        lines.append(f"{printable(str(one.path))}: {one.figures} figures from the catalogue, {old} of them old on {on}")
        lines += [f"  {old_figure(figure)}" for figure in one.old]
    return lines or ["no record is here"]


def _of_catalogue(catalogue: Catalogue, on: datetime.date, as_json: bool) -> int:
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
        sys.stdout.write(_json({"date": str(on), "movements": movements, "figures": figures}))
        return EXIT_OK
    old = [one for one in aged if one.is_old]
    lines = [f"{len(aged)} figures hold on {on}, {len(old)} of them are old"]
    for movement in catalogue.movements:
        lines += ["", *_kind(movement), *_table([one for one in old if one.kind == movement.id])]
    sys.stdout.write(_text(lines))
    return EXIT_OK


def _kind(movement: MovementForm) -> list[str]:
    moved = f"up {movement.rises_percent}%, down {movement.falls_percent}% in {movement.in_days} days"
    head = f"{movement.id}: old after {movement.old_after_days} days; such figures have moved: {moved}"
    return [head, *wrapped(f"{movement.reason} ({movement.source})").splitlines()]


def _table(old: list[AgedEntry]) -> list[str]:
    from advisor.common.terminal import table
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
    return list(table(("entry", "value", "as of", "days", "may be by now"), [("", rows)], terminal_width()))


def _dumped(figures: tuple[AgeingFigure, ...]) -> list[dict[str, Any]]:
    return [figure.model_dump(mode="json") for figure in figures]


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _json(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
