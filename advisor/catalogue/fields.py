"""Types of the fields of catalogue entries. Each checks one value and says in words what is wrong with it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from advisor.common.diagnostics import quoted
from advisor.domain.quantity import NotANumber, Quantity, plain
from advisor.domain.scenario import FIELDS
from advisor.rulebook.diagnostics import Code
from advisor.rulebook.records import Schema, value_fault

UNKNOWN: Final = "unknown"
"""A gap in the sources: what is not stated, or was not found. Never a number, never zero."""
NO_CAP: Final = "none"
MAX_STEPS = 1000
_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SIZE = re.compile("any|[1-9][0-9]{1,4}x[1-9][0-9]{1,4}")
_REGION = re.compile(r"[a-z]{2,12}")
_UNKNOWN_SCHEMA: Schema = {"const": UNKNOWN}
_DECIMAL_SCHEMA: Schema = {"type": ["string", "number"], "pattern": r"^[0-9]+(\.[0-9]+)?$"}


def _number(field: str) -> Callable[[Any], Any]:
    """A number within the bounds of a scenario field, exact; or ``unknown``."""

    def check(value: Any) -> Any:
        quantity = FIELDS[field].quantity
        assert isinstance(quantity, Quantity)
        if value == UNKNOWN:
            return UNKNOWN
        try:
            return quantity.check(value)
        except NotANumber as error:
            raise value_fault(Code.WRONG_VALUE, str(error), f"{error.help}, or `{UNKNOWN}`") from None

    return check


def _cap(value: Any) -> Any:
    return value if value == NO_CAP else _number("annual_revenue_usd")(value)


def _date(value: Any) -> Any:
    if isinstance(value, datetime.date):
        return value
    try:
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            raise ValueError
        return datetime.date.fromisoformat(value)
    except ValueError:
        help = "write YYYY-MM-DD, a day that exists"
        raise value_fault(Code.WRONG_VALUE, f"{quoted(value)} is not a date", help) from None


def _whole(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_STEPS:
        raise value_fault(Code.WRONG_VALUE, f"{quoted(value)} is not a number of steps", f"write 1 to {MAX_STEPS:,}")
    return value


def _size(value: Any) -> Any:
    if not isinstance(value, str) or not _SIZE.fullmatch(value):
        help = "write WIDTHxHEIGHT in pixels, such as 1024x1024, or `any` where the price is the same for every size"
        raise value_fault(Code.WRONG_VALUE, f"{quoted(value)} is not a size", help)
    return value


def _regions(value: Any) -> Any:
    if value == UNKNOWN:
        return value
    codes = value if isinstance(value, list | tuple) else [value]
    for code in codes:
        if not isinstance(code, str) or not _REGION.fullmatch(code):
            help = f"list lower-case codes, such as [eu, us], or write `{UNKNOWN}`"
            raise value_fault(Code.WRONG_VALUE, f"{quoted(code)} is not the code of a region", help)
    if not isinstance(value, list | tuple):
        raise value_fault(Code.WRONG_FORM, f"{quoted(value)} is not a list", f"write [{value}], or `{UNKNOWN}`")
    return tuple(codes)


def _schema(values: Schema, *others: Schema) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [values, *others, _UNKNOWN_SCHEMA]})


_TEXT_OF_DECIMAL = PlainSerializer(
    lambda value: plain(value) if isinstance(value, Decimal) else value, when_used="json"
)


def _checked(quantity: Quantity) -> Callable[[Any], Any]:
    """A number that is never unknown, exact."""

    def check(value: Any) -> Any:
        try:
            return quantity.check(value)
        except NotANumber as error:
            raise value_fault(Code.WRONG_VALUE, str(error), error.help) from None

    return check


_DAYS = Quantity("days", 0, Decimal(1), Decimal(3650), example="90")
_RISE = Quantity("percent", 4, Decimal(0), Decimal(1000), example="28.8")
_FALL = Quantity("percent", 4, Decimal(0), Decimal("99.9"), example="15.8")
Text = Annotated[str, Field(pattern=r"\S", description="a line of text")]
Day = Annotated[
    datetime.date,
    BeforeValidator(_date),
    WithJsonSchema({"type": "string", "pattern": f"^{_DATE.pattern}$"}),
    Field(description="a date, YYYY-MM-DD"),
]
Steps = Annotated[
    int,
    BeforeValidator(_whole),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_STEPS}),
    Field(description=f"a whole number from 1 to {MAX_STEPS:,}"),
]
Size = Annotated[
    str,
    BeforeValidator(_size),
    WithJsonSchema({"type": "string", "pattern": f"^({_SIZE.pattern})$"}),
    Field(description="WIDTHxHEIGHT in pixels, or `any`"),
]
Price = Annotated[
    Decimal | Literal["unknown"],
    BeforeValidator(_number("open_price")),
    _TEXT_OF_DECIMAL,
    _schema(_DECIMAL_SCHEMA),
    Field(description="dollars for one unit, or `unknown`"),
]
GpuHourPrice = Annotated[
    Decimal | Literal["unknown"],
    BeforeValidator(_number("gpu_hour_price")),
    _TEXT_OF_DECIMAL,
    _schema(_DECIMAL_SCHEMA),
    Field(description="dollars for one hour of one GPU, or `unknown`"),
]
Rate = Annotated[
    Decimal | Literal["unknown"],
    BeforeValidator(_number("images_per_gpu_hour")),
    _TEXT_OF_DECIMAL,
    _schema(_DECIMAL_SCHEMA),
    Field(description="units an hour on one GPU, or `unknown`"),
]
RevenueCap = Annotated[
    Decimal | Literal["none", "unknown"],
    BeforeValidator(_cap),
    _TEXT_OF_DECIMAL,
    _schema(_DECIMAL_SCHEMA, {"const": NO_CAP}),
    Field(description="dollars a year from which the licence no longer allows the use, `none` or `unknown`"),
]
Regions = Annotated[
    tuple[str, ...] | Literal["unknown"],
    BeforeValidator(_regions),
    _schema({"type": "array", "items": {"type": "string", "pattern": f"^{_REGION.pattern}$"}}),
    Field(description="a list of lower-case codes such as [eu, us], or `unknown`"),
]
YesNo = Annotated[Literal["yes", "no", "unknown"], Field(description="yes, no or unknown")]
Depth = Annotated[
    Literal["prompt_only", "pinned_version", "adapters", "latents", "unknown"],
    Field(description="a value of the scenario field `control`, or `unknown`"),
]
Days = Annotated[
    Decimal,
    BeforeValidator(_checked(_DAYS)),
    _TEXT_OF_DECIMAL,
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 3650}),
    Field(description="a whole number of days"),
]
RisePercent = Annotated[
    Decimal,
    BeforeValidator(_checked(_RISE)),
    _TEXT_OF_DECIMAL,
    WithJsonSchema(_DECIMAL_SCHEMA),
    Field(description="how far up, in percent"),
]
FallPercent = Annotated[
    Decimal,
    BeforeValidator(_checked(_FALL)),
    _TEXT_OF_DECIMAL,
    WithJsonSchema(_DECIMAL_SCHEMA),
    Field(description="how far down, in percent"),
]
UnitWord = Annotated[Literal["image", "video_second"], Field(description="image or video_second")]
