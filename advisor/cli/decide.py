"""``advisor decide``: a scenario file in, a memo or a record out."""

from __future__ import annotations

import argparse
import datetime
import re
import sys
from pathlib import Path

from advisor.decision import decide
from advisor.errors import EXIT_ANSWERS_MISSING, EXIT_INFEASIBLE, EXIT_OK, BadInput, Problem, quoted
from advisor.files import STANDARD_INPUT, is_folder, write_whole
from advisor.record import Decision, Status
from advisor.rulebook.load import load_rulebook
from advisor.scenario import FIELDS, Scenario
from advisor.scenario_file import read_scenario, scenario_text

EXIT_CODES = {Status.RECOMMENDED: EXIT_OK, Status.OPEN: EXIT_ANSWERS_MISSING, Status.INFEASIBLE: EXIT_INFEASIBLE}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("scenario", metavar="SCENARIO", help="a scenario file, YAML or JSON; - is standard input")
    parser.add_argument(
        "--set", metavar="FIELD=VALUE", action="append", default=[], help="an answer, on top of the file"
    )
    parser.add_argument("--json", action="store_true", help="print the decision record, and nothing else")
    parser.add_argument("--out", metavar="DIR", type=Path, help="write scenario, record and memo into a folder")
    parser.add_argument("--date", metavar="YYYY-MM-DD", help="the date of the decision (default: today)")
    parser.add_argument("--rules", metavar="DIR", help="a rules folder in place of the bundled one")
    parser.add_argument("--templates", metavar="DIR", type=Path, help="a templates folder in place of the bundled one")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Decides and prints. Exit code by status: 0 recommended, 3 answers missing, 4 infeasible."""
    decided_on = parse_date(options.date)
    scenario = read_scenario(options.scenario, tuple(options.set))
    rulebook = load_rulebook(options.rules) if options.rules else None
    decision = decide(scenario, rulebook, decided_on=decided_on)
    shown = _shown(decision, options)
    # Printed last, so that nothing stands on stdout when a file cannot be written.
    if options.out:
        names = write_decision(decision, scenario, options.out, name_of(options.scenario), options.templates)
        shown += "" if options.json else "".join(f"wrote {name}\n" for name in names)
    sys.stdout.write(shown)
    if decision.status is Status.OPEN:
        print(missing_answers(decision), file=sys.stderr)
    return EXIT_CODES[decision.status]


def parse_date(text: str | None) -> datetime.date:
    """The date of the decision; today when none is given. Raises BadInput."""
    if text is None:
        return datetime.date.today()
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise ValueError
        return datetime.date.fromisoformat(text)
    except ValueError:
        help = "write YYYY-MM-DD, a day that exists"
        raise BadInput(Problem(f"{quoted(text)} is not a date", file="--date", help=help)) from None


def name_of(path: str) -> str:
    """The NAME that the written files share."""
    stem = "decision" if path == STANDARD_INPUT else Path(path).name
    return re.sub(r"(\.scenario)?\.(yaml|yml|json)$", "", stem) or "decision"


def write_decision(
    decision: Decision, scenario: Scenario, folder: Path, name: str, templates: Path | None
) -> list[Path]:
    """Writes NAME.scenario.yaml, NAME.decision.json and NAME.memo.md, each whole or not at all."""
    from advisor.report.render import memo_markdown

    contents = {
        folder / f"{name}.scenario.yaml": scenario_text(scenario),
        folder / f"{name}.decision.json": decision.to_json(),
        folder / f"{name}.memo.md": memo_markdown(decision, templates),
    }
    for path in contents:
        if is_folder(path):
            raise BadInput(Problem("a folder stands where a file is to be written", str(path), help="move it away"))
    for path, text in contents.items():
        write_whole(path, text)
    return list(contents)


def _shown(decision: Decision, options: argparse.Namespace) -> str:
    """What goes to stdout: the record alone, the summary beside written files, or the memo."""
    if options.json:
        return decision.to_json()
    from advisor.report.render import memo_markdown, summary

    return (summary if options.out else memo_markdown)(decision, options.templates)


def missing_answers(decision: Decision) -> str:
    """What to answer next, and how."""
    first = decision.open_questions[0]
    spec = FIELDS[first]
    example = spec.options[-1] if spec.options else (spec.quantity.example if spec.quantity else "...")
    problem = Problem(
        "answers are missing: " + ", ".join(f"`{name}`" for name in decision.open_questions),
        help=f"the most decisive is `{first}`; add it to the scenario, or try --set {first}={example}",
    )
    return str(problem)
