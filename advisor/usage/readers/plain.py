"""Plain tables, by a mapping file."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import ibis

from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.usage.dates import Columns
from advisor.usage.input_files import TEXT, Container, Source
from advisor.usage.mapping import COST_UNITS, PARTS, THOUSANDS, UNITS, PlainMapping, fitting
from advisor.usage.model import DUCKDB, GATEWAY, SPARK, Basis, ReadOptions
from advisor.usage.normalise import (
    AMOUNT,
    Cells,
    Fault,
    Numerals,
    Remark,
    Shaped,
    all_of,
    currency_faults,
    epoch_stamp,
    free_rows,
    image_faults,
    in_zone,
    number_faults,
    scaled,
    stamp_faults,
    stamped,
)
from advisor.usage.readers.access_log import month_number

PLAIN = "plain"
_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,18})?", re.ASCII)


@dataclass(frozen=True)
class Plain:
    """Rows as the mapping says."""

    mapping: PlainMapping
    name: str = PLAIN

    def fits(self, source: Source) -> bool:
        """Whether every column of the mapping is there, or most of the lines fit its pattern."""
        if self.mapping.pattern is None:
            return source.container is not Container.LINES and all(map(source.has, self.mapping.named))
        return source.container is Container.LINES and self._misfit(source) is None

    def _misfit(self, source: Source) -> str | None:
        """The first line that does not fit the pattern, where such are not the fewer."""
        lines = source.lines.first if source.lines else ()
        fits = fitting(self.mapping.pattern or "", lines)
        return lines[fits.index(False)] if sum(fits) * 2 <= len(fits) else None

    @property
    def periods(self) -> Columns:
        """The column of stamps, unless the mapping says how they are written."""
        return ((self.mapping.columns["at"], None),) if self.mapping.time == "iso" else ()

    @property
    def numbers(self) -> tuple[str, ...]:
        """Columns that a database may read as numbers."""
        mapping = self.mapping
        places = {"images": UNITS[mapping.unit], "requests": 0, "cost": COST_UNITS[mapping.cost_unit]}
        if mapping.pattern or self._numerals != Numerals():
            return ()
        found = [mapping.columns[name] for name in places if name in mapping.columns and not places[name]]
        texts = [mapping.columns[name] for name in mapping.columns if name not in places] + list(mapping.where)
        return tuple(column for column in dict.fromkeys(found) if column not in texts)

    @property
    def states_requests_alone(self) -> bool:
        """Whether the rows say how many requests there were, and not what came of them."""
        columns = self.mapping.columns
        return "images" not in columns and bool(self.mapping.each_row or "requests" in columns)

    @property
    def _numerals(self) -> Numerals:
        return Numerals(self.mapping.decimal, THOUSANDS[self.mapping.thousands])

    def check(self, source: Source) -> None:
        """Raises BadInput for columns that are not there, and for lines that do not fit the pattern."""
        file, names = source.file, source.names
        if self.mapping.pattern and source.holds_objects:
            help = "leave `pattern` out of the mapping, and name the keys of the objects"
            raise BadInput(Problem("this is JSON, and the mapping has a pattern for lines of text", file, help=help))
        if self.mapping.pattern or source.container is Container.LINES:
            line = self._misfit(source) if self.mapping.pattern and source.lines else None
            if line is not None:
                what = f"most lines do not match the `pattern` of the mapping, such as {quoted(line)}"
                raise BadInput(Problem(what, file, help="check that this is the right file, and the pattern"))
            return
        problems = [
            Problem(
                f"the file has no column {quoted(name)}",
                file,
                1 if source.container is Container.CSV else None,
                name,
                did_you_mean(name, names) or f"the columns are {', '.join(names[:20])}",
            )
            for name in self.mapping.named
            if not source.has(name)
        ]
        if self.mapping.thousands == "." and source.holds_objects:
            what = "a dot between thousands cannot be distinguished from the decimal point of a number in JSON"
            problems.append(Problem(what, file, field="thousands", help="leave it out, or convert the file to CSV"))
        if problems:
            raise BadInput(problems)

    def shaped(self, cells: Cells, options: ReadOptions) -> Shaped:
        """Raises BadInput for columns that are not there."""
        mapping, columns = self.mapping, self.mapping.columns
        self.check(cells.source)
        cells, misfit = self._found(replace(cells, numerals=self._numerals), options)
        cells = self._stamped(cells, columns["at"])
        at = cells.table.at
        counted = all_of([_one_of(cells, column, values) for column, values in mapping.where.items()])
        faults = [*misfit, *stamp_faults(at, cells.stated(columns["at"]), options)]
        numbers: dict[str, Any] = {"requests": 1} if mapping.each_row else {}
        cost = scaled(cells, columns["cost"], COST_UNITS[mapping.cost_unit]) if "cost" in columns else None
        remarks: tuple[Remark, ...] = ()
        correction = None if cost is None else (cost < 0).fill_null(False)
        for name, places in (("images", UNITS[mapping.unit]), ("requests", 0)):
            if name in columns:
                numbers[name], stated = scaled(cells, columns[name], places), cells.stated(columns[name])
                faults += image_faults(numbers[name], stated, counted, called=name, correction=correction)
        if cost is not None:
            faults += number_faults(cost, cells.stated(columns["cost"]), counted, "cost")
            numbers["cost"] = cost.nullif(0) if mapping.meter == GATEWAY else cost
            unknown, none = numbers["cost"].isnull(), ibis.null("string")
            if "currency" in columns:
                currency = cells.text(columns["currency"]).upper()
            else:
                currency = ibis.literal(mapping.currency or (options.currency or "USD").upper())
            numbers["currency"] = ibis.ifelse(unknown, none, currency)
            if (made := next((numbers[name] for name in ("images", "requests") if name in numbers), None)) is not None:
                of_images = counted if isinstance(made, int) else counted & (made > 0)
                why = "leave the cell empty where no cost is known"
                remarks = (free_rows(cells, of_images, numbers["cost"], why),)
            if "currency" in columns:
                paid, field = counted & numbers["cost"].notnull(), columns["currency"]
                wrong = paid & ~numbers["currency"].re_search("^[A-Z]{3}$").fill_null(False)
                faults.append(Fault("not a currency code", cells.stated(field), wrong))
                faults += currency_faults(numbers["currency"], field, paid, options)
        where = [f"{column}: [{', '.join(values)}]" for column, values in mapping.where.items()]
        identity = cells.text(columns["id"]) if "id" in columns else None
        if identity is not None:
            faults.append(Fault("the id is empty", cells.stated(columns["id"]), counted & identity.isnull()))
        return Shaped(
            cells,
            counted,
            at,
            mapping.meter,
            Basis.COUNTED if "images" in numbers else Basis.REQUESTS if "requests" in numbers else Basis.DERIVED,
            identity=identity,
            unique=identity is not None,
            faults=tuple(faults),
            remarks=remarks,
            counts=f"those of `where: {{{', '.join(where)}}}`" if where else "all",
            **{name: _exact(number) for name, number in numbers.items()},
        )

    def _found(self, cells: Cells, options: ReadOptions) -> tuple[Cells, list[Fault]]:
        """With keys within objects, or groups of the pattern, as columns, and the fault of lines that do not fit."""
        pattern = self.mapping.pattern
        if pattern is None:
            return cells.with_nested(self.mapping.named, options.on == SPARK), []
        if options.on != DUCKDB:
            what = "lines of text are read with a pattern on DuckDB only"
            raise BadInput(Problem(what, "--on", help="leave out --on: DuckDB reads files of any size"))
        line = cells.text(TEXT)
        groups = enumerate(self.mapping.groups, 1)
        found = {name: line.re_extract(pattern, number).nullif("") for number, name in groups}
        misfit = Fault("the line does not match the pattern", cells.stated(TEXT), ~line.re_search(pattern))
        return cells.with_found(found), [misfit]

    def _stamped(self, cells: Cells, column: str) -> Cells:
        """With the stamp as the column ``at``."""
        time, zone = self.mapping.time, self.mapping.timezone
        kind = cells.raw(column).type()
        if kind.is_timestamp() or kind.is_date():
            at = cells.stamp(column)
            return cells.keep(at=in_zone(at, None if kind.is_date() or kind.timezone else zone))
        if time == "iso":
            return stamped(cells, cells.stamp_text(column), zone)
        if time in ("unix_s", "unix_ms"):
            raw = cells.raw(column)
            number = raw if raw.type().is_integer() else raw.try_cast(AMOUNT)
            return cells.keep(at=epoch_stamp(number, 1 if time == "unix_s" else 1_000))
        return stamped(cells, _iso_of(cells.text(column), time), zone if "%H" in time else None)


def _one_of(cells: Cells, column: str, values: tuple[str, ...]) -> Any:
    """Whether a column has one of these texts; a column of numbers is compared as such, so that 200 is 200.0."""
    raw = cells.raw(column)
    if not raw.type().is_numeric() or raw.type().is_boolean():
        return cells.text(column).isin(values)
    numbers = [Decimal(value) for value in values if _NUMBER.fullmatch(value)]
    if raw.type().is_integer():
        return raw.isin([int(number) for number in numbers if number == int(number)])
    return raw.cast("float64").isin([float(number) for number in numbers])


def _exact(number: Any) -> Any:
    """Parquet may hold floating-point numbers; sums are exact."""
    return number.cast(AMOUNT) if not isinstance(number, int) and number.type().is_floating() else number


def _iso_of(text: Any, form: str) -> Any:
    """A stamp in a format of the user's as ISO text, null where it does not fit."""
    pieces = re.split("(%.)", form)
    pattern = "^" + "".join(PARTS.get(piece) or re.escape(piece) for piece in pieces) + "$"
    there = [piece for piece in pieces if piece in PARTS]

    def part(sign: str, absent: str) -> Any:
        return text.re_extract(pattern, there.index(sign) + 1) if sign in there else ibis.literal(absent)

    year = part("%Y", "") if "%Y" in there else ibis.literal("20") + part("%y", "")
    month = month_number(part("%b", "")) if "%b" in there else part("%m", "").lpad(2, "0")
    clock = part("%H", "00").lpad(2, "0") + ":" + part("%M", "00") + ":" + part("%S", "00")
    iso = year + "-" + month + "-" + part("%d", "").lpad(2, "0") + "T" + clock + part("%z", "")
    return ibis.ifelse(text.re_search(pattern), iso, ibis.null("string"))
