"""``advisor rules check``: loads the rulebook and the catalogue, which refuses every fault; warns of likely mistakes
and of questions without words.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from advisor.cli.options import add_date, parse_date
from advisor.common.diagnostics import EXIT_DIFFERENCE, EXIT_OK, Problem
from advisor.rulebook.loader import load_rulebook


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("--catalogue", metavar="DIR", help="a catalogue folder in place of the bundled one")
    add_date(parser, "the day after which a figure of the catalogue is of the future (default: today)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints every warning, and what was loaded, first of the rules. Exit code 2 for faults, 5 for warnings."""
    from advisor.catalogue import lint
    from advisor.catalogue.loader import catalogue_in_use, read_endpoints
    from advisor.interview.answer_texts import unworded
    from advisor.rulebook.lint import findings

    today = parse_date(options.date)
    rulebook, catalogue = load_rulebook(options.rules), catalogue_in_use(options.catalogue)
    of_rules = [*findings(rulebook), *(problem._replace(level="warning") for problem in unworded())]
    read_endpoints(options.catalogue, catalogue)  # refuses every fault
    of_catalogue = lint.findings(catalogue, today)
    rules, offers = len(rulebook.rules), len(catalogue.hosted) + len(catalogue.closed) + len(catalogue.gpus)
    _print(of_rules, f"{rules} rules, {len(rulebook.cases)} cases", rulebook.digest)
    _print(of_catalogue, f"{offers} offers, {len(catalogue.models)} checkpoints", catalogue.digest)
    return EXIT_DIFFERENCE if any(map(_warns, (*of_rules, *of_catalogue))) else EXIT_OK


def _warns(problem: Problem) -> bool:
    return problem.level == "warning"


def _print(problems: Sequence[Problem], counted: str, digest: str) -> None:
    """The problems, and a line about what they are of."""
    for problem in problems:
        print(problem)
    number = sum(map(_warns, problems))
    warnings = "1 warning" if number == 1 else f"{number or 'no'} warnings"
    print(f"{counted}, {warnings}; {digest}")
