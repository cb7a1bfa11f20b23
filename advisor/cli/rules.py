"""``advisor rules``: for the maintainer of ``rules/``."""

from __future__ import annotations

import argparse

from advisor.cases import failures
from advisor.errors import EXIT_DIFFERENCE, EXIT_OK
from advisor.rulebook.load import load_rulebook


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("what", metavar="check|test", choices=("check", "test"), help="load it, or run its cases")
    parser.add_argument("--rules", metavar="DIR", help="a rules folder in place of the bundled one")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Loads the rulebook, which checks it; ``test`` then decides every case. Exit code 5 when a case fails."""
    rulebook = load_rulebook(options.rules)
    if options.what == "check":
        print(f"{len(rulebook.rules)} rules and {len(rulebook.cases)} cases, no fault; {rulebook.digest}")
        return EXIT_OK
    found = failures(rulebook)
    for failure in found:
        print(failure)
    print(f"{len(rulebook.cases) - len(found)} cases hold, {len(found)} do not")
    return EXIT_DIFFERENCE if found else EXIT_OK
