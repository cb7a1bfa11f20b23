"""Files in, days of usage out."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from advisor.common.atomic_files import DISK_FULL
from advisor.common.diagnostics import BadInput, Problem, quoted, reason
from advisor.common.files import temporary_folder, work_folder
from advisor.domain.scenario import Unit
from advisor.usage.daily import Part, add_bucket, day_sums, days_of
from advisor.usage.dates import add_iso
from advisor.usage.detect import OF_SECONDS, Found, Pages, Table, detected
from advisor.usage.engines import (
    MOST_REJECTS,
    Engine,
    Reject,
    UnreadableRows,
    engine_of,
    refused,
    stage,
    stage_rows,
    write_rejects,
)
from advisor.usage.input_files import BROKEN, LINE, inputs_of
from advisor.usage.model import NUMBERS, Day, Reading, ReadOptions
from advisor.usage.normalise import Cells, Shaped, Stated, end_faults, stamp_faults
from advisor.usage.readers.access_log import LOGS
from advisor.usage.readers.focus import FOCUS, doubts, services_note
from advisor.usage.readers.json_pages import Bucket
from advisor.usage.readers.litellm import missing_pages
from advisor.usage.readers.plain import PLAIN, Plain

_MOST_NAMED = 3
_PREFIX = "advisor-monitor-"
_FOLLOWED = re.compile(r"(more pages follow: \w+) `.*`", re.DOTALL)
_NUMBERED = re.compile(r"(.*: )([\d,]+(?:\.\d+)?)((?: [A-Z]{3})?)", re.DOTALL)


def read_usage(patterns: Sequence[str], options: ReadOptions) -> Reading:
    """Reads bills and logs: each file once, each row once, summed by UTC day.

    Raises BadInput for files that cannot be read or recognised, and for rows that cannot be read unless they are to be
    listed in ``options.rejects``; KeyboardInterrupt. Nothing is written but the rejects, in the end.
    """
    try:
        plain = Plain(options.plain) if options.plain else None
        inputs, notes = inputs_of(patterns, options.progress.phase("unpacking", unit="kB"))
        found = [detected(input, options.format, plain) for input in inputs]
        _check_options(found, options)
        with _work_folder() as folder, closing(engine_of(options, folder)) as engine:
            run = _Run(engine, folder, options)
            parts = [run.part(one) for one in found]
            with _no_rows_to_find(None):
                days, more = days_of(parts, engine.rows_of)
        if options.rejects:
            write_rejects(options.rejects, run.rejects)
        missing = missing_pages(one.source for one in found if isinstance(one, Table))
        said = each_note_once(run.notes, [one.file for one in found])
        all_notes = (*_kinds(found), *notes, *missing, *said, *more, *_currencies(days))
        return Reading(days, all_notes, len(run.rejects), tuple(run.doubts()))
    finally:
        options.progress.clear()


@contextmanager
def _work_folder() -> Iterator[Path]:
    """A folder for rows on their way to the engine. Raises BadInput where there is no room for it."""
    entered = False
    try:
        with work_folder(temporary_folder(), _PREFIX) as folder:
            entered = True
            yield folder
    except OSError as error:
        if entered and error.errno not in DISK_FULL:
            raise
        what = f"the temporary folder cannot be used: {reason(error)}"
        raise BadInput(Problem(what, help="name another folder with room in the variable TMPDIR")) from None


def _check_options(found: Sequence[Found], options: ReadOptions) -> None:
    """Raises BadInput where there is nothing to choose from, and for requests in place of seconds of video."""
    if options.only and not any(one.name == FOCUS.name for one in found):
        help = "leave it out, or choose rows with `where` in the mapping file"
        raise BadInput(Problem("there is no bill in FOCUS that `--only` could choose from", "--only", help=help))
    help = f"read {', '.join(OF_SECONDS[:-1])}, or a table with a mapping in which `images` is the column of seconds"
    for one in found if options.unit is Unit.VIDEO_SECOND else ():
        requests = isinstance(one, Table) and isinstance(one.reader, Plain) and one.reader.states_requests_alone
        if one.name not in OF_SECONDS or requests:
            what = f"the decision counts seconds of video, which {quoted(one.name)} does not state"
            raise BadInput(Problem(what, one.file, help=help))


def _kinds(found: Sequence[Found]) -> Iterable[str]:
    """Which files were read as what."""
    files: dict[str, list[str]] = {}
    for one in found:
        files.setdefault(one.name, []).append(one.file)
    for name, names in files.items():
        more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
        yield f"read as {name}: {', '.join(names[:_MOST_NAMED])}{more}"


def _currencies(days: Sequence[Day]) -> Iterable[str]:
    found = sorted({(day.source, day.currency) for day in days if day.currency})
    if len({currency for _, currency in found}) > 1:
        yield f"there are several currencies: {', '.join(f'{currency} ({source})' for source, currency in found)}"


def each_note_once(notes: Iterable[str], files: Collection[str]) -> Iterator[str]:
    """Each of the notes once: with the files that it names, or their number; a number at its end is added up.

    Of several files with more pages to follow, the next page is not named: it may be among them.

    >>> list(each_note_once(["rows left out: 2", "a: no end", "rows left out: 3", "b: no end", "c"], ["a", "b"]))
    ['rows left out: 5 (2 files)', 'a, b: no end', 'c']
    """
    named: dict[str, list[str]] = defaultdict(list)
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    next_pages: dict[str, str] = {}
    for note in notes:
        file = next((file for file in files if note.startswith(f"{file}: ")), "")
        text = note.removeprefix(f"{file}: ") if file else note
        if not file and (numbered := _NUMBERED.fullmatch(text)):
            text = f"{numbered[1]}{{}}{numbered[3]}"
            amounts[text] += Decimal(numbered[2].replace(",", ""))
        if followed := _FOLLOWED.fullmatch(text):
            next_pages[followed[1]], text = text, followed[1]
        named[text].append(file)
    for text, of_files in named.items():
        said = text.replace("{}", f"{amounts[text]:,f}") if text in amounts else text
        if any(of_files):
            yield f"{', '.join(dict.fromkeys(of_files))}: {said}"
        else:
            yield next_pages.get(text, said) if len(of_files) == 1 else f"{said} ({len(of_files):,} files)"


@dataclass
class _Run:
    """Brings files to the engine, one after the other."""

    engine: Engine
    folder: Path
    options: ReadOptions
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    buckets: defaultdict[str, list[tuple[Bucket, str]]] = field(default_factory=lambda: defaultdict(list))
    unsure: list[Problem] = field(default_factory=list)
    charged: list[dict[str, Any]] = field(default_factory=list)
    bills: list[str] = field(default_factory=list)
    files: int = 0

    def doubts(self) -> list[Problem]:
        """Why what the bills charge for need not be images."""
        return [*self.unsure, *doubts(self.charged, ", ".join(self.bills), self.options)]

    def part(self, found: Found) -> Part:
        """The sums of a file, and its rows for comparison with those of other files."""
        self.files += 1
        if isinstance(found, Pages):
            return self._pages(found)
        if found.source.by_line:
            return self._line_by_line(found)
        try:
            shaped = found.reader.shaped(Cells(self.engine.table(found.source), found.source), self.options)
            sums = self._sums(shaped.rows, found.file)
            if not any(row["faults"] for row in sums):
                return self._part(found, shaped, shaped.rows, sums)
        except UnreadableRows:
            pass  # they are located below
        return self._line_by_line(found)

    def _line_by_line(self, found: Table) -> Part:
        """Re-reads the file line by line to locate the rows that cannot be read."""
        target = self._target()
        file = found.file
        stage(found.source, target, self.options.progress.phase(f"looking for faults in {file}"))
        latest = self.options.today + timedelta(days=1)
        self.notes += add_iso(target, found.source, found.reader.periods, self.options.date_order, latest)
        with _no_rows_to_find(file):
            shaped = found.reader.shaped(Cells(self.engine.staged(target), found.source), self.options)
            self._note_faults(shaped, file)
            rows = shaped.rows.filter(shaped.rows.fault.isnull())
            return self._part(found, shaped, rows, self._sums(rows, file))

    def _part(self, found: Table, shaped: Shaped, rows: ir.Table, sums: list[dict[str, Any]]) -> Part:
        file = found.file
        self.notes += shaped.notes
        for table, notes in shaped.remarks:
            self.notes += notes(self.engine.rows_of(table, file))
        if shaped.services is not None:
            groups = self.engine.rows_of(shaped.services, file)
            self.notes += services_note(groups, file, self.options)
            self.charged += groups
            self.bills.append(file)
        nothing = not sums and not any(reject.file == file for reject in self.rejects)
        if nothing:
            number = self._number(shaped.table, file)
            none = f"none of the rows counts ({number:,}); {shaped.counts} would" if number else "it has no rows"
            self.notes.append(f"{file}: {none}")
        alike = (found.source.container.value, tuple(sorted(found.source.columns)))
        return Part(found.reader.name, file, rows, sums, bool(shaped.unique), alike)

    def _number(self, rows: ir.Table, file: str) -> int:
        (row,) = self.engine.rows_of(rows.aggregate(number=rows.count()), file)
        return int(row["number"])

    def _pages(self, found: Pages) -> Part:
        target = self._target()
        unit, chosen = self.options.unit, self.options.makes_images
        reading = found.read(unit, chosen)
        stage_rows(reading.rows, target)
        self.notes += reading.notes
        self.unsure += reading.doubts
        table = self.engine.staged(target)
        at, ends = (Stated("", stamp.cast("string"), stamp.isnull()) for stamp in (table["at"], table.ends))
        for fault in (*stamp_faults(table["at"], at, self.options), *end_faults(table["at"], table.ends, ends)):
            wrong = table.filter(fault.wrong).select(line=table[LINE], value=fault.stated.text)
            if rows := self.engine.rows_of(wrong, found.file):
                self._reject_all([Reject(found.file, row["line"], fault.what, "", row["value"]) for row in rows])
                table = table.filter(~fault.wrong)
        for bucket in reading.buckets:
            add_bucket(self.buckets[found.name], bucket, found.file)
        sums = self._sums(table, found.file)
        if not any(row[name] for row in sums for name in NUMBERS):
            self.notes.append(f"{found.file}: nothing in it counts")
        return Part(found.name, found.file, table, sums, True, (found.name,))

    def _note_faults(self, shaped: Shaped, file: str) -> None:
        rows = shaped.rows.filter(shaped.rows.fault.notnull()).select(LINE, BROKEN, "fault", "value")
        number = self._number(rows, file)
        if number + len(self.rejects) > MOST_REJECTS:
            what = f"{number:,} rows cannot be read, more than the {MOST_REJECTS:,} that are listed"
            help = "check that this is the right file, and --format or --mapping"
            raise BadInput(Problem(what, file, help=help))
        if not number:
            return
        rejects = []
        for row in self.engine.rows_of(rows, file):
            fault = None if row[BROKEN] else shaped.faults[row["fault"] - 1]
            what, field = (fault.what, fault.stated.column) if fault else (row[BROKEN], "")
            rejects.append(Reject(file, row[LINE], what, field, row["value"]))
        self._reject_all(rejects)

    def _reject_all(self, rejects: list[Reject]) -> None:
        """Leaves out rows of one file that cannot be read. Raises BadInput if they are not to be listed."""
        rejects.sort(key=lambda reject: reject.line)
        if self.options.rejects is None:
            raise refused(rejects)
        self.rejects += rejects
        rows = "row that cannot be read is" if len(rejects) == 1 else "rows that cannot be read are"
        self.notes.append(f"{rejects[0].file}: {len(rejects):,} {rows} left out; see {self.options.rejects}")

    def _sums(self, rows: ir.Table, file: str) -> list[dict[str, Any]]:
        report = self.options.progress.phase(f"reading {file}", unit="%")
        return self.engine.rows_of(day_sums(rows), file, lambda share: report(round(share * 100)))

    def _target(self) -> Path:
        return self.folder / f"rows{self.files}.parquet"


@contextmanager
def _no_rows_to_find(file: str | None) -> Iterator[None]:
    """Rows that an engine cannot parse and that can no longer be located, as BadInput."""
    try:
        yield
    except UnreadableRows as error:
        first = str(error).partition("\n")[0].lower()
        help = "check that this is the right file, and what its mapping says"
        raise BadInput(Problem(f"the rows cannot be computed with: {first}", file, help=help)) from None


# ---- sources are kept with the options that select rows, so that different selections are never mixed

_LOGS = tuple(log.name for log in LOGS)
_BY_NAME = ("litellm-logs", "litellm-daily", "openai-costs", "fal-usage", "fal-billing-events", "replicate-predictions")
_BEGIN = " with "


def kept_as(days: Iterable[Day], options: ReadOptions) -> list[Day]:
    """The days as the history holds them: their sources named with the options that they were read with."""
    return [replace(day, source=_named(day.source, options)) for day in days]


def read_alike(days: Iterable[Day], options: ReadOptions) -> tuple[list[Day], tuple[str, ...]]:
    """The reverse: those of the days that were read with the options of this run, and a note on others.

    A run without a mapping takes the plain tables of the only mapping in the history.
    """
    days = list(days)
    alike: list[Day] = []
    other = Counter[str]()
    mapped = {day.source for day in days if _begin(day.source) == PLAIN}
    for day in days:
        source = _begin(day.source)
        only_mapping = source == PLAIN and options.mapping is None and len(mapped) == 1
        if only_mapping or day.source == _named(source, options):
            alike.append(replace(day, source=source))
        else:
            other[day.source] += 1
    another = (
        "they were read with another mapping"
        if options.mapping
        else "several mappings read them: choose one with --mapping"
    )
    notes = []
    for source, number in sorted(other.items()):
        why = another if _begin(source) == PLAIN else "their rows were selected differently"
        notes.append(f"{number:,} days kept from {source} are left out, as {why}")
    return alike, tuple(notes)


def _named(source: str, options: ReadOptions) -> str:
    chosen: list[str] = []
    if source == FOCUS.name:
        chosen = sorted(f"{column}={text}" for column, text in options.only)
    elif source in _LOGS:
        chosen = sorted(options.request_paths)
    elif source in _BY_NAME:
        chosen = sorted(options.makes_images)
    elif source == PLAIN and options.plain:
        chosen = [f"mapping {options.plain.digest}"]
    return f"{source}{_BEGIN}{', '.join(chosen)}" if chosen else source


def _begin(source: str) -> str:
    return source.partition(_BEGIN)[0]
