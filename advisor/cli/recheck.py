"""``advisor recheck``: a folder of decisions under today's rules and prices."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.cli.catalogue import old_figure
from advisor.cli.options import (
    add_shared,
    catalogue_from,
    parse_date,
    print_json,
)
from advisor.common.diagnostics import EXIT_BAD_INPUT, EXIT_DIFFERENCE, EXIT_OK, BadInput, Problem
from advisor.common.files import is_folder
from advisor.rulebook.loader import rulebook_in_use

if TYPE_CHECKING:
    from advisor.verification.recheck import MixedSet, Rechecked


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="where the records and memos are, at any depth")
    help = "the day on which offers are valid and their prices old (default: today)"
    add_shared(parser, "json", "date", "catalogue", "rules", date=help)


def run(options: argparse.Namespace) -> int:
    """Lists what would differ. Exit code 5 if a decision in force would, 2 if a file cannot be read."""
    from advisor.verification.recheck import MixedSet, Rechecked, rechecked

    if not is_folder(options.folder):
        raise BadInput(Problem("there is no such folder", file=str(options.folder), help="check the path"))
    on, catalogue = parse_date(options.date), catalogue_from(options)
    found = list(rechecked(options.folder, rulebook_in_use(options.rules), catalogue, on))
    unreadable = [error for error in found if isinstance(error, BadInput)]
    read = [one for one in found if isinstance(one, Rechecked)]
    mixed = [one for one in found if isinstance(one, MixedSet)]
    if options.json:
        print_json(_data(read, mixed, unreadable))
    else:
        from advisor.report.templates import fill

        found_by_kind = {"read": read, "mixed": mixed, "unreadable": unreadable, "old_figure": old_figure}
        sys.stdout.write(fill("recheck.txt.j2", found_by_kind))
    for error in unreadable:
        print(error, file=sys.stderr)
    if unreadable:
        return EXIT_BAD_INPUT
    return EXIT_DIFFERENCE if mixed or any(one.differs and one.in_force for one in read) else EXIT_OK


def _data(read: list[Rechecked], mixed: list[MixedSet], unreadable: list[BadInput]) -> dict[str, object]:
    return {
        "files": [
            {
                "file": str(one.path),
                "differs": one.differs,
                "was": one.was,
                "now": one.now,
                "no_longer_fires": one.no_longer,
                "fires_now": one.newly,
                "same_rules": one.same_rules,
                "same_catalogue": one.same_catalogue,
                "prices": [asdict(change) for change in one.prices],
                "old": [figure.model_dump(mode="json") for figure in one.old],
                "in_force": one.in_force,
            }
            for one in read
        ],
        "mixed": [{"file": str(one.path), "of_another_decision": list(map(asdict, one.mismatched))} for one in mixed],
        "differing": sum(one.differs and one.in_force for one in read),
        "unreadable": [
            {name: getattr(problem, name) for name in ("file", "line", "field", "what")}
            for error in unreadable
            for problem in error.problems
        ],
    }
