"""Files in, days of usage out."""

from __future__ import annotations

import errno
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis.expr.types as ir

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.common.work_folders import temporary_folder, work_folder
from advisor.domain.scenario import Unit
from advisor.usage.aggregate import FAULTS, day_sums
from advisor.usage.column_exprs import Cells
from advisor.usage.daily import corrections_as_bills, days_of, span_of
from advisor.usage.deduplicate import Part, without_doubles
from advisor.usage.detect import Found, Pages, Table, detected, name_of
from advisor.usage.engines import engine_of
from advisor.usage.input_files import inputs_of
from advisor.usage.line_reader import UnreadableRows, stage
from advisor.usage.model import Reading
from advisor.usage.normalise import AT, ENDS, FAULT, NUMBERS, STANDS, Shaped, end_faults, stamp_faults
from advisor.usage.notes import each_note_once
from advisor.usage.options import ReadOptions
from advisor.usage.paged import missing_pages
from advisor.usage.readers.buckets import Buckets
from advisor.usage.readers.focus import FOCUS
from advisor.usage.readers.focus_services import doubts, services_note
from advisor.usage.readers.plain import Plain
from advisor.usage.readers.registry import OF_SECONDS, TableReader
from advisor.usage.rejects import MOST, Reject, refused, too_many, write_rejects
from advisor.usage.source import BROKEN, LINE, Source
from advisor.usage.spreadsheet_dates import add_iso
from advisor.usage.staging import stage_rows

if TYPE_CHECKING:
    from advisor.usage.engines import Engine

_MOST_NAMED = 3
_PREFIX = "advisor-monitor-"


def read_usage(patterns: Sequence[str], options: ReadOptions) -> Reading:
    """Reads bills and logs: each file once, each row once, summed by UTC day.

    Raises BadInput for files that cannot be read or recognised, and for rows that cannot be read unless they are to be
    listed in ``options.rejects``; KeyboardInterrupt. Nothing is written but the rejects, in the end.
    """
    try:
        plain = Plain(options.plain) if options.plain else None
        inputs, notes = inputs_of(patterns, options.progress.phase("unpacking", unit="kB"))
        found = [detected(input, options.format, plain) for input in inputs]
        _check_only(found, options)
        _check_unit(found, options)
        with (
            _work_folder() as folder,
            closing(engine_of(options, folder)) as engine,
        ):
            run = _Run(engine, folder, options)
            parts = [run.part(one) for one in found]
            with _no_rows_to_find(None):
                sums, more = without_doubles(parts, engine)
        if options.rejects:
            write_rejects(options.rejects, run.rejects)
        days = days_of(corrections_as_bills(sums))
        files = [one.file if isinstance(one, Pages) else one.source.file for one in found]
        missing = missing_pages(_sources(found))
        said = (*_kinds(found), *notes, *missing, *each_note_once(run.notes, files), *more, *_currencies(days))
        return Reading(days, said, len(run.rejects), tuple(run.doubts()))
    finally:
        options.progress.clear()


@contextmanager
def _work_folder() -> Iterator[Path]:
    """A folder for rows on their way to the engine. Raises BadInput where there is no room for it."""
    with ExitStack() as working:
        try:
            folder = working.enter_context(work_folder(temporary_folder(), _PREFIX))
        except OSError as error:
            raise _no_room(error) from None
        try:
            yield folder
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise _no_room(error) from None


def _no_room(error: OSError) -> BadInput:
    what = f"the temporary folder cannot be used: {(error.strerror or str(error)).lower()}"
    return BadInput(Problem(what, help="name another folder with room in the variable TMPDIR"))


def _check_only(found: Sequence[Found], options: ReadOptions) -> None:
    if options.only and not any(name_of(one) == FOCUS.name for one in found):
        help = "leave it out, or choose rows with `where` in the mapping file"
        raise BadInput(Problem("there is no bill in FOCUS that `--only` could choose from", "--only", help=help))


def _check_unit(found: Sequence[Found], options: ReadOptions) -> None:
    """Images and requests are no seconds of video."""
    if options.unit is not Unit.VIDEO_SECOND:
        return
    help = f"read {', '.join(OF_SECONDS[:-1])}, or a table with a mapping in which `images` is the column of seconds"
    for one in found:
        if name_of(one) not in OF_SECONDS or (not isinstance(one, Pages) and _of_requests(one.reader)):
            file = one.file if isinstance(one, Pages) else one.source.file
            what = f"the decision counts seconds of video, which {quoted(name_of(one))} does not state"
            raise BadInput(Problem(what, file, help=help))


def _sources(found: Sequence[Found]) -> Iterator[Source]:
    return (one.source for one in found if not isinstance(one, Pages))


def _of_requests(reader: TableReader) -> bool:
    return isinstance(reader, Plain) and reader.states_requests_alone


def _kinds(found: Sequence[Found]) -> Iterable[str]:
    """Which files were read as what."""
    files: dict[str, list[str]] = {}
    for one in found:
        file = one.file if isinstance(one, Pages) else one.source.file
        files.setdefault(name_of(one), []).append(file)
    for name, names in files.items():
        more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
        yield f"read as {name}: {', '.join(names[:_MOST_NAMED])}{more}"


def _currencies(days: Sequence[Any]) -> Iterable[str]:
    found = sorted({(day.source, day.currency) for day in days if day.currency})
    if len({currency for _, currency in found}) > 1:
        yield f"there are several currencies: {', '.join(f'{currency} ({source})' for source, currency in found)}"


@dataclass
class _Run:
    """Brings files to the engine, one after the other."""

    engine: Engine
    folder: Path
    options: ReadOptions
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    buckets: defaultdict[str, Buckets] = field(default_factory=lambda: defaultdict(Buckets))
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
        self.notes += found.reader.notes(self.options)
        if found.source.by_line:
            return self._line_by_line(found)
        try:
            shaped = found.reader.shaped(Cells(self.engine.table(found.source), found.source), self.options)
            sums = self._sums(shaped.rows, found.source.file)
            if not any(row[FAULTS] for row in sums):
                return self._part(found, shaped, shaped.rows, sums)
        except UnreadableRows:
            pass  # they are located below
        return self._line_by_line(found)

    def _line_by_line(self, found: Table) -> Part:
        """Re-reads the file line by line to locate the rows that cannot be read."""
        target = self._target()
        file = found.source.file
        stage(found.source, target, self.options.progress.phase(f"looking for faults in {file}"))
        latest = self.options.today + timedelta(days=1)
        self.notes += add_iso(target, found.source, found.reader.periods, self.options.date_order, latest)
        with _no_rows_to_find(file):
            shaped = found.reader.shaped(Cells(self.engine.staged(target), found.source), self.options)
            self._note_faults(shaped, file)
            rows = shaped.rows.filter(shaped.rows[FAULT].isnull())
            return self._part(found, shaped, rows, self._sums(rows, file))

    def _part(self, found: Table, shaped: Shaped, rows: ir.Table, sums: list[dict[str, Any]]) -> Part:
        file = found.source.file
        for table, notes in shaped.remarks:
            self.notes += notes(self.engine.rows_of(table, file))
        if shaped.services is not None:
            groups = self.engine.rows_of(shaped.services, file)
            self.notes += services_note(groups, file, self.options)
            self.charged += groups
            self.bills.append(file)
        if not sums and not any(reject.file == file for reject in self.rejects):
            self._note_nothing(found, shaped)
        alike = (found.source.container.value, tuple(sorted(found.source.columns)))
        return Part(found.reader.name, file, rows, sums, span_of(sums), bool(shaped.unique), alike)

    def _note_nothing(self, found: Table, shaped: Shaped) -> None:
        """That a file has rows, and none of them counts."""
        table = shaped.cells.table
        (row,) = self.engine.rows_of(table.aggregate(number=table.count()), found.source.file)
        if row["number"]:
            what = f"none of the rows counts ({row['number']:,}); {found.reader.counts(self.options)} would"
            self.notes.append(f"{found.source.file}: {what}")

    def _pages(self, found: Pages) -> Part:
        target = self._target()
        unit, chosen = self.options.unit, self.options.makes_images
        reading = found.reader.read(found.name, found.document, found.file, unit, chosen)
        stage_rows(reading.rows, target)
        self.notes += reading.notes
        self.unsure += reading.doubts
        table = self.engine.staged(target)
        at, ends = table[AT], table[ENDS]
        faults = (
            *stamp_faults(at, "", at.cast("string"), self.options),
            *end_faults(at, ends, "", ends.cast("string")),
        )
        for fault in faults:
            wrong = table.filter(fault.wrong).select(line=table[LINE], value=fault.stands)
            rows = self.engine.rows_of(wrong, found.file)
            if rows:
                rejects = [Reject(found.file, row["line"], fault.what, "", row["value"]) for row in rows]
                self._reject_all(found.file, rejects)
                table = table.filter(~fault.wrong)
        for bucket in reading.buckets:
            self.buckets[found.name].add(bucket, found.file)
        sums = self._sums(table, found.file)
        if not any(row[name] for row in sums for name in NUMBERS):
            self.notes.append(f"{found.file}: nothing in it counts")
        return Part(found.name, found.file, table, sums, span_of(sums), True, (found.name,))

    def _note_faults(self, shaped: Shaped, file: str) -> None:
        rows = shaped.rows.filter(shaped.rows[FAULT].notnull())
        number = self.engine.rows_of(rows.aggregate(number=rows.count()), file)[0]["number"]
        if not number:
            return
        if number + len(self.rejects) > MOST:
            raise too_many(file, number)
        listed = [self._reject(row, shaped, file) for row in self.engine.rows_of(_listed(rows), file)]
        self._reject_all(file, listed)

    def _reject_all(self, file: str, rejects: list[Reject]) -> None:
        rejects.sort(key=lambda reject: reject.line)
        if self.options.rejects is None:
            raise refused(rejects, len(rejects))
        self.rejects += rejects
        rows = "row that cannot be read is" if len(rejects) == 1 else "rows that cannot be read are"
        self.notes.append(f"{file}: {len(rejects):,} {rows} left out; see {self.options.rejects}")

    def _reject(self, row: dict[str, Any], shaped: Shaped, file: str) -> Reject:
        if row[BROKEN]:
            return Reject(file, row[LINE], row[BROKEN], "", row[STANDS])
        fault = shaped.faults[row[FAULT] - 1]
        return Reject(file, row[LINE], fault.what, fault.field, row[STANDS])

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


def _listed(rows: ir.Table) -> ir.Table:
    return rows.select(**{name: rows[name] for name in (LINE, BROKEN, FAULT, STANDS)})
