"""Decides rows one at a time in Python: the validator of scenario files reads or rejects them."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from advisor.catalogue.loader import Catalogue
from advisor.common import yaml_loader as strict_yaml
from advisor.common.diagnostics import BadInput, Problem
from advisor.decision.assessment import Assessment
from advisor.decision.competition import competing, model_faults
from advisor.domain.record_parts import Status
from advisor.domain.scenario import FIELDS, Scenario, validated
from advisor.evaluation.compiler import Matcher
from advisor.evaluation.facts import FIELDS_OF, answer_facts, with_range
from advisor.evaluation.numpy_backend import RowOutcome
from advisor.evaluation.resolution import judge
from advisor.rulebook.model import Rulebook
from advisor.scenario_space.tabulation import table_of
from advisor.sweep.paths import Rejects
from advisor.sweep.results import Codes
from advisor.sweep.source import FAULT, HELP, LINE, RAW, SourceTable, answers_in

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
            if faults := reading.faults(scenario):
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
        self._catalogue, self._decided_on = catalogue, decided_on

    def faults(self, scenario: Scenario) -> tuple[Problem, ...]:
        """Why the checkpoint that a row names cannot be used."""
        return model_faults(self._catalogue, scenario)

    def outcome(self, scenario: Scenario) -> RowOutcome | None:
        """None if missing answers can still change it. Raises EngineFailure, and BadInput if rules do not decide."""
        rulebook = competing(self._rulebook, self._catalogue, scenario, self._decided_on)
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
