"""One odd row as a scenario: its values become what a scenario file holds, and its validator reads them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

from advisor import strict_yaml
from advisor.scenario import FIELDS, Scenario, validated


def values_of(column: pa.ChunkedArray | pa.Array) -> list[Any]:
    """The values of a column with exact numbers: a float is the shortest decimal text that names it."""
    if not pa.types.is_floating(column.type):
        return list(column.to_pylist())
    numbers = column.to_numpy(zero_copy_only=False) if isinstance(column, pa.Array) else column.to_numpy()
    kind = column.type.to_pandas_dtype()
    present = column.is_valid().to_pylist()
    return [Decimal(str(kind(number))) if there else None for number, there in zip(numbers, present, strict=True)]


def scenario_of(row: Mapping[str, Any], file: str) -> Scenario:
    """The scenario in a row of fields; null and empty text are no answers. Raises BadInput with every fault."""
    return validated({name: _answer(name, value) for name, value in row.items() if value not in (None, "")}, file)


def _answer(name: str, value: Any) -> Any:
    """Text stands for a truth as it does in a scenario file without quotes."""
    if not (FIELDS[name].boolean and isinstance(value, str)):
        return value
    meant = strict_yaml.scalar(value)
    return meant if isinstance(meant, bool) else value
