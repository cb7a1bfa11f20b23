"""``advisor rules coverage``: which conditions of the rules the cases prove relevant."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from advisor.common.diagnostics import EXIT_DIFFERENCE, EXIT_OK
from advisor.rulebook.loader import load_rulebook

if TYPE_CHECKING:
    from advisor.rule_testing.coverage import ConditionCoverage, Evidence

_HEADINGS = ("rule", "condition", "relevant when true", "relevant when false")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("--rule", metavar="ID", help="only the conditions of one rule")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints a table with a case for each condition, and the percentage. Exit code 5 when it is below 100."""
    from advisor.rule_testing.coverage import coverage
    from advisor.rule_testing.mutation import checked

    rulebook = load_rulebook(options.rules)
    found = coverage(rulebook, checked(options.rule, rulebook.rules))
    table = [_HEADINGS, *map(_cells, found.lines)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    wanted = len(found.counted)
    share = f"{100 * found.covered // max(1, wanted)} %: {found.covered} of {wanted}"
    print(f"\n{share} are shown by a case; `never` is not counted, because no scenario shows it")
    return EXIT_OK if found.covered == wanted else EXIT_DIFFERENCE


def _cells(line: ConditionCoverage) -> tuple[str, str, str, str]:
    when_false = "" if line.when_false is None else _answer(line.when_false)
    return line.rule.id, line.condition or "(the rule itself)", _answer(line.when_true), when_false


def _answer(shown: Evidence) -> str:
    if shown.case is not None:
        return f"yes: {shown.case}"
    return "never" if shown.never else "no"
