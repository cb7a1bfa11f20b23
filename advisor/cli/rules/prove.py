"""``advisor rules prove``: properties of every scenario, proved with Z3 or refuted by a scenario."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from advisor.common.diagnostics import EXIT_DIFFERENCE, EXIT_OK, BadInput, Problem
from advisor.common.files import write_whole
from advisor.rulebook.loader import load_rulebook


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("--json", action="store_true", help="print only the results, as JSON")
    parser.add_argument(
        "--out", metavar="DIR", type=Path, help="write a scenario file for each fault, and one for each rule"
    )
    parser.add_argument("--only", metavar="CLAIM", action="append", default=[], help="prove this claim alone")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints each proof as soon as it is settled. Exit code 5 if one fails or is not settled."""
    try:
        from advisor.rule_testing import proofs
    except ModuleNotFoundError as missing:
        if missing.name != "z3":
            raise
        help = "pip install 'rent-or-own[proof]'"
        raise BadInput(Problem("the proofs need z3-solver, which is not installed", help=help)) from None
    rulebook = load_rulebook(options.rules)
    found = []
    for proof in proofs.proofs(rulebook, options.only):
        found.append(proof)
        if not options.json:
            print(*proofs.lines(proof), sep="\n", flush=True)
        if options.out:
            for name, text in {**proofs.fault_files(proof), **proofs.witness_files(proof)}.items():
                write_whole(options.out / name, text)
    if options.json:
        print(json.dumps(proofs.as_json(rulebook, found), indent=2, ensure_ascii=False))
    else:
        print(proofs.summary(found))
    return EXIT_OK if all(proof.verdict == "holds" for proof in found) else EXIT_DIFFERENCE
