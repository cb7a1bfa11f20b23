"""``advisor recheck``: a folder of decisions under today's rules."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.cli.options import add_json, add_rules
from advisor.cli.verify import mismatch_lines
from advisor.common.diagnostics import EXIT_BAD_INPUT, EXIT_DIFFERENCE, EXIT_OK, BadInput, Problem, printable
from advisor.common.files import is_folder
from advisor.rulebook.loader import rulebook_in_use

if TYPE_CHECKING:
    from advisor.verification.recheck import MixedSet, Rechecked


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="where the records and memos are, at any depth")
    add_json(parser)
    add_rules(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Lists what would differ. Exit code 5 if a decision in force would, 2 if a file cannot be read."""
    from advisor.verification.recheck import MixedSet, Rechecked, rechecked

    if not is_folder(options.folder):
        raise BadInput(Problem("there is no such folder", file=str(options.folder), help="check the path"))
    found = list(rechecked(options.folder, rulebook_in_use(options.rules)))
    unreadable = [error for error in found if isinstance(error, BadInput)]
    read = [one for one in found if isinstance(one, Rechecked)]
    mixed = [one for one in found if isinstance(one, MixedSet)]
    sys.stdout.write(_json(read, mixed, unreadable) if options.json else _text(read, mixed, unreadable))
    for error in unreadable:
        print(error, file=sys.stderr)
    if unreadable:
        return EXIT_BAD_INPUT
    return EXIT_DIFFERENCE if mixed or any(one.differs and one.in_force for one in read) else EXIT_OK


def _text(read: list[Rechecked], mixed: list[MixedSet], unreadable: list[BadInput]) -> str:
    lines = [line for one in read if one.differs for line in _differing(one)]
    lines += [line for one in mixed for line in mismatch_lines(str(one.path), one.mismatched)]
    differ = [one for one in read if one.differs]
    counted = [one for one in differ if one.in_force]
    lines.append(f"{len(read)} records and memos decided again: {len(counted)} would differ")
    if len(differ) > len(counted):
        lines.append(f"{len(differ) - len(counted)} more would differ, and are no longer in force")
    if unreadable:
        lines.append(f"{len(unreadable)} cannot be read")
    return "".join(f"{line}\n" for line in lines)


def _differing(one: Rechecked) -> list[str]:
    aside = "" if one.in_force else " (no longer in force)"
    lines = [f"{printable(str(one.path))}{aside}: {printable(one.was)} -> {one.now}"]
    if one.no_longer:
        lines.append(f"  no longer fires: {printable(', '.join(one.no_longer))}")
    if one.newly:
        lines.append(f"  fires now: {', '.join(one.newly)}")
    if one.same_rules:
        lines.append("  it was decided with these same rules: `advisor verify` shows whether it was edited")
    elif not one.no_longer and not one.newly:
        lines.append("  the same rules fire, but their content has changed")
    return lines


def _json(read: list[Rechecked], mixed: list[MixedSet], unreadable: list[BadInput]) -> str:
    data = {
        "files": [
            {
                "file": str(one.path),
                "differs": one.differs,
                "was": one.was,
                "now": one.now,
                "no_longer_fires": one.no_longer,
                "fires_now": one.newly,
                "same_rules": one.same_rules,
                "in_force": one.in_force,
            }
            for one in read
        ],
        "mixed": [{"file": str(one.path), "of_another_decision": list(map(asdict, one.mismatched))} for one in mixed],
        "differing": sum(one.differs and one.in_force for one in read),
        "unreadable": [
            {"file": problem.file, "line": problem.line, "field": problem.field, "what": problem.what}
            for error in unreadable
            for problem in error.problems
        ],
    }
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
