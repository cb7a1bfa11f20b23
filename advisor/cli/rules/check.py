"""``advisor rules check``: loads the rulebook, which checks all of it."""

from __future__ import annotations

import argparse

from advisor.errors import EXIT_OK
from advisor.rulebook.load import load_rulebook


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints what was loaded. Faults end it with exit code 2."""
    rulebook = load_rulebook(options.rules)
    print(f"{len(rulebook.rules)} rules and {len(rulebook.cases)} cases, no fault; {rulebook.digest}")
    return EXIT_OK
