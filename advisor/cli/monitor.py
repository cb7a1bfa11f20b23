"""``advisor monitor``: compares the real bill with a decision."""

from __future__ import annotations

import argparse
import datetime
import sys
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.cli.options import add_shared, catalogue_from, parse_date
from advisor.common.diagnostics import EXIT_CHANGED, EXIT_OK, BadInput, Problem, printable, quoted
from advisor.common.terminal import terminal_width
from advisor.domain.scenario import Route
from advisor.monitor.model import Thresholds
from advisor.rulebook.loader import rulebook_in_use

if TYPE_CHECKING:
    from advisor.monitor.model import MonitorResult

if TYPE_CHECKING:
    from advisor.monitor.model import MonitorResult, Thresholds
    from advisor.monitor.run import Run

_LAST_DAY = datetime.date(9000, 12, 31)
_HOSTED = (Route.OPEN_WEIGHT_API.value, Route.CLOSED_API.value)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    repeated: dict[str, Any] = {"action": "append", "default": []}
    parser.add_argument("usage", metavar="USAGE", nargs="*", help="bills and logs; patterns such as 'logs/*.gz'")
    parser.add_argument("--decision", metavar="RECORD", help="NAME.decision.json, or a scenario")
    add = parser.add_argument_group("reading").add_argument
    add("--format", metavar="SOURCE", help="the format of the files, if it is not recognised")
    add("--mapping", metavar="FILE", type=Path, help="what the columns of a plain table mean")
    add("--only", metavar="COLUMN=TEXT", **repeated, help="count only these rows of a bill")
    add("--request-path", metavar="PATTERN", **repeated, help="count only these requests of a log")
    help = "models, endpoints and line items that make images; `*` fits any text"
    add("--makes-images", metavar="NAME", **repeated, help=help)
    help = "of dates such as 01/08/2026 (default: detected)"
    add("--date-order", choices=("day-first", "month-first"), help=help)
    add("--rejects", metavar="FILE", type=Path, help="list rows that cannot be read, and skip them")
    add("--on", choices=("duckdb", "spark"), default="duckdb", help="the engine (default: duckdb)")
    add("--master", metavar="URL", help="the Spark cluster (default: this machine)")
    add("--history", metavar="FILE", type=Path, help="days kept (default: NAME.usage.sqlite)")
    add("--no-history", action="store_true", help="neither read nor keep earlier months")
    add("--watch", metavar="DIR", type=Path, help="read the files of DIR again whenever they change")
    add = parser.add_argument_group("what the sources do not state").add_argument
    add("--route", choices=_HOSTED, help="whose bill it is (default: the route in use)")
    add("--images-from", metavar="SOURCE", **repeated, help="count images only from this source")
    add("--cost-from", metavar="SOURCE", **repeated, help="take the cost only from this source")
    add("--images-per-request", metavar="N|LOW..HIGH", help="used if only requests are known")
    add("--megapixels-per-image", metavar="N|LOW..HIGH", help="used if only megapixels are known")
    add("--price-per-image", metavar="N|LOW..HIGH", help="used if only the cost is known")
    add("--rate", metavar="CUR=N", **repeated, help="dollars for one unit of a currency")
    add("--covers", metavar="FROM..TO", help="the days for which the files are complete")
    add("--range", metavar="FIELD=LOW..HIGH", **repeated, help="an amount of own GPUs as a range")
    add = parser.add_argument_group("trigger rule").add_argument
    add("--strict", action="store_true", help="ask for the lower quartile of the last six months above N*")
    add("--stable-months", metavar="N", default="3", help="consecutive months above N* (default: 3)")
    add("--margin", metavar="X", default="1.1", help="least ratio of their mean to N* (default: 1.1)")
    add("--most-variation", metavar="X", default="0.25", help="largest coefficient of variation (default: 0.25)")
    add("--clear-months", metavar="N", default="2", help="consecutive months below that clear it (default: 2)")
    add("--clear-below", metavar="X", default="0.9", help="they are below this multiple of N* (default: 0.9)")
    output = parser.add_argument_group("output")
    add_shared(output, "json")
    add = output.add_argument
    add("--html", metavar="FILE", type=Path, help="write the dashboard, one page")
    add("--memo", metavar="DIR", type=Path, help="write the updated decision with its memo")
    add("--export", metavar="FILE", type=Path, help="only write the days of the history as csv")
    add("--exit-code", action="store_true", help="exit with 10 when crossed and stable")
    add("--date", metavar="DAY", help="today's date, YYYY-MM-DD")
    add_shared(output, "catalogue", "rules", "templates")


def run(options: argparse.Namespace) -> int:
    """Reads usage, evaluates it and reports. Exit code 10 with ``--exit-code`` when crossed and stable."""
    if options.export is not None:
        return _export(options)
    if options.decision is None:
        raise BadInput(Problem("these are missing: --decision", help="see `advisor monitor --help`"))
    from advisor.monitor.run import monitored, when_changed

    run = _run(options)
    _check_written(options, run)
    if options.watch is None:
        return _report(monitored(run), options)
    if options.usage:
        raise BadInput(Problem("`--watch` reads the files of its folder", help="name either files or --watch DIR"))
    print(f"watching {printable(str(options.watch))}; Ctrl-C ends it", file=sys.stderr)
    for usage in when_changed(options.watch, _own_files(options, run)):
        try:
            _report(monitored(replace(_run(options), usage=usage)), options)
        except BadInput as error:
            # A file may still be being written; it is read again when it has changed.
            print(error, file=sys.stderr)
    return EXIT_OK


def _export(options: argparse.Namespace) -> int:
    """Writes the days of the history as csv. Raises BadInput."""
    from advisor.common.files import is_file, write_whole
    from advisor.monitor.run import history_beside
    from advisor.usage.history import read_history
    from advisor.usage.input_files import resolved

    if options.usage or options.watch or options.no_history:
        what = "`--export` only writes what the history holds"
        raise BadInput(Problem(what, "--export", help="leave out usage files, --watch and --no-history"))
    history = options.history or (history_beside(options.decision) if options.decision else None)
    if history is None:
        raise BadInput(Problem("no history is named", "--export", help="add --history FILE or --decision RECORD"))
    if not is_file(history):
        raise BadInput(Problem("there is no such history", str(history), help="check --history or --decision"))
    if resolved(options.export) == resolved(history):
        what = f"{quoted(history)} is read by this run, and would be written over"
        raise BadInput(Problem(what, "--export", help="name another file"))
    write_whole(options.export, read_history(history).as_csv())
    return EXIT_OK


def _own_files(options: argparse.Namespace, run: Run) -> list[Path]:
    """The files besides usage that a run reads, and those that it writes."""
    named = [options.mapping, options.rejects, options.html, run.history, Path(options.decision)]
    named += [Path(f"{run.history}-journal")] if run.history else []
    return [path for path in named if path is not None]


def _check_written(options: argparse.Namespace, run: Run) -> None:
    """Refuses to overwrite a file that is read. Raises BadInput."""
    from advisor.usage.input_files import named_by, resolved

    read = {resolved(path) for path in (options.mapping, Path(options.decision)) if path is not None}
    read |= {resolved(Path(name)) for pattern in run.usage for name in named_by(pattern)}
    for option, path in (("--rejects", options.rejects), ("--html", options.html), ("--history", run.history)):
        if path is None:
            continue
        if resolved(path) in read:
            what = f"{quoted(path)} is read by this run, and would be written over"
            raise BadInput(Problem(what, option, help="name another file"))
        read.add(resolved(path))


def _run(options: argparse.Namespace) -> Run:
    from advisor.common.terminal import Progress
    from advisor.monitor.model import Guess
    from advisor.monitor.run import Run, amount_ranges, assumed, history_beside, only, whole_texts
    from advisor.usage.dates import DateOrder
    from advisor.usage.model import ReadOptions

    today = parse_date(options.date) if options.date else datetime.datetime.now(datetime.UTC).date()
    if today > _LAST_DAY:
        raise BadInput(Problem(f"{quoted(options.date)} is too far ahead", "--date", help="check the year"))

    return Run(
        usage=tuple(options.usage),
        decision=options.decision,
        rulebook=rulebook_in_use(options.rules),
        catalogue=catalogue_from(options),
        route=Route(options.route) if options.route else None,
        reading=ReadOptions(
            today=today,
            format=options.format,
            mapping=options.mapping,
            on=options.on,
            master=options.master,
            only=only(options.only),
            request_paths=whole_texts(options.request_path, "--request-path"),
            makes_images=tuple(options.makes_images),
            rejects=options.rejects,
            date_order=DateOrder(options.date_order) if options.date_order else None,
            progress=Progress(),
        ),
        assumed=assumed(
            today,
            {guess: text for guess in Guess if (text := getattr(options, guess)) is not None},
            rate=options.rate,
            covers=options.covers,
            images_from=options.images_from,
            cost_from=options.cost_from,
        ),
        thresholds=_thresholds(options),
        ranges=amount_ranges(options.range),
        history=None if options.no_history else options.history or history_beside(options.decision),
    )


def _report(watched: MonitorResult, options: argparse.Namespace) -> int:
    from advisor.monitor.model import MonitorVerdict

    memo = _write_memo(watched, options) if options.memo else None
    if options.html:
        from advisor.common.files import write_whole
        from advisor.monitor.dashboard import dashboard_html
        from advisor.monitor.run import link, memo_beside

        page = memo or memo_beside(options.decision)
        shown = dashboard_html(watched, link(page, options.html) if page else None, options.templates)
        write_whole(options.html, shown)
    if options.json:
        from advisor.monitor.model import result_json

        sys.stdout.write(result_json(watched))
    else:
        from advisor.monitor.text_report import summary_text

        sys.stdout.write(summary_text(watched, terminal_width(), options.templates, unicode=_shows_blocks()))
    sys.stdout.flush()
    for what, path in (("memo", memo), ("dashboard", options.html)):
        if path:
            print(f"{what}: {printable(str(path))}", file=sys.stderr)
    crossed = watched.verdict is MonitorVerdict.CROSSED_AND_STABLE
    return EXIT_CHANGED if options.exit_code and crossed else EXIT_OK


def _write_memo(watched: MonitorResult, options: argparse.Namespace) -> Path | None:
    """Writes the updated decision and returns the page of its memo; None if no complete month is known."""
    if watched.now is None:
        print("no memo: no complete month is known yet", file=sys.stderr)
        return None
    from advisor.monitor.run import name_anew
    from advisor.verification.artifacts import write_decision

    name = name_anew(options.decision, watched.on)
    written = write_decision(watched.now, rulebook_in_use(options.rules), options.memo, name, options.templates)
    return next(path for path in written.paths if path.name.endswith(".memo.html"))


def _shows_blocks() -> bool:
    try:
        "█░·".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _thresholds(options: argparse.Namespace) -> Thresholds:
    """The trigger rule with the numbers of the options. Raises BadInput."""
    from advisor.domain.quantity import Quantity
    from advisor.monitor.model import Thresholds
    from advisor.monitor.run import number

    months = Quantity("months", 0, Decimal(1), Decimal(120), example="3")
    share = Quantity("a ratio", 6, Decimal(0), Decimal(1000), example="1.1")
    rules = Thresholds(
        stable_months=int(number(options.stable_months, "--stable-months", months)),
        margin=number(options.margin, "--margin", share),
        most_variation=number(options.most_variation, "--most-variation", share),
        clear_months=int(number(options.clear_months, "--clear-months", months)),
        clear_below=number(options.clear_below, "--clear-below", share),
        strict=options.strict,
    )
    most = Fraction(1) if rules.strict else max(Fraction(1), rules.margin)
    if rules.clear_below > most:
        what = f"{quoted(options.clear_below)} would clear a crossing in the months that make it stable"
        help = f"write {most} at most" if most == 1 else f"write at most --margin, {options.margin}"
        raise BadInput(Problem(what, "--clear-below", help=help))
    return rules
