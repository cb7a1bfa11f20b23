"""One run of the monitor: files -> days -> history -> months -> what was found; and the parser of its options."""

from __future__ import annotations

import datetime
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path

from advisor.catalogue.loader import Catalogue
from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.common.files import STANDARD_INPUT, is_file, is_folder, read_text
from advisor.decision.competition import model_faults
from advisor.decision.decide import decide
from advisor.domain.cost_model import OWN_AMOUNTS
from advisor.domain.quantity import NotANumber, Quantity
from advisor.domain.record import Decision, is_record, parse_record
from advisor.domain.scenario import FIELDS, Route, Scenario, Unit, validated
from advisor.domain.scenario_io import parse_scenario
from advisor.monitor.evaluate import Baseline, evaluate
from advisor.monitor.model import Guess, MonitorResult, Span, Thresholds
from advisor.monitor.monthly_usage import IMAGES_PER_REQUEST, MEGAPIXELS_PER_IMAGE, Assumed, months_of
from advisor.rulebook.model import Rulebook
from advisor.usage.history import append, read_history
from advisor.usage.input_files import resolved
from advisor.usage.model import Day, Reading, ReadOptions
from advisor.usage.read import kept_as, read_alike, read_usage
from advisor.wording import monitor_notes as words

UNSURE = Fraction(1, 4)
"""How far the price of an image may lie from the list price where a volume is derived from the cost."""
SECONDS_BETWEEN = 2.0
_OURS = (".decision.json", ".scenario.yaml", ".memo.md", ".memo.html", ".memo.pdf", ".usage.jsonl", ".usage.sqlite")
"""What the advisor writes itself, and no usage."""
_NAME = re.compile(r"(\.decision|\.scenario)?\.(json|yaml|yml)$")


@dataclass(frozen=True)
class Run:
    """Everything a run needs. ``history`` is None where nothing is kept."""

    usage: tuple[str, ...]
    decision: str
    rulebook: Rulebook
    catalogue: Catalogue | None
    route: Route | None
    reading: ReadOptions
    assumed: Assumed
    thresholds: Thresholds
    ranges: Mapping[str, Span]
    history: Path | None


def monitored(run: Run) -> MonitorResult:
    """Reads and judges; what was read is kept in the history once it could be judged. Raises BadInput."""
    decision, scenario = _decision(run)
    run = replace(run, reading=replace(run.reading, unit=scenario.unit or Unit.IMAGE))
    baseline = Baseline(decision, scenario, run.rulebook, run.route, run.ranges, run.catalogue)
    reading = _reading(run)
    if reading.doubts:
        raise BadInput(reading.doubts)
    days, notes = _with_history(run, reading)
    assumed, price = run.assumed, baseline.list_price
    if assumed.price is None and price is not None:  # for sources that state a cost alone
        assumed = replace(assumed, price=Span(price * (1 - UNSURE), price, price * (1 + UNSURE)))
    months, more = months_of(days, assumed)
    today = run.reading.today
    result = evaluate(baseline, months, run.thresholds, file=run.decision, today=today, notes=(*notes, *more))
    if run.history and reading.days:
        append(run.history, kept_as(reading.days, run.reading), today)
    return result


def history_beside(decision: str) -> Path | None:
    """NAME.usage.sqlite next to NAME.decision.json, or NAME.usage.jsonl where an earlier version wrote one.

    None where the decision is no file with a name.
    """
    if decision == STANDARD_INPUT or not Path(decision).name:
        return None
    kept, earlier = (Path(decision).with_name(f"{_stem(decision)}.usage.{ending}") for ending in ("sqlite", "jsonl"))
    return earlier if is_file(earlier) and not is_file(kept) else kept


def memo_beside(decision: str) -> Path | None:
    """The memo of a decision: its page, else its Markdown; None where there is none."""
    if decision == STANDARD_INPUT:
        return None
    memos = (Path(decision).with_name(f"{_stem(decision)}.{ending}") for ending in ("memo.html", "memo.md"))
    return next(filter(is_file, memos), None)


def name_anew(decision: str, on: str) -> str:
    """The NAME of the decision made anew on a day, NAME-20261123."""
    return f"{_stem(decision)}-{on.replace('-', '')}"


def link(target: Path, page: Path) -> str:
    """The way from a page to a file, relative."""
    return Path(os.path.relpath(resolved(target), resolved(page).parent)).as_posix()


def _stem(decision: str) -> str:
    return "decision" if decision == STANDARD_INPUT else _NAME.sub("", Path(decision).name)


def when_changed(folder: Path, leaving_out: Iterable[Path]) -> Iterator[tuple[str, ...]]:
    """The files of a folder, at once, whenever they change and on each new day (UTC), until interrupted.

    Raises BadInput for no folder.
    """
    left_out = {resolved(path) for path in leaving_out}
    seen = None
    while True:
        if not is_folder(folder):
            raise BadInput(Problem("there is no such folder", str(folder), help="check --watch"))
        files = _files(folder, left_out)
        now = (datetime.datetime.now(datetime.UTC).date(), files)
        if now != seen and files:
            seen = now
            yield tuple(name for name, _, _ in files)
        time.sleep(SECONDS_BETWEEN)


def _files(folder: Path, left_out: Set[Path]) -> tuple[tuple[str, int, int], ...]:
    """The files that may be usage, with the time of their last change in nanoseconds and their size in bytes."""
    found = []
    for path in sorted(folder.iterdir()):
        ours = path.name.startswith(".") or path.name.removesuffix("-journal").endswith(_OURS)
        if is_file(path) and resolved(path) not in left_out and not ours:
            with suppress(FileNotFoundError):
                stat = path.stat()
                found.append((str(path), stat.st_mtime_ns, stat.st_size))
    return tuple(found)


def _reading(run: Run) -> Reading:
    if run.usage:
        return read_usage(run.usage, run.reading)
    if run.history is None or not is_file(run.history):
        raise BadInput(Problem("there is no usage to read", help="name bills or logs, such as usage/*.json"))
    return Reading((), (), 0)


def _with_history(run: Run, reading: Reading) -> tuple[tuple[Day, ...], tuple[str, ...]]:
    """The days of the files and those kept from earlier runs."""
    if run.history is None:
        return reading.days, reading.notes
    kept = read_history(run.history).with_days(kept_as(reading.days, run.reading), run.reading.today).days()
    days, others = read_alike(kept, run.reading)
    places, read = ({(day.day, day.source, day.meter) for day in each} for each in (days, reading.days))
    before = places - read
    earlier = words.KEPT_DAYS.format(count=f"{len(before):,}", file=run.history.name)
    return tuple(days), (*reading.notes, *others, *([earlier] if before and reading.days else []))


def _decision(run: Run) -> tuple[Decision, Scenario]:
    """The record, or the decision of a scenario file."""
    text = read_text(run.decision)
    if is_record(text):
        decision = parse_record(text, run.decision)
    elif run.decision.endswith((".md", ".html")):
        what = f"{quoted(run.decision)} is a memo"
        raise BadInput(Problem(what, "--decision", help="name the record beside it, NAME.decision.json"))
    else:
        scenario = parse_scenario(text, run.decision, check=partial(model_faults, run.catalogue))
        decision = decide(scenario, run.rulebook, catalogue=run.catalogue, decided_on=run.reading.today)
    return decision, validated(decision.priced_scenario, run.decision)


_ABOVE_NOTHING = Quantity("images, megapixels or dollars", 9, Decimal("0.000000001"), Decimal(10**9), example="4")
_CURRENCY = re.compile("[A-Za-z]{3}")


def number_range(text: str, option: str, quantity: Quantity = _ABOVE_NOTHING) -> Span:
    """``4`` or ``1..4``; the middle is expected. Raises BadInput."""
    low, between, high = text.partition("..")
    ends = [number(low, option, quantity), number(high if between else low, option, quantity)]
    if ends[0] > ends[1]:
        what = f"{quoted(text)} begins with the larger number"
        raise BadInput(Problem(what, option, help=f"write {high}..{low}"))
    return Span(ends[0], (ends[0] + ends[1]) / 2, ends[1])


def amount_ranges(texts: Sequence[str]) -> Mapping[str, Span]:
    """``gpu_hour_price=1.00..1.50``, by field. Raises BadInput."""
    ranges = {}
    for text in texts:
        field, equals, numbers = text.partition("=")
        if not equals or field not in OWN_AMOUNTS:
            help = did_you_mean(field, OWN_AMOUNTS) or f"write one of {', '.join(OWN_AMOUNTS)}, as FIELD=LOW..HIGH"
            raise BadInput(Problem(f"{quoted(text)} is not an amount and a range", "--range", help=help))
        quantity = FIELDS[field].quantity
        ranges[field] = number_range(numbers, "--range", quantity or _ABOVE_NOTHING)
    return ranges


def assumed(
    today: datetime.date,
    guesses: Mapping[Guess, str],
    *,
    rate: Sequence[str] = (),
    covers: str | None = None,
    images_from: Sequence[str] = (),
    cost_from: Sequence[str] = (),
) -> Assumed:
    """What the options say that the sources do not; the texts are those of the options. Raises BadInput."""
    stated = {guess: number_range(text, f"--{guess.replace('_', '-')}") for guess, text in guesses.items()}
    return Assumed(
        today=today,
        images_per_request=stated.get(Guess.IMAGES_PER_REQUEST, IMAGES_PER_REQUEST),
        megapixels_per_image=stated.get(Guess.MEGAPIXELS_PER_IMAGE, MEGAPIXELS_PER_IMAGE),
        price=stated.get(Guess.PRICE_PER_IMAGE),
        rates=_rates(rate),
        covers=_covered(covers),
        images_from=_sources(images_from, "--images-from"),
        cost_from=_sources(cost_from, "--cost-from"),
        stated=frozenset(stated),
    )


def _rates(texts: Sequence[str]) -> Mapping[str, Decimal]:
    """``EUR=1.08``, by currency: dollars for one unit of it. Raises BadInput."""
    found = {}
    for text in texts:
        currency, equals, amount = text.partition("=")
        if not equals or not _CURRENCY.fullmatch(currency):
            raise BadInput(Problem(f"{quoted(text)} is not a rate", "--rate", help="write it as in EUR=1.08"))
        rate = number(amount, "--rate", _ABOVE_NOTHING)
        found[currency.upper()] = Decimal(rate.numerator) / Decimal(rate.denominator)
    return found


def _covered(text: str | None) -> tuple[datetime.date, datetime.date] | None:
    """``2026-01-01..2026-10-31``, both days included. Raises BadInput."""
    if text is None:
        return None
    first, between, last = text.partition("..")
    try:
        days = datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)
    except ValueError:
        days = None
    if not between or days is None or days[0] > days[1]:
        what = f"{quoted(text)} is not a range of days"
        raise BadInput(Problem(what, "--covers", help="write it as in 2026-01-01..2026-10-31"))
    return days


def only(texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """``ServiceName=images``: a column and what its text must hold. Raises BadInput."""
    pairs = []
    for text in whole_texts(texts, "--only"):
        column, equals, value = text.partition("=")
        if not equals or not column or not value:
            what = f"{quoted(text)} is not a column and a text"
            raise BadInput(Problem(what, "--only", help="write it as in ServiceName=image"))
        pairs.append((column, value))
    return tuple(pairs)


def whole_texts(texts: Sequence[str], option: str) -> tuple[str, ...]:
    """Texts that are valid UTF-8, which a database can compare. Raises BadInput for others."""
    for text in texts:
        try:
            text.encode()
        except UnicodeEncodeError:
            raise BadInput(Problem(f"{quoted(text)} is not UTF-8 text", option, help="write it as UTF-8")) from None
    return tuple(texts)


def _sources(texts: Sequence[str], option: str) -> tuple[str, ...]:
    """Names of sources, as ``--format`` takes them. Raises BadInput."""
    from advisor.usage.detect import NAMES

    for source in texts:
        if source not in NAMES:
            help = did_you_mean(source, NAMES) or f"write one of {', '.join(NAMES)}"
            raise BadInput(Problem(f"{quoted(source)} is not a source", option, help=help))
    return tuple(texts)


def number(text: str, option: str, quantity: Quantity) -> Fraction:
    """A number within bounds. Raises BadInput."""
    try:
        return Fraction(quantity.check(text))
    except NotANumber as error:
        raise BadInput(Problem(str(error), option, help=error.help)) from None
