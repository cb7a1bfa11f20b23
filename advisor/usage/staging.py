"""Rows of pages of JSON as a Parquet file, so that they go through the same expression as any table."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import pyarrow as pa

from advisor.tabular.staging import write_rows
from advisor.usage.model import Row
from advisor.usage.normalise import (
    AT,
    BASIS,
    COST,
    CURRENCY,
    ENDS,
    IDENTITY,
    IMAGES,
    MEGAPIXELS,
    METER,
    REQUESTS,
    UNIQUE,
)
from advisor.usage.source import LINE

_AMOUNT = pa.decimal128(38, 12)
_STEP = Decimal("1e-12")
SCHEMA = pa.schema(
    [
        (AT, pa.timestamp("us")),
        (ENDS, pa.timestamp("us")),
        (METER, pa.string()),
        (BASIS, pa.string()),
        (IMAGES, _AMOUNT),
        (REQUESTS, _AMOUNT),
        (MEGAPIXELS, _AMOUNT),
        (COST, _AMOUNT),
        (CURRENCY, pa.string()),
        (IDENTITY, pa.string()),
        (UNIQUE, pa.bool_()),
        (LINE, pa.int64()),
    ]
)


def stage_rows(rows: Iterable[Row], target: Path) -> None:
    """Writes rows with the columns of a shaped table. Raises what reading them raises."""
    kinds = [(field.name, field.type == _AMOUNT) for field in SCHEMA]
    write_rows(
        target,
        SCHEMA,
        ([_exact(getattr(row, name)) if amount else getattr(row, name) for name, amount in kinds] for row in rows),
    )


def _exact(value: Decimal | int | None) -> Decimal | None:
    return None if value is None else Decimal(value).quantize(_STEP, ROUND_HALF_EVEN)
