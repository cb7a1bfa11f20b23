"""Runs a sweep: reads a table of scenarios, decides the rows, and writes them with their outcomes."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from advisor.catalogue.loader import Catalogue
from advisor.common.atomic_files import settle
from advisor.common.diagnostics import Problem
from advisor.common.files import move_together
from advisor.common.terminal import Progress
from advisor.domain.scenario import FIELDS
from advisor.evaluation.compiler import PlainReading
from advisor.evaluation.durable_rules_backend import engine_reading
from advisor.evaluation.ibis_backend import IbisReading
from advisor.rulebook.model import Rulebook
from advisor.scenario_space.tabulation import table_of
from advisor.sweep.database import ROW, Database
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
from advisor.sweep.results import OPEN, Codes, as_written, with_outcomes
from advisor.sweep.slow_path import RowReading, decide_irregular, names_that_matter, needed_fields
from advisor.sweep.source import RESULTS, SourceTable, check_columns, csv_source, jsonl_source, parquet_source

if TYPE_CHECKING:
    from advisor.sweep.spark import SparkSweep

    Engine = Database | SparkSweep

Rows = NDArray[np.int64]


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
    from advisor.sweep.spark import SparkSweep

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
