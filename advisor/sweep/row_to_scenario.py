"""Converts one irregular row to a scenario, through the validator of scenario files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

from advisor.common import yaml_loader as strict_yaml
from advisor.domain.scenario import FIELDS, Scenario, validated


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
