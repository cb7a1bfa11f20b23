"""The rows of a source as the columns of ``Row``, with the first error of each: expressions that every backend has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from advisor.usage.dates import Zone
from advisor.usage.input_files import BROKEN, ISO, LINE, VALUE, Source
from advisor.usage.model import MOST_IMAGES_IN_A_ROW, NUMBERS, Basis, ReadOptions

STAMP = dt.Timestamp()
_INSTANT = dt.Timestamp(timezone="UTC")
AMOUNT = dt.Decimal(38, 12)
"""Money and images as they are kept where nothing narrower does."""
NARROW = dt.Decimal(18, 9)
"""Half as wide and twice as fast: up to 10^9, in steps of 10^-9."""
MOST_SECONDS = 10**11
"""Since 1970: the year 5138."""
_CLOCK_FROM = 10
"""Where the clock starts in `2024-09-01T00:00:00+02:00`: a sign behind it is an offset."""
_EARLIEST, _LATEST = datetime(1900, 1, 1), datetime(9900, 1, 1)
_NO_OFFSET = r"[+-](?:1[5-9]|[2-9]\d|\d\d:?[6-9]\d)[\d:]*$"
"""An offset of 15 hours and more, or with 60 minutes and more, which no time zone has and databases accept."""
_NO_SECONDS = r"^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d) ?(Z|[+-](?:0\d|1[0-4]):?[0-5]\d)$"


@dataclass(frozen=True)
class Numerals:
    """How numbers are written: the decimal sign, and the signs between thousands, if any."""

    decimal: str = "."
    thousands: str = ""

    def plain(self, text: Any) -> Any:
        """The number with a decimal point alone; null where it is not written in this way."""
        if self == Numerals():
            return text
        whole, digits = r"\d+", text
        if self.thousands:
            between = f"[{self.thousands}]"
            whole, digits = rf"(?:\d+|[1-9]\d{{0,2}}(?:{between}\d{{3}})+)", text.re_replace(between, "")
        written = text.re_search(rf"^ *[+-]?{whole}(?:{re.escape(self.decimal)}\d+)? *$")
        return ibis.ifelse(written, digits.replace(self.decimal, "."), ibis.null("string"))


class Stated(NamedTuple):
    """What a column states in each row: the name of the column, its text, and whether it is empty."""

    column: str
    text: Any
    absent: Any


@dataclass(frozen=True)
class Cells:
    """The columns of a source by their own names."""

    table: ir.Table
    source: Source
    null: str | None = None
    """A text that means null."""
    numerals: Numerals = Numerals()
    found: Mapping[str, str] = field(default_factory=dict)
    """Values found within the text of columns, by their names: what each is called in the table."""

    def has(self, column: str) -> bool:
        """Whether there is such a column."""
        return column in self.found or column in self.source.columns

    def with_found(self, values: Mapping[str, Any]) -> Cells:
        """The same with values found within the text of columns."""
        called = {name: f"f{len(self.found) + number}" for number, name in enumerate(values)}
        more = {called[name]: value for name, value in values.items()}
        return replace(self.keep(**more) if more else self, found={**self.found, **called})

    def with_nested(self, keys: Iterable[str], spark: bool) -> Cells:
        """The same with keys of objects within objects, such as `a.b`, where no column has that very name."""
        ways = {key: way for key in keys if (way := self.source.way_to(key)) and way[1]}
        return self.with_found({key: value_in(self.text(column), path, spark) for key, (column, path) in ways.items()})

    def raw(self, column: str) -> Any:
        """The column as it is stored, null if it is absent. Unsigned numbers become signed."""
        if not self.has(column):
            return ibis.null("string")
        raw = self.table[self.found.get(column) or self.source.cell(column)]
        if not raw.type().is_unsigned_integer():
            return raw
        return raw.cast(dt.Decimal(20, 0) if raw.type().nbytes == 8 else "int64")

    def text(self, column: str) -> Any:
        """The column as text; an empty one is null."""
        raw = self.raw(column)
        text = (raw if raw.type().is_string() else raw.cast("string")).nullif("")
        return text if self.null is None else text.nullif(self.null)

    def stated(self, column: str) -> Stated:
        """The column as it is stored, to judge its values by."""
        text = self.text(column)
        return Stated(column, text, (text if self.is_text(column) else self.raw(column)).isnull())

    def is_text(self, column: str) -> bool:
        """Whether the column holds text that has yet to be read."""
        return bool(self.raw(column).type().is_string())

    def stamp_text(self, column: str) -> Any:
        """The text of a stamp, in ISO where a spreadsheet saved it."""
        iso = self.source.cell(column) + ISO if column in self.source.columns else ""
        return self.table[iso] if iso in self.table.columns else self.text(column)

    def stamp(self, column: str) -> Any:
        """A stamp as naive UTC, null where it cannot be read; without an offset it is in UTC."""
        raw = self.raw(column)
        kind = raw.type()
        if kind.is_timestamp() and kind.timezone is not None:
            return _of_our_era(raw.cast(_INSTANT).cast(STAMP))
        if kind.is_timestamp() or kind.is_date():
            return _of_our_era(raw.cast(STAMP))
        return iso_stamp(self.stamp_text(column))

    def number(self, column: str, kind: dt.Decimal = AMOUNT) -> Any:
        """An exact number; null where it cannot be read or is too large."""
        raw = self.raw(column)
        if raw.type().is_integer() or (raw.type().is_decimal() and (raw.type().scale or 0) <= AMOUNT.scale):
            return raw
        if raw.type().is_string():
            return self.numerals.plain(self.text(column)).try_cast(kind)
        if raw.type().is_numeric() and not raw.type().is_boolean():
            return raw.try_cast(kind)
        # A column of nulls, as Ibis cannot compare a literal null with a number.
        return ibis.ifelse(raw.isnull(), ibis.null(kind), ibis.null(kind))

    def keep(self, **columns: Any) -> Cells:
        """The same with more columns, which are computed once."""
        return replace(self, table=self.table.mutate(**columns))

    def everything(self) -> Any:
        """All cells of a row as one text."""
        numbers = set(self.source.numbers)
        said = (
            self.number(column, NARROW).cast(AMOUNT) if column in numbers else self.text(column)
            for column in sorted(self.source.columns)
        )
        return joined(list(said))


def _builtin(name: str, kind: str) -> Any:
    """A function of the database's own, of a value and a path in it."""
    return ibis.udf.scalar.builtin(lambda value, path: None, name=name, signature=((kind, "string"), "string"))


_AT_POINTER, _AT_PATH = _builtin("json_extract_string", "json"), _builtin("get_json_object", "string")


def value_in(text: Any, path: Sequence[str], spark: bool) -> Any:
    """The value at a path of keys in JSON, as text; null if it is absent or the text is not JSON."""
    if spark:
        value = _AT_PATH(text, "$" + "".join(f"['{key}']" for key in path))
    else:
        steps = (key.replace("~", "~0").replace("/", "~1") for key in path)
        value = _AT_POINTER(text.try_cast("json"), "".join(f"/{step}" for step in steps))
    return value.nullif("")


def joined(parts: Sequence[Any]) -> Any:
    """Several values as one text; the same for the same values only."""
    texts = [(part if part.type().is_string() else part.cast("string")).fill_null("\x1e") for part in parts]
    return ibis.literal("\x1f").join(texts) if len(texts) > 1 else texts[0]


def stamped(cells: Cells, text: Any, zone: Zone | None) -> Cells:
    """With the stamp that ISO text says as the column ``at``. A date without a clock is that day in every zone."""
    cells = cells.keep(said=text)
    cells = cells.keep(clock=_clock(cells.table.said, _has_offset(cells.table.said, zone)))
    said, clock = cells.table.said, cells.table.clock
    plain = clock if zone is None else ibis.ifelse(said.length() <= _CLOCK_FROM, clock, in_zone(clock, zone))
    return cells.keep(at=_stamp(said, plain, _has_offset(said, zone)))


def iso_stamp(text: Any) -> Any:
    """ISO text as naive UTC. A cast to a stamp without an offset drops the offset, so those go another way."""
    has_offset = _has_offset(text, None)
    return _stamp(text, _clock(text, has_offset), has_offset)


def _has_offset(text: Any, zone: Zone | None) -> Any:
    clock = text.substr(_CLOCK_FROM)
    offset = clock.contains("+") | clock.contains("-")
    return offset if zone is None else offset | clock.contains("Z")


def _clock(text: Any, has_offset: Any) -> Any:
    return ibis.ifelse(has_offset, ibis.null("string"), text).try_cast(STAMP)


def _stamp(text: Any, clock: Any, has_offset: Any) -> Any:
    """The clock, else a stamp with an offset that a time zone has, else one without the seconds that some leave out."""
    real = ibis.ifelse(text.substr(_CLOCK_FROM).re_search(_NO_OFFSET), ibis.null("string"), text)
    instant = ibis.ifelse(has_offset, real, ibis.null("string"))
    repaired = text.re_extract(_NO_SECONDS, 1) + ":00" + text.re_extract(_NO_SECONDS, 2)
    return _of_our_era(ibis.coalesce(clock, *(one.try_cast(_INSTANT).cast(STAMP) for one in (instant, repaired))))


def _of_our_era(stamp: Any) -> Any:
    """Null for infinity and for years that not every engine supports."""
    return ibis.ifelse(stamp.between(day(_EARLIEST), day(_LATEST)), stamp, ibis.null(STAMP))


def in_zone(stamp: Any, zone: Zone | None) -> Any:
    """A clock of a zone as UTC. A time that occurs twice is the first of them, as in Python."""
    if zone is None or zone.offsets == (timedelta(0),):
        return stamp
    *before, last = (stamp - ibis.interval(seconds=int(offset.total_seconds())) for offset in zone.offsets)
    branches = [(stamp < ibis.literal(until), moved) for until, moved in zip(zone.until, before, strict=True)]
    return ibis.cases(*branches, else_=last) if branches else last


def epoch_stamp(number: Any, per_second: int) -> Any:
    """Seconds or milliseconds since 1970 as naive UTC, to the second; null for numbers that databases fail on."""
    most = MOST_SECONDS * per_second
    sane = ibis.ifelse(number.between(-most, most), number, ibis.null(number.type()))
    seconds = sane if per_second == 1 else sane / per_second
    return _of_our_era(seconds.floor().cast("int64").as_timestamp("s").cast(_INSTANT).cast(STAMP))


def scaled(cells: Cells, column: str, places: int) -> Any:
    """A number divided by ten to the power of ``places``, exactly."""
    if places == 0:
        return cells.number(column, NARROW)
    text = cells.text(column)
    narrow = (cells.numerals.plain(text) if cells.is_text(column) else text).try_cast(
        dt.Decimal(37 - places, AMOUNT.scale - places)
    )
    step = ibis.literal(Decimal(1).scaleb(-places), type=dt.Decimal(places + 1, places))
    return (narrow * step).cast(AMOUNT)


def day(stamp: datetime) -> Any:
    """A moment as a literal."""
    return ibis.literal(stamp.replace(tzinfo=None), type=STAMP)


EARLIEST = datetime(2015, 1, 1)
LONGEST_YEARS = 10
_DIGITS = len(str(MOST_IMAGES_IN_A_ROW))

Remark = tuple[ir.Table, Callable[[list[dict[str, Any]]], list[str]]]
"""A table to compute, and the notes on its rows."""


class Fault(NamedTuple):
    """An error that a row may have, where it is, and what the column states there."""

    what: str
    stated: Stated
    wrong: Any


@dataclass(frozen=True)
class Shaped:
    """The normalised columns of a source. A number is None if the source does not state it.

    Without an ``identity`` a row is identified by all its cells. Rows count where ``counted``; faults are searched in
    every row, so those of one kind of row have that as a condition.
    """

    cells: Cells
    counted: Any
    at: Any
    meter: Any
    basis: Any
    images: Any = None
    requests: Any = None
    megapixels: Any = None
    cost: Any = None
    currency: Any = None
    ends: Any = None
    identity: Any = None
    unique: Any = False
    faults: Sequence[Fault] = ()
    remarks: Sequence[Remark] = ()
    services: ir.Table | None = None
    """The services that a bill charges for."""
    counts: str = "all"
    """Which rows count, for people."""
    notes: Sequence[str] = ()
    """What people should know of the numbers of this source."""

    @property
    def table(self) -> ir.Table:
        """The rows of the source."""
        return self.cells.table

    @property
    def rows(self) -> ir.Table:
        """The rows that count, and those with a fault, as columns of ``Row``.

        ``fault`` is the index of the first error of a row, 0 for one of the whole row, or null. Where rows are not yet
        located, it only says whether there is one, which is quicker to compute. ``value`` is the offending value.
        """
        identity = self.identity
        if identity is None:
            identity = joined([self.at.cast("string"), self.cells.everything()]).hexdigest("md5")
        columns = {
            "at": self.at,
            "ends": self.at if self.ends is None else self.ends,
            "meter": _column(self.meter),
            "basis": _column(self.basis),
            **{name: _column(getattr(self, name), AMOUNT) for name in NUMBERS},
            "currency": _column(self.currency),
            "identity": identity,
            "unique": _column(self.unique),
            "counted": _column(self.counted),
        }
        wrong, located = [fault.wrong for fault in self.faults], LINE in self.table.columns
        if located:
            broken, numbers = self.table[BROKEN], range(1, len(wrong) + 1)
            values = [fault.stated.text.cast("string") for fault in self.faults]
            number = ibis.cases((broken.notnull(), 0), *zip(wrong, numbers, strict=True), else_=ibis.null("int16"))
            value = ibis.cases(
                (broken.notnull(), self.table[VALUE]), *zip(wrong, values, strict=True), else_=ibis.null("string")
            )
            columns |= {"fault": number.cast("int16"), LINE: self.table[LINE], BROKEN: broken, "value": value}
        else:
            columns["fault"] = ibis.ifelse(ibis.or_(*wrong), ibis.literal(1, type="int16"), ibis.null("int16"))
        shaped = self.table.select(**columns)
        return shaped.filter(shaped.counted | shaped.fault.notnull()).drop("counted")


def _column(value: Any, kind: str | dt.Decimal = "string") -> Any:
    if value is None:
        return ibis.null(kind)
    return value if isinstance(value, ir.Value) else ibis.literal(value.value if isinstance(value, Basis) else value)


def stamp_faults(at: Any, stated: Stated, options: ReadOptions) -> list[Fault]:
    """A timestamp that is missing or unreadable, too old, or in the future. Looked for in every row, counted or not."""
    latest = datetime.combine(options.today, time(), UTC) + timedelta(days=2)
    return [
        Fault("missing timestamp", stated, at.isnull() & stated.absent),
        Fault("the timestamp cannot be read", stated, at.isnull()),
        Fault(f"the timestamp is before {EARLIEST.year}", stated, at < day(EARLIEST)),
        Fault(f"the timestamp is in the future (today is {options.today})", stated, at >= day(latest)),
    ]


def end_faults(at: Any, ends: Any, stated: Stated) -> list[Fault]:
    """An end that cannot be read, lies before the start, or so far behind it that one of the two is wrong."""
    latest = at + ibis.interval(years=LONGEST_YEARS)
    return [
        Fault("the end cannot be read", stated, ~stated.absent & ends.isnull()),
        Fault("the charge ends before it starts", stated, ends < at),
        Fault(f"the charge ends more than {LONGEST_YEARS} years after its start", stated, ends > latest),
    ]


def number_faults(number: Any, stated: Stated, counted: Any, called: str, required: Any = None) -> list[Fault]:
    """A number that is missing where it is ``required``, unreadable or too large, in the rows that count."""
    most = MOST_IMAGES_IN_A_ROW
    return [
        *([] if required is None else [Fault(f"missing {called}", stated, required & stated.absent)]),
        Fault("not a plain number, or too large", stated, counted & number.isnull() & ~stated.absent),
        Fault(f"more than {most:,} cannot be in one row", stated, counted & (number > _like(number, most))),
        Fault(f"less than -{most:,} cannot be in one row", stated, counted & (number < _like(number, -most))),
    ]


def image_faults(
    number: Any, stated: Stated, counted: Any, *, called: str = "images", correction: Any = None
) -> list[Fault]:
    """The errors of a number of images or requests. Each row that counts has one, and it is not negative; that of a
    ``correction`` may be absent or negative.
    """
    usual, called = counted if correction is None else counted & ~correction, f"number of {called}"
    negative = Fault(f"the {called} is negative", stated, usual & (number < _like(number, 0)))
    return [*number_faults(number, stated, counted, called, usual), negative]


def _like(number: Any, value: int) -> Any:
    """The value in the type of the number where it fits, so that the number is not widened to be compared."""
    kind = number.type()
    if kind.is_decimal() and (kind.precision or 0) - (kind.scale or 0) >= _DIGITS:
        return ibis.literal(Decimal(value), type=kind)
    return ibis.literal(value)


def currency_faults(currency: Any, column: str, counted: Any, options: ReadOptions) -> list[Fault]:
    """Another currency than the one that was asked for."""
    if options.currency is None:
        return []
    asked = options.currency.upper()
    wrong = counted & (currency != asked)
    return [Fault(f"the currency is not {asked}", Stated(column, currency, currency.isnull()), wrong)]


def free_rows(cells: Cells, of_images: Any, cost: Any, why: str) -> Remark:
    """How many rows of images cost nothing, where the source means it."""
    rows = cells.table.select(of_images=of_images, free=of_images & (cost == 0))
    sums = rows.aggregate(of_images=rows.of_images.sum(), free=rows.free.sum())

    def notes(found: list[dict[str, Any]]) -> list[str]:
        row = found[0]
        what = f"{row['free'] or 0:,} of {row['of_images'] or 0:,} rows of images cost nothing"
        return [f"{cells.source.file}: {what}: {why}"] if row["free"] else []

    return sums, notes


def all_of(conditions: Iterable[Any]) -> Any:
    """Whether all conditions hold, a null not holding."""
    return ibis.and_(*(condition.fill_null(False) for condition in conditions))
