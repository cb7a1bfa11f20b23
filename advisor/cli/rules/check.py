"""``advisor rules check``: loads the rulebook, which refuses every fault; warns of likely mistakes and of questions
without words.
"""

from __future__ import annotations

import argparse

from advisor.common.diagnostics import EXIT_DIFFERENCE, EXIT_OK
from advisor.rulebook.loader import load_rulebook


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints every warning, and what was loaded. Exit code 2 for faults, 5 for warnings."""
    from advisor.interview.unworded import unworded
    from advisor.rulebook.lint.rules import findings

    rulebook = load_rulebook(options.rules)
    found = [*findings(rulebook), *(problem._replace(level="warning") for problem in unworded())]
    for warning in found:
        print(warning)
    warnings = "1 warning" if len(found) == 1 else f"{len(found) or 'no'} warnings"
    print(f"{len(rulebook.rules)} rules, {len(rulebook.cases)} cases, {warnings}; {rulebook.digest}")
    return EXIT_DIFFERENCE if found else EXIT_OK
