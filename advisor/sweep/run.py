"""Runs a sweep: reads a table of scenarios, decides the rows, and writes them with their outcomes.

Regular rows are decided together by one expression (``fast_path``), the others one at a time in Python: there the
validator of scenario files reads or rejects them.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from advisor.catalogue.loader import Catalogue
from advisor.common import yaml_loader as strict_yaml
from advisor.common.atomic_files import settle
from advisor.common.diagnostics import BadInput, Problem
from advisor.common.files import move_together
from advisor.common.terminal import Progress
from advisor.decision.assessment import Assessment
from advisor.decision.competition import competing, model_faults
from advisor.domain.record_parts import Status
from advisor.domain.scenario import FIELDS, Scenario, validated
from advisor.evaluation.compiler import Matcher, PlainReading
from advisor.evaluation.durable_rules_backend import engine_reading
from advisor.evaluation.facts import FIELDS_OF, answer_facts, with_range
from advisor.evaluation.ibis_backend import IbisReading
from advisor.evaluation.numpy_backend import RowOutcome
from advisor.evaluation.resolution import judge
from advisor.rulebook.model import Rulebook
from advisor.scenario_space.tabulation import table_of
from advisor.sweep.engines import OPEN, ROW, Codes, Database, SparkSweep, as_written, with_outcomes
from advisor.sweep.fast_path import (
    EXPECTED,
    HIGH,
    IRREGULAR,
    LOW,
    UNASKED,
    survey,
    with_answers,
    with_irregular,
    with_numbers,
)
from advisor.sweep.paths import Format, Paths, Rejects, is_of_rejects, sweep_work_folder
from advisor.sweep.source import (
    FAULT,
    HELP,
    LINE,
    RAW,
    RESULTS,
    SourceTable,
    answers_in,
    check_columns,
    csv_source,
    jsonl_source,
    parquet_source,
)

Rows = NDArray[np.int64]
Engine = Database | SparkSweep


@dataclass(frozen=True)
class SweepOptions:
    """``by_row``: decided by the rules engine, else by one expression over all rows, in DuckDB or ``on_spark``.

    With a ``catalogue`` its offers of ``decided_on`` compete on the routes that a row has no price for.
    """

    by_row: bool = False
    on_spark: bool = False
    master: str | None = None
    catalogue: Catalogue | None = None
    decided_on: datetime.date = field(default_factory=datetime.date.today)


@dataclass(frozen=True)
class SweepSummary:
    """The numbers of rows, of rejected rows, and of rows that are still open."""

    rows: int
    rejected: int
    open: int


def sweep(
    paths: Paths, rulebook: Rulebook, how: SweepOptions, warn: Callable[[Problem], None], progress: Progress
) -> SweepSummary:
    """Decides every row of a table and writes the rows in order, all or nothing.

    Raises BadInput for a table that cannot be read, EngineFailure, and KeyboardInterrupt.
    """
    for path in (paths.source, paths.out, paths.rejects):
        settle(path.parent)
    with sweep_work_folder(paths.out) as folder, closing(Database(folder)) as database:
        source = _read(paths, folder, progress)
        has_catalogue = how.catalogue is not None
        line = 1 if source.format is Format.CSV else None
        for warning in check_columns(source.names, source.file, line, has_catalogue):
            warn(warning)
        codes = Codes(source.rows)
        matter = names_that_matter(rulebook) if how.by_row else IbisReading(table_of(rulebook)).names
        needed = needed_fields(rulebook, matter, has_catalogue)
        if how.by_row or not _may_be_complete(source, needed):
            table, irregular = database.table(source), np.arange(source.rows)
        elif how.on_spark:
            table = database.table(source)
            irregular = _decided_on_spark(rulebook, needed, source, codes, folder, how.master)
        else:
            table, irregular = _decided_on_duckdb(rulebook, needed, source, database, progress)
        matcher_of = engine_reading if how.by_row else PlainReading
        reading = RowReading(rulebook, matcher_of, needed, how.catalogue, how.decided_on)
        report = progress.phase("deciding one by one", irregular.size)
        with closing(Rejects(folder / "rejects.csv")) as rejects:
            decide_irregular(source, irregular, reading, codes, rejects, report)
        if irregular.size or RESULTS[0] not in table.columns:
            database.set_codes(codes.codes)
            table = with_outcomes(table, codes.outcomes, any_rejected=rejects.rows > 0)
        report = progress.phase("writing", source.rows)
        database.write(as_written(table, source, paths.out_kind.format), folder / "out", paths.out_kind, source, report)
        finished: dict[Path, Path | None] = {paths.out: folder / "out"}
        if rejects.rows or paths.named:
            finished[paths.rejects] = folder / "rejects.csv"
        elif is_of_rejects(paths.rejects):
            finished[paths.rejects] = None
        move_together(finished)
    return SweepSummary(source.rows, rejects.rows, int(np.count_nonzero(codes.codes == OPEN)))


def _read(paths: Paths, folder: Path, progress: Progress) -> SourceTable:
    kind, staged = paths.source_kind, folder / "rows.parquet"
    if kind.format is Format.PARQUET:
        return parquet_source(paths.source)
    report = progress.phase("reading")
    if kind.format is Format.CSV:
        return csv_source(paths.source, kind, staged, report)
    return jsonl_source(paths.source, kind, staged, report, carry_cells=paths.out_kind.format is not Format.JSONL)


def _may_be_complete(source: SourceTable, needed: tuple[str, ...]) -> bool:
    """Whether the table has all columns that a complete row needs."""
    fields = {*source.fields, *UNASKED}
    return fields.issuperset(needed) or (EXPECTED in fields and fields.union((LOW, HIGH)).issuperset(needed))


def _decided_on_duckdb(
    rulebook: Rulebook, needed: tuple[str, ...], source: SourceTable, database: Database, progress: Progress
) -> tuple[ir.Table, Rows]:
    """The rows with ``irregular`` and the results of regular rows; and the numbers of the irregular rows.

    The first row that the rules leave undecided counts as irregular: deciding it alone gives the error message.
    """
    progress.phase("checking", source.rows)
    rows = _judged(database, source, needed)
    irregular, most = _survey(rows, needed, database, source)
    answered = with_answers(rows, source.cells, needed, any_irregular=irregular > 0)
    numbers = np.empty(0, np.int64)
    if irregular:
        numbers = database.numbers_of(rows.filter(rows[IRREGULAR]).select(ROW), source)
    decided = IbisReading(table_of(rulebook)).decide(answered, most)
    undecided = ~decided[IRREGULAR] & decided["route"].isnull() & (decided["feasible_routes"].length() > 0)
    first = database.numbers_of(decided.filter(undecided).select(ROW).order_by(ROW).limit(1), source)
    return decided, np.union1d(numbers, first)


def _decided_on_spark(
    rulebook: Rulebook, needed: tuple[str, ...], source: SourceTable, codes: Codes, folder: Path, master: str | None
) -> Rows:
    """Fills in the codes of all rows except the irregular and undecided ones, and returns the numbers of those."""
    with closing(SparkSweep(master)) as spark:
        rows = _judged(spark, source, needed)
        _, most = _survey(rows, needed, spark, source)
        answered = with_answers(rows, source.cells, needed, any_irregular=True)
        irregular = spark.fill(codes, IbisReading(table_of(rulebook)).decide(answered, most), folder, source)
        return np.union1d(irregular, codes.undecided())


def _judged(engine: Engine, source: SourceTable, needed: tuple[str, ...]) -> ir.Table:
    """The rows with the column ``irregular``."""
    return with_irregular(engine.once(with_numbers(engine.table(source), source.cells), source), source.cells, needed)


def _survey(rows: ir.Table, needed: tuple[str, ...], engine: Engine, source: SourceTable) -> tuple[int, dict[str, int]]:
    """How many rows are irregular, and the largest value of each number in the others, in its smallest steps."""
    (found,) = engine.rows_of(survey(rows, source.cells, needed), source.file)
    largest = {
        name: int(Decimal(str(found.get(name) or UNASKED.get(name, 0))).scaleb(quantity.places))
        for name in needed
        if (quantity := FIELDS[name].quantity)
    }
    return found[IRREGULAR] or 0, {**largest, "gpu_billing": found.get("gpu_billing") or 0}


# ---- rows decided one at a time, as scenario files are

_BATCH = 10_000
PRICES = frozenset(name for fields in FIELDS_OF.values() for name in fields)


def decide_irregular(
    source: SourceTable,
    rows: NDArray[np.int64],
    reading: RowReading,
    codes: Codes,
    rejects: Rejects,
    report: Callable[[int], None],
) -> None:
    """Sets the codes of ``rows`` (ascending). Raises EngineFailure, and BadInput for rules that do not decide."""
    for done, (row, cells, extras) in enumerate(_rows(source, rows), 1):
        try:
            scenario = scenario_of(_answers(cells, extras), source.file)
            if faults := model_faults(reading.catalogue, scenario):
                raise BadInput(faults)
        except BadInput as error:
            rejects.add(extras.get(LINE, row + 1), error.problems)
        else:
            codes.codes[row] = codes.place(reading.outcome(scenario))
        report(done)


def _rows(source: SourceTable, wanted: NDArray[np.int64]) -> Iterator[tuple[int, dict[str, Any], dict[str, Any]]]:
    """The number of each wanted row, its cells by field, and what staging added."""
    for start, batch in _batches(source, wanted):
        first, last = np.searchsorted(wanted, (start, start + batch.num_rows))
        rows = wanted[first:last]
        columns = {name: values_of(batch.column(name), (rows - start).tolist()) for name in batch.schema.names}
        for place, row in enumerate(rows.tolist()):
            cells = {name: columns[column][place] for name, column in source.fields.items()}
            extras = {name: columns[name][place] for name in source.extras}
            yield row, cells, extras


def _batches(source: SourceTable, wanted: NDArray[np.int64]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The row groups that hold wanted rows, in parts, each with the number of its first row."""
    with pq.ParquetFile(source.path) as file:
        start = 0
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            first, last = np.searchsorted(wanted, (start, start + rows))
            if first < last:
                part = start
                names = [*source.extras, *source.fields.values()]
                for batch in file.iter_batches(_BATCH, row_groups=[group], columns=names):
                    yield part, batch
                    part += batch.num_rows
            start += rows


def _answers(cells: dict[str, Any], extras: dict[str, Any]) -> dict[str, Any]:
    """The answers of a row. Raises BadInput for a faulty one."""
    if extras.get(FAULT):
        raise BadInput(Problem(extras[FAULT], help=extras[HELP]))
    return answers_in(extras[RAW]) if extras.get(RAW) else cells


@dataclass(frozen=True)
class UnsupportedValue:
    """A value that Python cannot represent, such as a day after the year 9999. It is not an answer."""

    type: str

    def __str__(self) -> str:
        return self.type


def values_of(column: pa.Array, places: Iterable[int]) -> list[Any]:
    """The values of a column at these indices with exact numbers: a float becomes its shortest decimal text."""
    if pa.types.is_duration(column.type):
        column = column.cast(pa.int64())  # as it is stored, and as every program but Arrow reads it
    kind = column.type.to_pandas_dtype() if pa.types.is_floating(column.type) else None
    return [_value_of(column[place], kind) for place in places]


def _value_of(cell: pa.Scalar, kind: Any) -> Any:
    try:
        value = cell.as_py()
    except (pa.ArrowException, OverflowError, ValueError):
        return UnsupportedValue(str(cell.type))
    return value if kind is None or value is None else Decimal(str(kind(value)))


def scenario_of(row: Mapping[str, Any], file: str) -> Scenario:
    """The scenario in a row of fields; null and empty text are unanswered. Raises BadInput with every fault."""
    return validated({name: _answer(name, value) for name, value in row.items() if value not in (None, "")}, file)


def _answer(name: str, value: Any) -> Any:
    """Text is read as a boolean like an unquoted value in a scenario file."""
    if not (FIELDS[name].boolean and isinstance(value, str)):
        return value
    meant = strict_yaml.scalar(value)
    return meant if isinstance(meant, bool) else value


def needed_fields(rulebook: Rulebook, names: tuple[str, ...] | None, has_catalogue: bool) -> tuple[str, ...]:
    """The fields that a complete row answers: those that can change an outcome, and required fields that rules read.

    ``names`` are those that can change an outcome; None means every field that rules read. Where there is a catalogue,
    every price is one: without it the catalogue's offers compete.
    """
    read = rulebook.reads((*rulebook.gates, *rulebook.preferences))
    matter = {*(read if names is None else names), *(PRICES if has_catalogue else ())}
    return tuple(name for name, spec in FIELDS.items() if name in matter or (name in read and not spec.optional))


def names_that_matter(rulebook: Rulebook) -> tuple[str, ...] | None:
    """The fields that can change an outcome; None for a rulebook too large to tabulate."""
    try:
        return table_of(rulebook).names
    except BadInput:
        return None


class RowReading:
    """Decides scenarios one by one."""

    def __init__(
        self,
        rulebook: Rulebook,
        matcher_of: Callable[[Rulebook], Matcher],
        needed: tuple[str, ...],
        catalogue: Catalogue | None,
        decided_on: datetime.date,
    ) -> None:
        self._rulebook, self._matcher_of, self._needed = rulebook, lru_cache(maxsize=32)(matcher_of), needed
        self.catalogue, self._decided_on = catalogue, decided_on

    def outcome(self, scenario: Scenario) -> RowOutcome | None:
        """None if missing answers can still change it. Raises EngineFailure, and BadInput if rules do not decide."""
        rulebook = competing(self._rulebook, self.catalogue, scenario, self._decided_on)
        answers, matcher = answer_facts(scenario), self._matcher_of(rulebook)
        if rulebook is self._rulebook and all(name in with_range(answers) for name in self._needed):
            judgement = judge(rulebook, matcher, answers)
            verdict, axes = judgement.verdict, judgement.deciding_axes
            if not verdict.undecided:
                return RowOutcome(verdict.route, axes[0] if axes else None, verdict.feasible, judgement.settled)
        assessment = Assessment(scenario, rulebook, matcher)
        if assessment.status is Status.OPEN:
            return None
        axes = assessment.deciding_axes
        feasible = assessment.judgement.verdict.feasible
        return RowOutcome(assessment.route, axes[0] if axes else None, feasible, assessment.settled)
