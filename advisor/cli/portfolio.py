"""``advisor portfolio``: several workloads in, who owns and who rents out."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.cli.deciding import EXIT_CODES, confirm_overwriting, on_terminal
from advisor.cli.options import add_shared, catalogue_from, parse_date
from advisor.common.diagnostics import Problem
from advisor.common.files import STANDARD_INPUT
from advisor.common.terminal import terminal_width
from advisor.decision.competition import model_faults
from advisor.decision.decide import decide
from advisor.domain.record_parts import Status
from advisor.portfolio.plan import plan
from advisor.portfolio.portfolio import read_portfolio
from advisor.rulebook.loader import rulebook_in_use

if TYPE_CHECKING:
    from advisor.portfolio.record import MissingAnswer, PortfolioPlan


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    help = "a portfolio file (YAML): the shared overhead, pools of GPUs and workloads; - is standard input"
    parser.add_argument("portfolio", metavar="FILE", help=help)
    add_shared(parser, "json", json="print only the record of the plan")
    help = "write the record and the memo of the plan, and each workload's own files, into a folder"
    parser.add_argument("--out", metavar="DIR", type=Path, help=help)
    add_shared(parser, "date", "catalogue", "rules", "templates")


def run(options: argparse.Namespace) -> int:
    """Plans and prints. Exit code by status: 0 recommended, 3 answers missing, 4 no route for some workload."""
    decided_on, catalogue = parse_date(options.date), catalogue_from(options)
    portfolio = read_portfolio(options.portfolio, partial(model_faults, catalogue))
    rulebook = rulebook_in_use(options.rules)
    planned = plan(portfolio, rulebook, catalogue=catalogue, decided_on=decided_on)
    shown = _shown(planned, options)
    # Printed last, so that stdout stays empty when a file cannot be written.
    if options.out:
        from advisor.portfolio.plan_files import plan_name, plan_overwritten, write_plan

        name = plan_name(options.portfolio)
        decisions = [
            decide(workload.scenario, rulebook, catalogue=catalogue, decided_on=decided_on)
            for workload in portfolio.workloads
        ]
        ask = on_terminal() and options.portfolio != STANDARD_INPUT
        confirm_overwriting(plan_overwritten(planned, decisions, options.out, name), ask=ask)
        written = write_plan(planned, decisions, options.out, name, options.templates)
        shown += "" if options.json else "".join(f"wrote {path}\n" for path in (*written, options.out / name))
    sys.stdout.write(shown)
    if planned.missing:
        print(_missing(planned.missing), file=sys.stderr)
    return EXIT_CODES[Status(planned.status)]


def _shown(planned: PortfolioPlan, options: argparse.Namespace) -> str:
    if options.json:
        return planned.to_json()
    from advisor.portfolio.memo import plan_text

    return plan_text(planned, terminal_width(), options.templates)


def _missing(missing: list[MissingAnswer]) -> Problem:
    """The message for answers that are missing, by workload and field."""
    named = (f"`{one.field}`" if one.workload is None else f'`{one.field}` of "{one.workload}"' for one in missing)
    return Problem("answers are missing: " + ", ".join(named), help="add them to the portfolio's file")
