"""``advisor rules test``: decides the cases of the rulebook."""

from __future__ import annotations

import argparse

from advisor.common.diagnostics import EXIT_DIFFERENCE, EXIT_OK
from advisor.rulebook.loader import load_rulebook


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the cases whose outcome differs from what they expect. Exit code 5 if there are any."""
    from advisor.rule_testing.cases import failures

    rulebook = load_rulebook(options.rules)
    found = failures(rulebook)
    for failure in found:
        print(failure)
    print(f"{len(rulebook.cases) - len(found)} cases hold, {len(found)} do not")
    return EXIT_DIFFERENCE if found else EXIT_OK
