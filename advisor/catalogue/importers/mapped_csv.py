"""A table of prices as csv, with a file that says what its columns mean, as for usage. See docs/catalogue-import.md."""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field

from advisor.catalogue.importers.account import (
    Account,
    Line,
    Listing,
    PricedUnit,
    Reason,
    Refusal,
    day_stated,
    priced,
    without_retired,
)
from advisor.common import yaml_loader
from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.common.files import read_text
from advisor.rulebook.records import Code, Form, value_fault

MAX_CELL = 10_000
_PRICE_UNITS = {"dollars": 0, "cents": 2, "micro": 6}
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?|\.[0-9]{1,15}")
_CURRENCY = re.compile(r"^(?:\$|USD)\s*|\s*(?:\$|USD)$", re.IGNORECASE)
_COLUMNS = ("model", "price", "provider", "size", "quality", "steps", "retires", "region", "pricing", "unit")
_PRICINGS = ("on_demand", "spot", "community")


def _texts(value: Any) -> Any:
    values = value if isinstance(value, list) else [value]
    if not values or any(part is None or isinstance(part, dict | list) for part in values):
        raise value_fault(Code.WRONG_FORM, f"{quoted(value)} is neither a value nor a list", "write `[a, b]`")
    return tuple(str(part).lower() if isinstance(part, bool) else str(part) for part in values)


_Name = Annotated[str, Field(min_length=1, description="the name of a column, in quotes")]
_Text = Annotated[str, Field(pattern=r"\S", description="a line of text")]


class PriceColumns(Form):
    """The columns that are read; ``model`` is the name of a GPU where prices are of GPU-hours."""

    noun = "`columns`"
    model: _Name
    price: _Name
    provider: _Name | None = None
    size: _Name | None = None
    quality: _Name | None = None
    steps: _Name | None = None
    retires: _Name | None = None
    region: _Name | None = None
    pricing: _Name | None = None
    unit: _Name | None = None


class PriceMapping(Form):
    """What the columns of a table of prices mean, and what holds for all of its rows."""

    noun = "mapping"
    columns: PriceColumns = Field(description="`{model: 'name', price: 'usd'}`: the names of columns in quotes")
    provider: _Text | None = None
    unit: Literal["image", "video_second", "gpu_hour"] = Field("image", description="image, video_second or gpu_hour")
    price_unit: Literal["dollars", "cents", "micro"] = Field("dollars", description="dollars, cents or micro")
    where: dict[str, Annotated[tuple[str, ...], BeforeValidator(_texts)]] = Field(
        {}, description="`{column: [texts that count]}`"
    )
    decimal: Literal[".", ","] = Field(".", description="'.' or ','")
    separator: Literal[",", ";", "\t", "|"] = Field(",", description="',', ';', '|' or a tab in double quotes")
    confidence: Literal["high", "medium", "low"] = Field("medium", description="high, medium or low")


def load_mapping(path: str) -> PriceMapping:
    """Reads and checks the file. Raises BadInput with file, line and field."""
    mapping = PriceMapping.parse(yaml_loader.load(read_text(path), path), path)
    if mapping.provider is None and mapping.columns.provider is None:
        what = "no provider is stated"
        raise BadInput(Problem(what, path, mapping.line, help="add `provider: NAME`, or `provider` under `columns`"))
    return mapping


def read(text: str, file: str, on: datetime.date, mapping: PriceMapping) -> Account:
    """The account of the table. Rows that ``where`` leaves out are counted as others. Raises BadInput."""
    lines: list[Line] = []
    others = 0
    for number, row in _rows(text, file, mapping):
        if all(row[column] in texts for column, texts in mapping.where.items()):
            lines.append(_line(number, row, mapping))
        else:
            others += 1
    return Account(tuple(without_retired(lines, on)), others)


def _rows(text: str, file: str, mapping: PriceMapping) -> Iterator[tuple[int, Mapping[str, str]]]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=mapping.separator, strict=True)
    head: list[str] = []
    try:
        for row in rows:
            if any(len(cell) > MAX_CELL for cell in row):
                what = f"a cell is longer than {MAX_CELL:,} characters"
                raise BadInput(Problem(what, file, rows.line_num, help="look for a quote that is never closed"))
            if not head:
                head = row
                _check_head(head, file, mapping)
            elif len(row) == len(head):
                yield rows.line_num, dict(zip(head, (cell.strip() for cell in row), strict=True))
            elif row:
                what = f"a row of {len(row)} cells in a table of {len(head)} columns"
                raise BadInput(Problem(what, file, rows.line_num, help="put cells that hold the separator in quotes"))
    except csv.Error as error:
        help = "look for a quote that is never closed, or save the table again"
        raise BadInput(Problem(f"this is not valid csv: {error}", file, rows.line_num, help=help)) from None
    if not head:
        raise BadInput(Problem("the table is empty", file, help="name a table with a header"))


def _check_head(head: list[str], file: str, mapping: PriceMapping) -> None:
    named = [name for name in (getattr(mapping.columns, column) for column in _COLUMNS) if name]
    missing = [name for name in (*named, *mapping.where) if name not in head]
    if missing:
        help = did_you_mean(missing[0], head) or f"its columns are {', '.join(map(quoted, head[:20]))}"
        raise BadInput(Problem(f"there is no column {quoted(missing[0])}", file, 1, help=help))
    twice = [name for name in named if head.count(name) > 1]
    if twice:
        raise BadInput(Problem(f"duplicate column {quoted(twice[0])}", file, 1, help="rename one of them"))


def _line(number: int, row: Mapping[str, str], mapping: PriceMapping) -> Line:
    cells = {column: row[name] for column in _COLUMNS if (name := getattr(mapping.columns, column))}
    unit, steps = cells.get("unit") or mapping.unit, cells.get("steps") or None
    provider, pricing = cells.get("provider") or mapping.provider or "", cells.get("pricing") or None
    region = cells.get("region") or None
    faults = [
        f"the unit is {unit}" if unit not in get_args(PriceMapping.model_fields["unit"].annotation) else "",
        f"the number of steps is {steps}" if steps and not re.fullmatch(r"[1-9]\d{0,2}", steps) else "",
        f"the pricing is {pricing}" if pricing and pricing not in _PRICINGS else "",
        f"the region is {region}" if region and not re.fullmatch("[a-z]{2,12}", region) else "",
        "the model is empty" if not cells["model"] else "",
    ]
    retires, fault = day_stated(cells.get("retires") or None, "the date of retirement")
    dollars, other = _dollars(cells["price"], mapping)
    listing = Listing(f"line {number}", mapping.columns.price, provider, cells["model"])
    if stated := [one for one in (*faults, fault, other) if one]:
        return Refusal(listing, Reason.MALFORMED, "; ".join(stated))
    listing = replace(
        listing,
        unit=PricedUnit(unit),
        size=cells.get("size") or None,
        quality=cells.get("quality") or None,
        steps=int(steps) if steps else None,
        retires=retires,
        region=region,
        pricing=pricing or ("on_demand" if unit == PricedUnit.GPU_HOUR else None),
    )
    if dollars is None:
        return Refusal(listing, Reason.NO_PRICE, "the cell is empty")
    return priced(listing, dollars, mapping.confidence)


def _dollars(text: str, mapping: PriceMapping) -> tuple[Fraction | None, str]:
    """The amount of a cell, None for an empty one; and what is wrong with it."""
    if not text:
        return None, ""
    number = _CURRENCY.sub("", text)
    if mapping.decimal == ",":
        number = number.replace(".", "x").replace(",", ".")
    if not _NUMBER.fullmatch(number):
        return None, f"the price is {text}"
    return Fraction(Decimal(number)) / 10 ** _PRICE_UNITS[mapping.price_unit], ""
