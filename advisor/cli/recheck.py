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
from advisor.cli.verify import mismatch_lines
from advisor.common.diagnostics import EXIT_BAD_INPUT, EXIT_DIFFERENCE, EXIT_OK, BadInput, Problem, printable
from advisor.common.files import is_folder
from advisor.rulebook.loader import rulebook_in_use

if TYPE_CHECKING:
    from advisor.verification.recheck import MixedSet, PriceChange, Rechecked


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
        print(*_lines(read, mixed, unreadable), sep="\n")
    for error in unreadable:
        print(error, file=sys.stderr)
    if unreadable:
        return EXIT_BAD_INPUT
    return EXIT_DIFFERENCE if mixed or any(one.differs and one.in_force for one in read) else EXIT_OK


def _lines(read: list[Rechecked], mixed: list[MixedSet], unreadable: list[BadInput]) -> list[str]:
    lines = [line for one in read if one.differs for line in _differing(one)]
    lines += [line for one in read for line in _old(one)]
    lines += [line for one in mixed for line in mismatch_lines(str(one.path), one.mismatched)]
    differ = [one for one in read if one.differs]
    counted = [one for one in differ if one.in_force]
    lines.append(f"{len(read)} records and memos decided again: {len(counted)} would differ")
    if len(differ) > len(counted):
        lines.append(f"{len(differ) - len(counted)} more would differ, and are no longer in force")
    if unreadable:
        lines.append(f"{len(unreadable)} cannot be read")
    return lines


def _differing(one: Rechecked) -> list[str]:
    aside = "" if one.in_force else " (no longer in force)"
    lines = [f"{printable(str(one.path))}{aside}: {printable(one.was)} -> {one.now}"]
    if one.no_longer:
        lines.append(f"  no longer fires: {printable(', '.join(one.no_longer))}")
    if one.newly:
        lines.append(f"  fires now: {', '.join(one.newly)}")
    lines += [_price(change) for change in one.prices]
    if one.same_rules and one.same_catalogue and not one.prices:
        lines.append("  it was decided with these same rules: `advisor verify` shows whether it was edited")
    elif not one.same_catalogue and not one.states_prices:
        lines.append("  it was decided with other prices: its record, NAME.decision.json, has them")
    elif not one.same_catalogue and not one.prices:
        lines.append("  no price that it states has changed: offers were added, or have ended, or their terms differ")
    if not one.same_rules and not one.no_longer and not one.newly:
        lines.append("  the same rules fire, but their content has changed")
    return lines


def _old(one: Rechecked) -> list[str]:
    """The figures of a record that are old and whose movement could turn its advice, and how many more are old."""
    turning = [figure for figure in one.old if figure.flips_at is not None]
    others = len({figure.field for figure in one.old} - {figure.field for figure in turning})
    if not one.old:
        return []
    more = [f"  {others} {'more ' if turning else ''}old, and their movement does not turn it"] if others else []
    return [f"{printable(str(one.path))}: old figures", *(f"  {old_figure(figure)}" for figure in turning), *more]


def _price(change: PriceChange) -> str:
    """An amount then and now, with the offers that it is from."""
    was = f"{change.was} ({printable(change.offer_was or 'no offer')})"
    now = f"{change.now} ({change.offer_now or 'an answer'})" if change.now else "no offer that is known to fit"
    past = f", past {change.past}, where its advice turns" if change.past else ""
    return f"  {change.field}: {was} -> {now}{past}"


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
