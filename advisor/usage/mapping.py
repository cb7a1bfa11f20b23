"""The file that says what the columns of a plain table mean. See docs/usage-mapping.md."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import ErrorDetails

from advisor.common import yaml_loader
from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.common.files import read_text
from advisor.usage.dates import Zone, zone_of
from advisor.usage.model import refused

THOUSANDS: dict[str | None, str] = {None: "", ".": ".", ",": ",", "'": "'\u2019", " ": " \u00a0\u202f"}
"""Signs between thousands, and the characters that each may be in a file."""
UNITS = {"images": 0, "micro": 6}
COST_UNITS = {"dollars": 0, "cents": 2, "micro": 6, "nano": 9}
TIMES = ("iso", "unix_s", "unix_ms")
PARTS = {
    "%Y": r"(\d{4})",
    "%y": r"(\d\d)",
    "%m": r"(\d{1,2})",
    "%d": r"(\d{1,2})",
    "%b": "([A-Z][a-z][a-z])",
    "%H": r"(\d{1,2})",
    "%M": r"(\d\d)",
    "%S": r"(\d\d(?:\.\d+)?)",
    "%z": r"(Z|[+-]\d\d:?\d\d)",
}
"""The parts of a format of stamps, and the regular expression of each."""
MOST_CHARACTERS = 1_000
"""Of a pattern."""
_OTHER_NAMES = re.compile(r"(?<!\\)\(\?<\w+>")
_DIGEST_LENGTH = 8
_NAMES = "the names of columns in quotes, as in `columns: {at: 'time', cost: 'paid'}`"
_HELP = "docs/usage-mapping.md shows one"


def _scalars_as_text(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not values or any(part is None or isinstance(part, dict | list) for part in values):
        raise refused(f"{quoted(value)} is neither a value nor a list of values", "write the values as in the file")
    return tuple(
        str(part).lower() if isinstance(part, bool) else f"{part:f}" if isinstance(part, Decimal) else str(part)
        for part in values
    )


def _pattern(value: str) -> str:
    try:
        groups_of(value)
    except ValueError as error:
        raise refused(
            str(error), "write it in single quotes, such as '^(?P<at>\\S+) .* images=(?P<images>\\d+)'"
        ) from None
    return value


def _time(value: str) -> str:
    parts = re.findall("%.?", value)
    if value not in TIMES and not parts:
        what = f"{quoted(value)} is not a format of timestamps"
        raise refused(what, "write iso, unix_s, unix_ms, or a format such as '%d/%m/%Y'")
    if unknown := [part for part in parts if part not in PARTS]:
        raise refused(f"{quoted(unknown[0])} is not a part of a format", f"write {', '.join(PARTS)}")
    a_day = "%d" in parts and {"%m", "%b"} & set(parts) and {"%Y", "%y"} & set(parts)
    if parts and (not a_day or len(set(parts)) < len(parts)):
        raise refused(f"{quoted(value)} does not determine a day", "write each of %Y, %m and %d once")
    return value


def _zone(value: Any, info: ValidationInfo) -> Zone | None:
    try:
        return zone_of(value if isinstance(value, str) else "", info.context["last_year"] if info.context else 0)
    except ValueError:
        help = "write a name such as Europe/Berlin, or an offset in quotes such as '+02:00'"
        raise refused(f"{quoted(value)} is not a time zone", help) from None


class _Fields(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


_Name = Annotated[str, StringConstraints(min_length=1)]


class _Columns(_Fields):
    at: _Name | None = None
    images: _Name | None = None
    requests: _Name | None = None
    cost: _Name | None = None
    currency: _Name | None = None
    id: _Name | None = None
    model: _Name | None = None


class PlainMapping(_Fields):
    """What the columns of a table mean. ``where``: texts of which a column must have one.

    ``pattern``: the columns are its groups, in the lines of a text. The description of a field is the help of an error.
    """

    meter: Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9._-]{0,39}$")] = Field(
        description="a short name in small letters, such as fal"
    )
    pattern: Annotated[str, AfterValidator(_pattern)] | None = Field(None, description="a regular expression in quotes")
    mapped: _Columns = Field(_Columns(), validation_alias="columns", description=_NAMES)
    where: dict[str, Annotated[tuple[str, ...], BeforeValidator(_scalars_as_text)]] = Field(
        {}, description="`where: {status: [200, 201]}`"
    )
    each_row: Literal["request"] | None = None
    unit: Literal["images", "micro"] = "images"
    time: Annotated[str, AfterValidator(_time)] = Field("iso", description="iso, or a format such as '%d/%m/%Y'")
    timezone: Annotated[Zone | None, BeforeValidator(_zone)] = None
    cost_unit: Literal["dollars", "cents", "micro", "nano"] = "dollars"
    currency: Annotated[str, StringConstraints(pattern="^[A-Za-z]{3}$", to_upper=True)] | None = Field(
        None, description="three letters, such as USD"
    )
    decimal: Literal[".", ","] = "."
    thousands: Literal[".", ",", "'", " "] | None = None

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """The groups of the pattern, if there is one."""
        return groups_of(self.pattern) if self.pattern else ()

    @cached_property
    def columns(self) -> dict[str, str]:
        """The name of each column that is mapped; groups of the pattern that are called so need not be."""
        mapped: dict[str, str] = self.mapped.model_dump(exclude_none=True)
        implied = (name for name in _Columns.model_fields if name in self.groups and name not in mapped.values())
        return {**{name: name for name in implied}, **mapped}

    @property
    def digest(self) -> str:
        """A few characters that change whenever the same table would be read differently."""
        columns = {name: column for name, column in self.columns.items() if name != "model"}
        where = {column: sorted(values) for column, values in self.where.items()}
        zone = self.timezone.name if self.timezone else None
        units = (self.each_row is not None, UNITS[self.unit], COST_UNITS[self.cost_unit])
        meaning: tuple[Any, ...] = (self.meter, columns, where, *units, self.time, zone)
        meaning += (self.currency or "USD",)
        if self.pattern or self.decimal != "." or self.thousands:
            meaning += (self.pattern, self.decimal, THOUSANDS[self.thousands])
        return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()[:_DIGEST_LENGTH]

    @property
    def named(self) -> tuple[str, ...]:
        """Every column that is read."""
        return tuple(dict.fromkeys([*self.columns.values(), *self.where]))


def load_mapping(path: Path, last_year: int) -> PlainMapping:
    """Reads and checks the file. Raises BadInput with file, line and field."""
    file = str(path)
    found = yaml_loader.load(read_text(file), file)
    if not isinstance(found, yaml_loader.Mapping):
        raise BadInput(Problem("this is not a mapping of fields", file, help=_HELP))
    try:
        stated = {field: value for field, value in found.items() if value is not None}
        mapping = PlainMapping.model_validate(stated, context={"last_year": last_year})
    except ValidationError as error:
        faults = [(one["loc"], *_described(one)) for one in error.errors(include_url=False)]
    else:
        faults = list(_inconsistencies(mapping))
        if not faults:
            return mapping
    raise BadInput(_problem(found, file, *fault) for fault in faults)


_Fault = tuple[tuple[int | str, ...], str, str]
"""Where, what and help."""


def _problem(found: Any, file: str, place: Sequence[int | str], what: str, help: str) -> Problem:
    line, field = None, str(place[0])
    for key in map(str, place):
        if isinstance(found, yaml_loader.Mapping) and key in found:
            line, field, found = found.lines[key], key, found[key]
    return Problem(what, file, line, field, help)


def _described(error: ErrorDetails) -> tuple[str, str]:
    kind, value, context, place = error["type"], error["input"], error.get("ctx", {}), error["loc"]
    if kind == "refused":
        return context["what"], context["help"]
    if kind == "extra_forbidden":
        model = PlainMapping if len(place) == 1 else _Columns
        known = [field.validation_alias or name for name, field in model.model_fields.items()]
        help = did_you_mean(str(place[-1]), map(str, known)) or f"write one of {', '.join(map(str, known))}"
        return f"unknown {'field' if len(place) == 1 else 'column'} {quoted(place[-1])}", help
    field = next((one for one in PlainMapping.model_fields.values() if one.validation_alias == place[0]), None)
    field = field or PlainMapping.model_fields[str(place[0])]
    help = f"write {field.description or str(context.get('expected'))}"
    if kind == "missing":
        return f"`{place[0]}` is missing", help
    close = did_you_mean(str(value), re.findall("'(.+?)'", str(context.get("expected"))))
    return f"invalid value {quoted(value)}", close or help


def _inconsistencies(mapping: PlainMapping) -> Iterator[_Fault]:
    for place, column in [
        *((("columns", name), column) for name, column in mapping.columns.items()),
        *((("where", column), column) for column in mapping.where),
    ]:
        if mapping.pattern and column not in mapping.groups:
            help = did_you_mean(column, mapping.groups) or f"its groups are {', '.join(mapping.groups)}"
            yield place, f"the pattern has no group {quoted(column)}", help
    if mapping.thousands == mapping.decimal:
        what = f"{quoted(mapping.decimal)} cannot be both the decimal sign and the sign between thousands"
        other = "," if mapping.decimal == "." else "."
        yield ("thousands",), what, f"write another here, or `decimal: '{other}'`"
    if "at" not in mapping.columns:
        yield ("columns",), "the column of timestamps is not mapped", "add `at: NAME OF THE COLUMN`"
    if not mapping.each_row and not {"images", "requests", "cost"} & set(mapping.columns):
        what = "neither images nor requests nor cost are mapped"
        yield ("columns",), what, "map one of them, or write `each_row: request`"
    if "currency" in mapping.columns and mapping.currency:
        yield ("currency",), "the currency is set both here and as a column", "keep one of them"


# ---- regular expressions of the user, by RE2 alone: its time grows with the length of a line, whatever the pattern


def groups_of(pattern: str) -> tuple[str, ...]:
    """The names of the groups, in their order. Raises ValueError with what is wrong, in words."""
    if len(pattern) > MOST_CHARACTERS:
        raise ValueError(f"the pattern is longer than {MOST_CHARACTERS:,} characters")
    if _OTHER_NAMES.search(pattern):
        raise ValueError("names of groups are written as `(?P<name>...)`")
    try:
        groups = pc.extract_regex(pa.array([""]), pattern).type
    except (pa.ArrowException, UnicodeError) as error:
        what = str(error).partition("\n")[0].removeprefix("Invalid regular expression: ")
        unnamed = "a group has no name: write `(?P<name>...)`, or `(?:...)` for a group that nothing is read from"
        raise ValueError(unnamed if "unnamed" in what else f"invalid regular expression: {what}") from None
    names = [groups.field(number).name for number in range(groups.num_fields)]
    if not names:
        raise ValueError("the pattern has no group with a name, such as `(?P<at>...)`")
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(f"duplicate group `{twice[0]}`")
    return tuple(names)


def fitting(pattern: str, lines: Sequence[str]) -> list[bool]:
    """Which of the lines fit."""
    found: list[bool] = pc.match_substring_regex(pa.array(lines, pa.string()), pattern).to_pylist()
    return found
