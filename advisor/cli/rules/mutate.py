"""``advisor rules mutate``: changes the rules one by one, and checks that a case fails."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from advisor.common.diagnostics import EXIT_DIFFERENCE, EXIT_OK
from advisor.rulebook.loader import load_rulebook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from advisor.rule_testing.cases import CheckedOutcome
    from advisor.rule_testing.distinguish import Distinction
    from advisor.rule_testing.mutation import Survivor
    from advisor.rulebook.model import Rulebook


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("--rule", metavar="ID", help="only the mutants of one rule, term or constant")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the share of mutants that a case kills, and each survivor. Exit code 5 if a scenario reveals one."""
    from advisor.rule_testing.mutation import checked, mutate

    rulebook = load_rulebook(options.rules)
    found = mutate(rulebook, checked(options.rule, (*rulebook.rules, *rulebook.terms, *rulebook.constants)))
    if found.failing:
        print("mutants are tried once every case holds; these do not: " + ", ".join(found.failing))
        return EXIT_DIFFERENCE
    total = found.killed + len(found.survivors)
    print(f"searched: {found.searched}")
    for survivor in found.equivalent:
        print(f"\nequivalent: {_place(survivor)}")
        print(f"  no scenario distinguishes it from the original: {survivor.why_equivalent}")
    for survivor in found.gaps:
        print(f"\ngap: {_place(survivor)}")
        if survivor.distinction:
            print("\n".join(f"  {line}" for line in _distinction_lines(survivor.distinction, rulebook)))
    share = f"{100 * found.killed // max(1, total)} % killed: {found.killed} of {total} mutants"
    gaps = "1 gap" if len(found.gaps) == 1 else f"{len(found.gaps) or 'no'} gaps"
    print(f"\n{share}; {len(found.equivalent)} equivalent, {gaps}")
    return EXIT_DIFFERENCE if found.gaps else EXIT_OK


def _place(survivor: Survivor) -> str:
    mutant = survivor.mutant
    return f"{mutant.rule}, {mutant.what}\n  --> {mutant.file}:{mutant.line}"


def _distinction_lines(found: Distinction, rulebook: Rulebook) -> Iterator[str]:
    """The scenario in the form of a case, and its outcomes with the rules and with the mutant."""
    yield f"given: {_flow(found.situation.scenario.answers())}"
    stated = {
        offer.id: {name: value for name, value in offer.stated.items() if value != own.stated[name]}
        for offer, own in zip(found.situation.offers, rulebook.offers, strict=True)
    }
    if any(stated.values()):
        changes = ", ".join(f"{id}: {_flow(traits)}" for id, traits in stated.items() if traits)
        yield f"offers: {{{changes}}}"
    yield f"with the rules: {_outcome(found.before)}"
    yield f"with the mutant: {_outcome(found.after)}"
    yield from _fired("fires no more", found.before.fired - found.after.fired)
    yield from _fired("fires then", found.after.fired - found.before.fired)


def _flow(entries: dict[str, object] | dict[str, str]) -> str:
    words = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in entries.items()}
    return "{" + ", ".join(f"{name}: {word}" for name, word in words.items()) + "}"


def _outcome(out: CheckedOutcome) -> str:
    if out.status is None:
        return "several routes are left"
    return f"route {out.route or 'none'}" + (f", decided by {out.deciding_axis}" if out.deciding_axis else "")


def _fired(what: str, rules: frozenset[str]) -> Iterator[str]:
    if rules:
        yield f"{what}: {', '.join(sorted(rules))}"
