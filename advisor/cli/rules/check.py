"""``advisor rules check``: loads the rulebook and the catalogue, which refuses every fault; warns of likely mistakes
and of questions without words.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from advisor.cli.options import add_date, parse_date
from advisor.common.diagnostics import EXIT_DIFFERENCE, EXIT_OK, Problem
from advisor.rulebook.loader import load_rulebook


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("--catalogue", metavar="DIR", help="a catalogue folder in place of the bundled one")
    add_date(parser, "the day after which a figure of the catalogue is of the future (default: today)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints every warning, and what was loaded. Exit code 2 for faults, 5 for warnings."""
    from advisor.catalogue import lint
    from advisor.catalogue.loader import load_catalogue
    from advisor.interview.unworded import unworded
    from advisor.rulebook.lint.rules import findings

    today = parse_date(options.date)
    rulebook, catalogue = load_rulebook(options.rules), load_catalogue(options.catalogue)
    of_rules = [*findings(rulebook), *(problem._replace(level="warning") for problem in unworded())]
    of_catalogue = lint.findings(catalogue, today)
    for problem in (*of_rules, *of_catalogue):
        print(problem)
    rules, offers = len(rulebook.rules), len(catalogue.hosted) + len(catalogue.closed) + len(catalogue.gpus)
    print(f"{rules} rules, {len(rulebook.cases)} cases, {_counted(of_rules)}; {rulebook.digest}")
    print(f"{offers} offers, {len(catalogue.models)} checkpoints, {_counted(of_catalogue)}; {catalogue.digest}")
    return EXIT_DIFFERENCE if any(map(_warns, (*of_rules, *of_catalogue))) else EXIT_OK


def _warns(problem: Problem) -> bool:
    return problem.level == "warning"


def _counted(problems: Iterable[Problem]) -> str:
    number = sum(map(_warns, problems))
    return "1 warning" if number == 1 else f"{number or 'no'} warnings"
