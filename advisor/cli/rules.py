"""``advisor rules``: for the maintainer of ``rules/``."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.cli.options import add_shared, catalogue_from, parse_date, print_json
from advisor.common.diagnostics import EXIT_DIFFERENCE, EXIT_OK, BadInput, Problem
from advisor.common.files import is_folder, paths_below, read_text, write_whole
from advisor.rulebook.loader import load_rulebook

if TYPE_CHECKING:
    from advisor.catalogue.loader import Catalogue
    from advisor.domain.record import Decision
    from advisor.rule_testing.cases import CheckedOutcome
    from advisor.rule_testing.coverage import Evidence
    from advisor.rule_testing.distinguish import Distinction
    from advisor.rule_testing.mutation import Survivor
    from advisor.rulebook.model import Rulebook

_COMMANDS = {
    "show": "print the offers and the rules as tables, or one rule in full",
    "check": "load and check the rulebook, and warn of likely mistakes",
    "diff": "show what changes from one rulebook to another",
    "test": "decide the cases of the rulebook",
    "coverage": "show which conditions the cases prove relevant, when true and when false",
    "mutate": "change the rules one by one and check that a case fails",
    "prove": "prove properties of every scenario with Z3",
}
MAX_RECORD_BYTES = 1_000_000
_PIPED = (120, 24)
"""The width without a terminal."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the sub-commands."""
    commands = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    add = {}
    for name, help in _COMMANDS.items():
        command = commands.add_parser(name, help=help, description=help)
        add[name] = command.add_argument
        if name == "diff":
            command.add_argument("old", metavar="OLD", help="a rules folder")
            command.add_argument("new", metavar="NEW", help="another rules folder")
            help = "also list which decision records in a folder would differ"
            command.add_argument("--records", metavar="DIR", type=Path, help=help)
            add_shared(command, "catalogue")
        else:
            add_shared(command, "rules")
    add["show"]("--rule", metavar="ID", help="print one rule in full")
    add["check"]("--catalogue", metavar="DIR", help="a catalogue folder in place of the bundled one")
    help = "the day after which a figure of the catalogue is of the future (default: today)"
    add["check"]("--date", metavar="YYYY-MM-DD", help=help)
    add["coverage"]("--rule", metavar="ID", help="only the conditions of one rule")
    add["mutate"]("--rule", metavar="ID", help="only the mutants of one rule, term or constant")
    add["prove"]("--json", action="store_true", help="print only the results, as JSON")
    help = "write a scenario file for each fault, and one for each rule"
    add["prove"]("--out", metavar="DIR", type=Path, help=help)
    add["prove"]("--only", metavar="CLAIM", action="append", default=[], help="prove this claim alone")


def run(options: argparse.Namespace) -> int:
    """Runs the sub-command."""
    commands = {
        "show": _show,
        "check": _check,
        "diff": _diff,
        "test": _test,
        "coverage": _coverage,
        "mutate": _mutate,
        "prove": _prove,
    }
    return commands[options.what](options)


def _show(options: argparse.Namespace) -> int:
    """Prints the rulebook, or one rule of it."""
    from advisor.rulebook.listing import overview, whole_rule

    rulebook = load_rulebook(options.rules)
    width = shutil.get_terminal_size(_PIPED).columns
    lines = overview(rulebook, width) if options.rule is None else whole_rule(rulebook, options.rule, width)
    print("\n".join(lines).strip())
    return EXIT_OK


def _check(options: argparse.Namespace) -> int:
    """Loads the rulebook and the catalogue, which refuses every fault, and prints the warnings; exit code 5 for any."""
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
    warned = _warnings(of_rules, f"{rules} rules, {len(rulebook.cases)} cases", rulebook.digest)
    warned += _warnings(of_catalogue, f"{offers} offers, {len(catalogue.models)} checkpoints", catalogue.digest)
    return EXIT_DIFFERENCE if warned else EXIT_OK


def _warnings(problems: Sequence[Problem], counted: str, digest: str) -> int:
    """Prints the problems, and a line about what they are of. The number of warnings."""
    for problem in problems:
        print(problem)
    number = sum(problem.level == "warning" for problem in problems)
    warnings = "1 warning" if number == 1 else f"{number or 'no'} warnings"
    print(f"{counted}, {warnings}; {digest}")
    return number


def _diff(options: argparse.Namespace) -> int:
    """Prints the difference. Exit code 5 if the outcome of a scenario or a record differs."""
    from advisor.domain.scenario_io import scenario_text
    from advisor.rule_testing.diff import Routes, difference

    def text(routes: Routes) -> str:
        return " or ".join(sorted(routes)) or "no route"

    old, new = load_rulebook(options.old), load_rulebook(options.new)
    catalogue = catalogue_from(options)
    records = _records(options.records) if options.records else {}  # read before the comparison, which takes seconds
    print(f"old {old.digest}\nnew {new.digest}")
    found = difference(old, new)
    for change in found.rules:
        parts = f": {', '.join(change.parts)}" if change.parts else ""
        print(f"rule `{change.id}` {change.what}{parts}  --> {change.rule.file}:{change.rule.line}")
    if not found.rules:
        print("no rule differs")
    rows = sum(flipped.rows for flipped in found.flips)
    share = f"{100 * rows / found.rows:.2f} %" if found.rows else "none"
    print(f"\n{rows:,} of the {found.rows:,} kinds of scenario get another route ({share})")
    print(f"{found.other_axes:,} more keep their route and are decided by other axes")
    for flipped in found.flips:
        print(f"\n{flipped.rows:,}: {text(flipped.old)} -> {text(flipped.new)}, for instance")
        print("".join(f"  {line}\n" for line in scenario_text(flipped.witness).splitlines()), end="")
    differing = _print_records(records, new, catalogue) if options.records else 0
    return EXIT_DIFFERENCE if rows or found.other_axes or differing else EXIT_OK


def _records(folder: Path) -> dict[Path, Decision]:
    """The records of a folder."""
    from advisor.domain.record import is_record, parse_record

    if not is_folder(folder):
        raise BadInput(Problem("there is no such folder", file=str(folder), help="check --records"))
    found, closed = paths_below(folder)
    if closed:
        raise BadInput([problem for error in closed for problem in error.problems])
    texts = {path: read_text(str(path), MAX_RECORD_BYTES) for path in found if path.suffix == ".json"}
    return {path: parse_record(text, str(path)) for path, text in texts.items() if is_record(text)}


def _print_records(records: dict[Path, Decision], new: Rulebook, catalogue: Catalogue | None) -> int:
    """Prints which records would differ under the new rules, and returns how many."""
    from advisor.rule_testing.diff import changed_record

    differing = 0
    print()
    for path, record in records.items():
        now = changed_record(record, new, catalogue, str(path))
        if now:
            status, route, axis = now
            before = f"{record.route or record.status} ({record.deciding_axis or 'no axis'})"
            print(f"{path}: {before} -> {route or status} ({axis or 'no axis'})")
            differing += 1
    print(f"{differing} of {len(records)} records would differ")
    return differing


def _test(options: argparse.Namespace) -> int:
    """Prints the cases whose outcome differs from what they expect. Exit code 5 if there are any."""
    from advisor.rule_testing.cases import failures

    rulebook = load_rulebook(options.rules)
    found = failures(rulebook)
    for failure in found:
        print(failure)
    print(f"{len(rulebook.cases) - len(found)} cases hold, {len(found)} do not")
    return EXIT_DIFFERENCE if found else EXIT_OK


def _coverage(options: argparse.Namespace) -> int:
    """Prints a table with a case for each condition, and the percentage. Exit code 5 when it is below 100."""
    from advisor.rule_testing.coverage import coverage
    from advisor.rule_testing.mutation import checked

    rulebook = load_rulebook(options.rules)
    found = coverage(rulebook, checked(options.rule, rulebook.rules))
    table = [("rule", "condition", "relevant when true", "relevant when false")]
    for line in found.lines:
        when_false = "" if line.when_false is None else _evidence(line.when_false)
        table.append((line.rule.id, line.condition or "(the rule itself)", _evidence(line.when_true), when_false))
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    wanted = len(found.counted)
    share = f"{100 * found.covered // max(1, wanted)} %: {found.covered} of {wanted}"
    print(f"\n{share} are shown by a case; `never` is not counted, because no scenario shows it")
    return EXIT_OK if found.covered == wanted else EXIT_DIFFERENCE


def _evidence(shown: Evidence) -> str:
    if shown.case is not None:
        return f"yes: {shown.case}"
    return "never" if shown.never else "no"


def _mutate(options: argparse.Namespace) -> int:
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
    if no_more := found.before.fired - found.after.fired:
        yield f"fires no more: {', '.join(sorted(no_more))}"
    if then := found.after.fired - found.before.fired:
        yield f"fires then: {', '.join(sorted(then))}"


def _flow(entries: dict[str, object] | dict[str, str]) -> str:
    words = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in entries.items()}
    return "{" + ", ".join(f"{name}: {word}" for name, word in words.items()) + "}"


def _outcome(out: CheckedOutcome) -> str:
    if out.status is None:
        return "several routes are left"
    return f"route {out.route or 'none'}" + (f", decided by {out.deciding_axis}" if out.deciding_axis else "")


def _prove(options: argparse.Namespace) -> int:
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
        print_json(proofs.as_json(rulebook, found))
    else:
        print(proofs.summary(found))
    return EXIT_OK if all(proof.verdict == "holds" for proof in found) else EXIT_DIFFERENCE
