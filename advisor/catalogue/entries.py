"""The entries of the catalogue as pydantic models: strict, frozen, with faults that name file, line and field.

A figure without source, date and confidence does not load. What no source states is the word ``unknown``. The types of
the fields come first: each checks one value and says in words what is wrong with it.
"""

import datetime
import re
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final, Literal, get_args

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from advisor.common.diagnostics import quoted
from advisor.domain.quantity import NotANumber, Quantity, plain
from advisor.domain.scenario import FIELDS
from advisor.rulebook.records import Code, Form, IdForm, Schema, value_fault

UNKNOWN: Final = "unknown"
"""A gap in the sources: what is not stated, or was not found. Never a number, never zero."""
NO_CAP: Final = "none"
MAX_STEPS = 1000
_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SIZE = re.compile("any|[1-9][0-9]{1,4}x[1-9][0-9]{1,4}")
_REGION = re.compile(r"[a-z]{2,12}")
_UNKNOWN_SCHEMA: Schema = {"const": UNKNOWN}
_DECIMAL_SCHEMA: Schema = {"type": ["string", "number"], "pattern": r"^[0-9]+(\.[0-9]+)?$"}


def _number(quantity: Quantity | None, *words: str) -> BeforeValidator:
    """An exact number within the bounds of a quantity, or one of the words."""

    def check(value: Any) -> Any:
        if value in words:
            return value
        assert quantity is not None
        try:
            return quantity.check(value)
        except NotANumber as error:
            help = f"{error.help}, or `{UNKNOWN}`" if words else error.help
            raise value_fault(Code.WRONG_VALUE, str(error), help) from None

    return BeforeValidator(check)


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
_Figure = Annotated[Decimal | Literal["unknown"], _TEXT_OF_DECIMAL, _schema(_DECIMAL_SCHEMA)]
Price = Annotated[
    _Figure, _number(FIELDS["open_price"].quantity, UNKNOWN), Field(description="dollars for one unit, or `unknown`")
]
GpuHourPrice = Annotated[
    _Figure,
    _number(FIELDS["gpu_hour_price"].quantity, UNKNOWN),
    Field(description="dollars for one hour of one GPU, or `unknown`"),
]
Rate = Annotated[
    _Figure,
    _number(FIELDS["images_per_gpu_hour"].quantity, UNKNOWN),
    Field(description="units an hour on one GPU, or `unknown`"),
]
RevenueCap = Annotated[
    Decimal | Literal["none", "unknown"],
    _number(FIELDS["annual_revenue_usd"].quantity, NO_CAP, UNKNOWN),
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
    _number(_DAYS),
    _TEXT_OF_DECIMAL,
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 3650}),
    Field(description="a whole number of days"),
]
_Percent = Annotated[Decimal, _TEXT_OF_DECIMAL, WithJsonSchema(_DECIMAL_SCHEMA)]
RisePercent = Annotated[_Percent, _number(_RISE), Field(description="how far up, in percent")]
FallPercent = Annotated[_Percent, _number(_FALL), Field(description="how far down, in percent")]
UnitWord = Annotated[Literal["image", "video_second"], Field(description="image or video_second")]


class ConflictForm(Form):
    """A figure of another source that disagrees: kept and shown, never used."""

    noun = "conflict"
    value: Text
    source: Text
    as_of: Day
    note: Text | None = None


class EntryForm(IdForm):
    """What every entry states: where its figures are from, of which day, and how sure they are.

    ``valid_from`` and ``valid_to`` bound a price, both days included; ``retires`` is the first day on which the thing
    itself is no longer offered.
    """

    noun: ClassVar[str] = "entry"
    source: Text
    as_of: Day
    confidence: Literal["high", "medium", "low", "reject"] = Field(description="high, medium, low or reject")
    valid_from: Day | None = None
    valid_to: Day | None = None
    retires: Day | None = None
    note: Text | None = None
    conflicts: tuple[ConflictForm, ...] = Field((), description="a list of figures of other sources")

    def holds_on(self, day: datetime.date) -> bool:
        """Whether the entry is valid and not retired on a day."""
        begun = self.valid_from is None or self.valid_from <= day
        ended = self.valid_to is not None and self.valid_to < day
        return begun and not ended and (self.retires is None or day < self.retires)


class LicenceForm(Form):
    """The licence of a checkpoint. ``clauses`` holds, in our own words, what each term rests on.

    ``key`` is a license-expression key; ``commercial_use: paid`` is a use that needs ``paid_licence`` besides.
    ``terms`` are further conditions that every user has to verify, one clause each; ``self_host_terms`` those of a user
    who runs the checkpoint.
    """

    noun = "licence"
    name: Text
    key: Text | None = Field(description="a license-expression key, or null")
    commercial_use: Literal["yes", "no", "paid", "unknown"] = Field(description="yes, no, paid or unknown")
    revenue_cap_usd: RevenueCap
    training_on_outputs: YesNo
    excluded_regions: Regions
    clauses: dict[Literal["commercial_use", "revenue_cap_usd", "training_on_outputs", "excluded_regions"], Text] = (
        Field(description="`term: the clause it rests on` a line")
    )
    paid_licence: Text | None = None
    terms: tuple[Text, ...] = Field(description="a list of clauses, or [] for none")
    self_host_terms: tuple[Text, ...] = Field((), description="a list of clauses")


class ModelForm(EntryForm):
    """models.yaml: an open checkpoint; its id is a value of the scenario field ``model``.

    Offers are compared at its ``steps`` and ``size``.
    """

    noun = "model"
    label: Text
    modality: Literal["image", "video"] = Field(description="image or video")
    names: tuple[Text, ...] = Field(description="the names by which other sources know it")
    steps: Steps
    size: Size = "1024x1024"
    few_step: bool = Field(strict=True, description="true or false")
    few_step_of: Text | None = None
    licence: LicenceForm = Field(description="the licence's terms")


class ProviderForm(EntryForm):
    """providers.yaml: a provider of hosted inference; its offers have its traits unless they state their own.

    ``regions`` lists the regions to which calls are known to be pinned, which may not be all; ``control`` is how deep
    the caller reaches.
    """

    noun = "provider"
    label: Text
    regions: Regions
    control: Depth
    shared_queue: YesNo
    output_indemnity: YesNo
    training_on_outputs: YesNo
    commercial_use: YesNo
    retention: Text


class ApiOfferForm(EntryForm):
    """A model of a provider, for a price; the traits are those in which the offer differs from its provider."""

    noun = "offer"
    provider: Text
    usd: Price
    unit: UnitWord
    size: Size
    regions: Regions | None = None
    control: Depth | None = None
    shared_queue: YesNo | None = None
    output_indemnity: YesNo | None = None
    training_on_outputs: YesNo | None = None
    commercial_use: YesNo | None = None
    retention: Text | None = None


class HostedForm(ApiOfferForm):
    """hosted.yaml: an open checkpoint, served by a provider at a price."""

    model: Text
    steps: Steps | None = None
    revenue_cap_usd: RevenueCap | None = None


class ClosedForm(ApiOfferForm):
    """closed.yaml: a proprietary model at a price; ``name`` is the provider's name of it."""

    label: Text
    name: Text
    quality: Text
    revenue_cap_usd: RevenueCap = "none"


class GpuForm(EntryForm):
    """gpus.yaml: a GPU of a cloud, by the hour, in the regions where it has this price.

    ``own-hardware`` (pricing ``owned``) is the one that stays on the premises, and can run every checkpoint.
    """

    noun = "GPU offer"
    label: Text
    cloud: Text
    gpu: Text
    regions: Regions
    pricing: Literal["on_demand", "spot", "community", "owned"] = Field(
        description="on_demand, spot, community or owned"
    )
    usd_per_gpu_hour: GpuHourPrice
    leaves_premises: YesNo


class ThroughputForm(EntryForm):
    """throughput.yaml: what one GPU makes in an hour of saturated, warm running."""

    noun = "throughput"
    model: Text
    gpu: Text
    steps: Steps
    size: Size
    precision: Text
    runtime: Text
    images_per_gpu_hour: Rate
    unit: UnitWord = "image"


MovementKind = Literal["hosted", "closed", "gpu-on-demand", "gpu-market", "throughput"]


class MovementForm(EntryForm):
    """movements.yaml: how far figures of a kind have moved within a time, and the age from which on one is old.

    The id is the kind: prices of ``hosted`` and ``closed`` models, of GPUs on demand, and at market prices (spot and
    community), and throughput.
    """

    noun = "movement"
    id: MovementKind = Field(description=", ".join(get_args(MovementKind)))
    old_after_days: Days
    rises_percent: RisePercent
    falls_percent: FallPercent
    in_days: Days
    reason: Text


LISTS: dict[str, type[EntryForm]] = {
    "models": ModelForm,
    "providers": ProviderForm,
    "hosted": HostedForm,
    "closed": ClosedForm,
    "gpus": GpuForm,
    "throughput": ThroughputForm,
    "movements": MovementForm,
}
"""Each list of the catalogue: the name of its file and of its key, here and in an overlay."""
