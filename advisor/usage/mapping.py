"""The file that says what the columns of a plain table mean. See docs/usage-mapping.md."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from advisor.common import yaml_loader as strict_yaml
from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.common.files import read_text
from advisor.usage.line_patterns import groups_of
from advisor.usage.time_zones import Zone, zone_of

COLUMNS = ("at", "images", "requests", "cost", "currency", "id", "model")
FIELDS = (
    "meter",
    "pattern",
    "columns",
    "where",
    "each_row",
    "unit",
    "time",
    "timezone",
    "cost_unit",
    "currency",
    "decimal",
    "thousands",
)
DECIMALS = {".": ".", ",": ","}
THOUSANDS = {".": ".", ",": ",", "'": "'\u2019", " ": " \u00a0\u202f"}
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
"""What a format of one's own is made of, and what stands for it."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_DIGEST_LENGTH = 8
_HELP = "docs/usage-mapping.md shows one"


@dataclass(frozen=True)
class PlainMapping:
    """What the columns mean. ``where``: texts that a column must have one of; ``time``: a name or a format.

    ``pattern``: the columns are its groups, in the lines of a text. ``thousands``: each of the signs between them.
    """

    file: str
    meter: str
    columns: Mapping[str, str]
    where: Mapping[str, tuple[str, ...]]
    each_row_is_a_request: bool
    image_places: int
    cost_places: int
    time: str
    zone: Zone | None
    currency: str | None
    pattern: str | None = None
    decimal: str = "."
    thousands: str = ""

    @property
    def digest(self) -> str:
        """A few characters that are others wherever the same table would be read otherwise."""
        columns = {name: column for name, column in self.columns.items() if name != "model"}
        where = {column: sorted(values) for column, values in self.where.items()}
        zone = self.zone.name if self.zone else None
        units = (self.each_row_is_a_request, self.image_places, self.cost_places)
        meaning: tuple[Any, ...] = (self.meter, columns, where, *units, self.time, zone)
        meaning += ((self.currency or "USD").upper(),)
        if self.pattern or self.decimal != "." or self.thousands:
            meaning += (self.pattern, self.decimal, self.thousands)
        return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()[:_DIGEST_LENGTH]

    @property
    def named(self) -> tuple[str, ...]:
        """Every column that is read."""
        return tuple(dict.fromkeys([*self.columns.values(), *self.where]))


def load_mapping(path: Path, last_year: int) -> PlainMapping:
    """Reads and checks the file. Raises BadInput with file, line and field."""
    file = str(path)
    found = strict_yaml.load(read_text(file), file)
    if not isinstance(found, strict_yaml.Mapping):
        raise BadInput(Problem("this is no mapping of fields", file, help=_HELP))
    return _Checked(found, file).mapping(last_year)


class _Checked:
    """The fields, with every fault found."""

    def __init__(self, found: strict_yaml.Mapping, file: str) -> None:
        self._found, self._file = found, file
        self._problems: list[Problem] = []

    def mapping(self, last_year: int) -> PlainMapping:
        found = self._found
        self._known(found, FIELDS, "field")
        pattern, groups = self._pattern()
        columns = self._columns(groups)
        result = PlainMapping(
            file=self._file,
            meter=self._text("meter", _NAME, "a short name in small letters, such as fal", required=True) or "",
            columns=columns,
            where=self._where(groups),
            each_row_is_a_request=self._choice("each_row", {"request": True}) or False,
            image_places=self._choice("unit", UNITS) or 0,
            cost_places=self._choice("cost_unit", COST_UNITS) or 0,
            time=self._time(),
            zone=self._zone(last_year),
            currency=self._text("currency", _CURRENCY, "three letters, such as USD"),
            pattern=pattern,
            decimal=self._choice("decimal", DECIMALS) or ".",
            thousands=self._choice("thousands", THOUSANDS) or "",
        )
        if result.decimal == result.thousands:
            what = f"{quoted(result.decimal)} cannot be both the decimal sign and the sign between thousands"
            other = "," if result.decimal == "." else "."
            self._fault("thousands", what, f"write another here, or `decimal: '{other}'`")
        if "at" not in columns and not self._problems:
            self._fault("columns", "no column says when a row was", "add `at: NAME OF THE COLUMN`")
        if not result.each_row_is_a_request and not {"images", "requests", "cost"} & set(columns):
            what = "neither images nor requests nor cost are mapped"
            self._fault("columns", what, "map one of them, or write `each_row: request`")
        if "currency" in columns and result.currency:
            self._fault("currency", "the currency stands twice, here and as a column", "keep one of them")
        if self._problems:
            raise BadInput(self._problems)
        return result

    def _fault(self, field: str, what: str, help: str, line: int | None = None) -> None:
        self._problems.append(Problem(what, self._file, line or self._found.lines.get(field), field, help))

    def _known(self, found: strict_yaml.Mapping, known: Sequence[str], called: str) -> None:
        for name in found:
            if name not in known:
                help = did_you_mean(name, known) or f"write one of {', '.join(known)}"
                self._fault(name, f"there is no {called} {quoted(name)}", help, found.lines[name])

    def _pattern(self) -> tuple[str | None, tuple[str, ...] | None]:
        """The pattern and its groups; no groups, not even an empty number of them, where none can be told."""
        pattern = self._found.get("pattern")
        if pattern is None:
            return None, None
        help = "write it in single quotes, such as '^(?P<at>\\S+) .* images=(?P<images>\\d+)'"
        try:
            if not isinstance(pattern, str):
                raise ValueError(f"{quoted(pattern)} is no pattern")
            return pattern, groups_of(pattern)
        except ValueError as error:
            self._fault("pattern", str(error), help)
            return None, None

    def _grouped(self, name: str, groups: tuple[str, ...] | None, line: int) -> None:
        if groups is not None and name not in groups:
            help = did_you_mean(name, groups) or f"its groups are {', '.join(groups)}"
            self._fault(name, f"the pattern has no group {quoted(name)}", help, line)

    def _columns(self, groups: tuple[str, ...] | None) -> dict[str, str]:
        columns = self._found.get("columns")
        named = {name: name for name in COLUMNS if name in (groups or ())}
        if columns is None and "pattern" in self._found:
            return named
        if not isinstance(columns, strict_yaml.Mapping):
            self._fault("columns", "it is not said which columns there are", _HELP)
            return {}
        self._known(columns, COLUMNS, "column")
        for name, column in columns.items():
            if not isinstance(column, str) or not column:
                what = f"{quoted(column)} is no name of a column"
                self._fault(name, what, "write the name as the file has it, in quotes", columns.lines[name])
            else:
                self._grouped(column, groups, columns.lines[name])
        mapped = {name: column for name, column in columns.items() if isinstance(column, str) and name in COLUMNS}
        return {**{name: group for name, group in named.items() if group not in mapped.values()}, **mapped}

    def _where(self, groups: tuple[str, ...] | None) -> dict[str, tuple[str, ...]]:
        where = self._found.get("where")
        if where is None:
            return {}
        if not isinstance(where, strict_yaml.Mapping):
            self._fault("where", f"{quoted(where)} is no condition", "write `where: {status: [200, 201]}`")
            return {}
        wanted = {}
        for column, value in where.items():
            values = value if isinstance(value, list) else [value]
            if not values or any(part is None or isinstance(part, dict | list) for part in values):
                what = f"{quoted(value)} is neither a value nor a list of them"
                self._fault(column, what, "write the values as they stand in the file", where.lines[column])
            self._grouped(column, groups, where.lines[column])
            wanted[column] = tuple(map(_as_text, values))
        return wanted

    def _choice(self, field: str, choices: Mapping[str, Any]) -> Any:
        value = self._found.get(field)
        if value is None:
            return None
        if not isinstance(value, str) or value not in choices:
            close = did_you_mean(str(value), choices)
            self._fault(field, f"{quoted(value)} is not known here", close or f"write {' or '.join(choices)}")
            return None
        return choices[value]

    def _text(self, field: str, form: re.Pattern[str], wanted: str, required: bool = False) -> str | None:
        value = self._found.get(field)
        if value is None and not required:
            return None
        if not isinstance(value, str) or not form.fullmatch(value):
            what = f"`{field}` is missing" if value is None else f"{quoted(value)} cannot stand here"
            self._fault(field, what, f"write {wanted}")
            return None
        return value.upper() if form is _CURRENCY else value

    def _time(self) -> str:
        time = self._found.get("time", "iso")
        if isinstance(time, str) and time in TIMES:
            return time
        if not isinstance(time, str) or "%" not in time:
            self._fault("time", f"{quoted(time)} is no form of a stamp", "write iso, unix_s, unix_ms, or as '%d/%m/%Y'")
            return "iso"
        parts = re.findall("%.?", time)
        unknown = [part for part in parts if part not in PARTS]
        missing = [day for day in ("%d",) if day not in parts]
        missing += [] if {"%m", "%b"} & set(parts) else ["%m"]
        missing += [] if {"%Y", "%y"} & set(parts) else ["%Y"]
        if unknown:
            self._fault("time", f"{quoted(unknown[0])} is not known in a format", f"write {', '.join(PARTS)}")
        elif missing or len(set(parts)) < len(parts):
            self._fault("time", f"{quoted(time)} does not tell a day", "write each of %Y, %m and %d once")
        return time

    def _zone(self, last_year: int) -> Zone | None:
        name = self._found.get("timezone", "UTC")
        try:
            return zone_of(name, last_year) if isinstance(name, str) else None
        except ValueError:
            help = "write a name such as Europe/Berlin, or an offset in quotes such as '+02:00'"
            self._fault("timezone", f"{quoted(name)} is no time zone", help)
            return None


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
