"""``advisor verify``: whether a memo or a record matches a fresh decision on its scenario."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, replace
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.cli.options import add_shared, catalogue_from, print_json
from advisor.common.diagnostics import EXIT_DIFFERENCE, EXIT_OK, MAX_SHOWN, printable
from advisor.common.files import STANDARD_INPUT, read_text
from advisor.rulebook.loader import rulebook_in_use

if TYPE_CHECKING:
    from advisor.verification.verify import Difference, Verification

_AROUND, _WIDTH = 30, 110
"""How much of a long line is shown: characters before the first difference, and in all."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    help = "a memo (Markdown or HTML) or a record, of a decision or of a portfolio's plan; - is standard input"
    parser.add_argument("source", metavar="MEMO|RECORD", help=help)
    add_shared(parser, "json", "catalogue", "rules", "templates")


def run(options: argparse.Namespace) -> int:
    """Prints the differences. Exit code 5 if there are any, and if the rules or the catalogue have changed."""
    from advisor.portfolio.plan_files import is_plan, verified_plan
    from advisor.verification.decision_set import MAX_BYTES
    from advisor.verification.verify import VerificationVerdict, verified, with_its_set

    file = "standard input" if options.source == STANDARD_INPUT else options.source
    text, rulebook = read_text(options.source, MAX_BYTES), rulebook_in_use(options.rules)
    of_plan, catalogue = is_plan(text), catalogue_from(options)
    found = (verified_plan if of_plan else verified)(text, file, rulebook, options.templates, catalogue)
    if options.source != STANDARD_INPUT and not of_plan:
        found = with_its_set(found, Path(options.source))
    if options.json:
        print_json({**asdict(found), "stands": found.same_outcome})
    else:
        sys.stdout.write(_text(found, "portfolio" if of_plan else "scenario"))
    return EXIT_OK if found.verdict is VerificationVerdict.VERIFIED else EXIT_DIFFERENCE


def _text(found: Verification, input: str) -> str:
    from advisor.report.templates import fill

    named = {
        "found": found,
        "input": input,
        "differences": [_shown(difference) for difference in found.differences[:MAX_SHOWN]],
        "more": max(0, len(found.differences) - MAX_SHOWN),
    }
    return fill("verify.txt.j2", named)


def _shown(found: Difference) -> Difference:
    """A difference with the parts of its lines around the first character that differs."""
    one, other = found.expected, found.found
    same = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(one or "", other or "", strict=False))))
    return replace(found, expected=_around(one, same), found=_around(other, same))


def _around(text: str | None, differs_at: int) -> str | None:
    """A line, or the part of it around the first difference."""
    if not text:
        return text
    body = text.rstrip(" ")
    text = body + r"\x20" * (len(text) - len(body))
    start = max(0, differs_at - _AROUND) if len(text) > _WIDTH else 0
    shown = text[start : start + _WIDTH]
    return f"{'...' if start else ''}{printable(shown)}{'...' if start + _WIDTH < len(text) else ''}"
