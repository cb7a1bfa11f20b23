"""``advisor rules show``: the rulebook in readable form."""

from __future__ import annotations

import argparse
import shutil

from advisor.common.diagnostics import EXIT_OK
from advisor.rulebook.loader import load_rulebook

_PIPED = (120, 24)
"""The width without a terminal."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("--rule", metavar="ID", help="print one rule in full")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the rulebook, or one rule of it."""
    from advisor.rulebook.listing import overview, whole_rule

    rulebook = load_rulebook(options.rules)
    width = shutil.get_terminal_size(_PIPED).columns
    lines = overview(rulebook, width) if options.rule is None else whole_rule(rulebook, options.rule, width)
    print("\n".join(lines).strip())
    return EXIT_OK
