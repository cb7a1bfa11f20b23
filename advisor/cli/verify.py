"""``advisor verify``: whether a memo or a record matches a fresh decision on its scenario."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.cli.options import add_shared, catalogue_from, print_json
from advisor.common.diagnostics import EXIT_DIFFERENCE, EXIT_OK, MAX_SHOWN, printable
from advisor.common.files import STANDARD_INPUT, read_text
from advisor.rulebook.loader import rulebook_in_use

if TYPE_CHECKING:
    from advisor.verification.decision_set import MismatchedFile
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
        print(*_lines(found, "portfolio" if of_plan else "scenario"), sep="\n")
    return EXIT_OK if found.verdict is VerificationVerdict.VERIFIED else EXIT_DIFFERENCE


def _lines(found: Verification, input: str) -> list[str]:
    from advisor.verification.verify import VerificationVerdict

    lines = {
        VerificationVerdict.VERIFIED: [f"verified: {printable(found.file)} matches its {input}"],
        VerificationVerdict.MIXED: [
            f"mixed: {printable(found.file)} matches its {input}, but its files belong to several decisions"
        ],
        VerificationVerdict.DIFFERS: [f"differs: {printable(found.file)} does not match its {input}"],
        VerificationVerdict.RULES_CHANGED: _changed(found),
        VerificationVerdict.CATALOGUE_CHANGED: _changed(found),
    }[found.verdict]
    for difference in found.differences[:MAX_SHOWN]:
        lines += _difference(difference)
    if len(found.differences) > MAX_SHOWN:
        lines.append(f"{len(found.differences) - MAX_SHOWN:,} more differences are not shown")
    lines += mismatch_lines(found.file, found.of_another_decision)
    return lines + [f"note: {remark}" for remark in found.remarks]


def _changed(found: Verification) -> list[str]:
    """What was decided with other rules or another catalogue, and whether the advice is still the same."""
    file, same = printable(found.file), found.same_outcome
    lines, under, help = [], [], []
    if found.rulebook_digest != found.rulebook_at_hand:
        lines += [
            f"rules changed: {file} was decided with other rules, so its text cannot be compared",
            f"  its rules:       {printable(found.rulebook_digest)}",
            f"  rules at hand:   {found.rulebook_at_hand}",
        ]
        under.append("these rules")
        help.append("name the rules that it was decided with in --rules to compare every character")
    if found.catalogue_digest != found.catalogue_at_hand:
        lines += [
            f"catalogue changed: {file} was decided with other prices, so its text cannot be compared",
            f"  its catalogue:      {printable(found.catalogue_digest or 'none')}",
            f"  catalogue at hand:  {found.catalogue_at_hand or 'none'}",
        ]
        under.append("this catalogue")
        help.append(
            "name the catalogue that it was decided with in --catalogue DIR, with the --overlay FILE and --discount of "
            "then, to compare every character"
        )
    outcome = found.now if same else f"{printable(found.stated)} -> {found.now}"
    advice = f"the advice is {'the same' if same else 'different'} under {' and '.join(under)}: {outcome}"
    return [*lines, advice, *(f"help: {each}" for each in help)]


def mismatch_lines(file: str, mismatched: Sequence[MismatchedFile]) -> list[str]:
    """The files of a NAME that belong to another decision, in lines."""
    if not mismatched:
        return []
    listed = [f"  {printable(one.file)}: {', '.join(one.differs_in)}" for one in mismatched]
    help = "help: write them together with `advisor decide --out`, or use a different name for each decision"
    return [f"not of the decision in {printable(file)}:", *listed, help]


def _difference(found: Difference) -> list[str]:
    place = f"line {found.line}, {found.where}" if found.line and found.where else found.where or f"line {found.line}"
    one, other = found.expected, found.found
    same = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(one or "", other or "", strict=False))))
    return [printable(place), f"  expected: {_around(one, same)}", f"  found:    {_around(other, same)}"]


def _around(text: str | None, differs_at: int) -> str:
    """A line, or the part of it around the first difference."""
    if text is None:
        return "(nothing)"
    if not text:
        return "(an empty line)"
    body = text.rstrip(" ")
    text = body + r"\x20" * (len(text) - len(body))
    start = max(0, differs_at - _AROUND) if len(text) > _WIDTH else 0
    shown = text[start : start + _WIDTH]
    return f"{'...' if start else ''}{printable(shown)}{'...' if start + _WIDTH < len(text) else ''}"
