"""``advisor sweep``: a table of scenarios in, the same rows with their outcomes out."""

from __future__ import annotations

import argparse
import sys

from advisor.cli.options import add_shared, catalogue_from, parse_date
from advisor.common.diagnostics import EXIT_BAD_INPUT, EXIT_OK, BadInput, Problem


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    help = "scenarios, one a row: .csv, .parquet, .jsonl; prices that a row does not state are the catalogue's"
    parser.add_argument("table", metavar="IN", help=help)
    parser.add_argument("--out", metavar="OUT", required=True, help="where the rows go: .csv, .parquet, .jsonl")
    parser.add_argument(
        "--reading", choices=("sweep", "run"), default="sweep", help="sweep: all rows at once; run: each by the engine"
    )
    parser.add_argument("--on", choices=("duckdb", "spark"), default="duckdb", help="the engine (default: duckdb)")
    parser.add_argument("--master", metavar="URL", help="the Spark cluster (default: this machine)")
    parser.add_argument("--rejects", metavar="FILE", help="where rejected rows are listed (default: OUT.rejects.csv)")
    add_shared(parser, "rules", "catalogue", "date")


def run(options: argparse.Namespace) -> int:
    """Sweeps, and reports the result on stderr. Exit code 2 if rows were rejected; OUT is written all the same."""
    if options.on == "spark" and options.reading == "run":
        help = "leave out --on spark: the engine decides in this process"
        raise BadInput(Problem("`--reading run` does not run on Spark", help=help))
    if options.master and options.on != "spark":
        raise BadInput(Problem("`--master` is for Spark only", help="add --on spark"))

    from advisor.rulebook.loader import rulebook_in_use
    from advisor.sweep.paths import checked_paths

    paths = checked_paths(options.table, options.out, options.rejects)
    rulebook = rulebook_in_use(options.rules)
    catalogue, decided_on = catalogue_from(options), parse_date(options.date)

    from advisor.common.terminal import Progress
    from advisor.sweep.run import SweepOptions, sweep

    progress = Progress()

    def warn(problem: Problem) -> None:
        progress.clear()
        print(problem, file=sys.stderr)

    how = SweepOptions(
        options.reading == "run", options.on == "spark", options.master, catalogue=catalogue, decided_on=decided_on
    )
    try:
        swept = sweep(paths, rulebook, how, warn, progress)
    finally:
        progress.clear()
    decided = swept.rows - swept.rejected
    still_open = f", {swept.open:,} of them still open" if swept.open else ""
    print(f"{_rows(decided)} decided{still_open}: {paths.out}", file=sys.stderr)
    if not swept.rejected:
        return EXIT_OK
    print(f"{_rows(swept.rejected)} rejected: {paths.rejects}", file=sys.stderr)
    return EXIT_BAD_INPUT


def _rows(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"
