"""``advisor rules diff``: what changes from one rulebook to another."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.cli.options import add_catalogue, catalogue_from
from advisor.common.diagnostics import EXIT_DIFFERENCE, EXIT_OK, BadInput, Problem
from advisor.common.files import is_folder, read_text
from advisor.domain.record import Decision, is_record, parse_record
from advisor.rulebook.loader import load_rulebook
from advisor.rulebook.model import Rulebook

if TYPE_CHECKING:
    from advisor.catalogue.loader import Catalogue

MAX_RECORD_BYTES = 1_000_000


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("old", metavar="OLD", help="a rules folder")
    parser.add_argument("new", metavar="NEW", help="another rules folder")
    parser.add_argument(
        "--records", metavar="DIR", type=Path, help="also list which decision records in a folder would differ"
    )
    add_catalogue(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the difference. Exit code 5 if the outcome of a scenario or a record differs."""
    from advisor.domain.scenario_io import scenario_text
    from advisor.rule_testing.diff import Routes, difference

    def text(routes: Routes) -> str:
        return " or ".join(sorted(routes)) or "no route"

    old, new = load_rulebook(options.old), load_rulebook(options.new)
    catalogue = catalogue_from(options)
    records = _read(options.records) if options.records else {}
    print(f"old {old.digest}\nnew {new.digest}")
    found = difference(old, new)
    for change in found.rules:
        parts = f": {', '.join(change.parts)}" if change.parts else ""
        print(f"rule `{change.id}` {change.what}{parts}  --> {change.rule.file}:{change.rule.line}")
    if not found.rules:
        print("no rule differs")
    rows = sum(flipped.rows for flipped in found.flips)
    share = f"{100 * rows / found.rows:.2f} %" if found.rows else "none"
    print(f"\n{rows:,} of the {found.rows:,} kinds of scenario get another route ({share})")
    print(f"{found.other_axes:,} more keep their route and are decided by other axes")
    for flipped in found.flips:
        print(f"\n{flipped.rows:,}: {text(flipped.old)} -> {text(flipped.new)}, for instance")
        print("".join(f"  {line}\n" for line in scenario_text(flipped.witness).splitlines()), end="")
    differing = _print_records(records, new, catalogue) if options.records else 0
    return EXIT_DIFFERENCE if rows or found.other_axes or differing else EXIT_OK


def _read(folder: Path) -> dict[Path, Decision]:
    """The records of a folder. Read before the rulebooks are compared, which takes seconds."""
    if not is_folder(folder):
        raise BadInput(Problem("there is no such folder", file=str(folder), help="check --records"))
    paths = sorted(folder.rglob("*.json"))
    texts = {path: read_text(str(path), MAX_RECORD_BYTES) for path in paths}
    return {path: parse_record(text, str(path)) for path, text in texts.items() if is_record(text)}


def _print_records(records: dict[Path, Decision], new: Rulebook, catalogue: Catalogue | None) -> int:
    """Prints which records would differ under the new rules, and returns how many."""
    from advisor.rule_testing.diff import changed_record

    differing = 0
    print()
    for path, record in records.items():
        now = changed_record(record, new, catalogue, str(path))
        if now:
            status, route, axis = now
            before = f"{record.route or record.status} ({record.deciding_axis or 'no axis'})"
            print(f"{path}: {before} -> {route or status} ({axis or 'no axis'})")
            differing += 1
    print(f"{differing} of {len(records)} records would differ")
    return differing
