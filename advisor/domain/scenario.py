"""The answers: one flat model, and reading it from YAML, JSON, standard input and ``--set``.

One name everywhere: a field here is the YAML key, the ``--set`` key, the question id and the name in a rule.
An absent field means *not known yet*.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_serializer, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.domain.quantity import NotANumber, Quantity, grouped, plain

MAX_TEXT = 10_000
MAX_FILE_BYTES = 200_000
"""A scenario file with two texts of MAX_TEXT characters is smaller, even if each character is an escape."""
MAX_ENTRIES = 200
MAX_MONTHLY_COST = Decimal("9e9")
"""Amounts a month stay below 9.0e15 micro-dollars, where every backend still computes exactly."""


class Route(StrEnum):
    """The three ways to generate an image."""

    SELF_HOST = "self_host"
    OPEN_WEIGHT_API = "open_weight_api"
    CLOSED_API = "closed_api"


class Axis(StrEnum):
    """What a decision can turn on, in order of precedence."""

    RESIDENCY = "residency"
    LICENSING = "licensing"
    MODEL_ACCESS = "model_access"
    CONTROL = "control"
    LATENCY = "latency"
    COST = "cost"
    SWITCHING_COST = "switching_cost"


class Residency(StrEnum):
    """Where the data may go."""

    ANYWHERE = "anywhere"
    IN_REGION = "in_region"
    ON_PREMISES = "on_premises"


class OutputUse(StrEnum):
    """What the images are for."""

    INTERNAL = "internal"
    COMMERCIAL = "commercial"


class Quality(StrEnum):
    """Which models are good enough."""

    OPEN_SUFFICES = "open_suffices"
    BEST_PREFERRED = "best_preferred"
    FRONTIER_ONLY = "frontier_only"


class Control(StrEnum):
    """How deep the product reaches into the model; each level includes the ones before."""

    PROMPT_ONLY = "prompt_only"
    PINNED_VERSION = "pinned_version"
    ADAPTERS = "adapters"
    LATENTS = "latents"


class Latency(StrEnum):
    """Whether a queue spike breaks the product."""

    TOLERANT = "tolerant"
    PREDICTABLE = "predictable"


class GpuBilling(StrEnum):
    """Which GPU-hours are paid for; a level costs no less than the one before."""

    AS_USED = "as_used"
    ALWAYS_ON = "always_on"


class Unit(StrEnum):
    """What one unit of output is."""

    IMAGE = "image"
    VIDEO_SECOND = "video_second"


ORDERED: tuple[type[StrEnum], ...] = (Control, GpuBilling)
"""Enumerations of levels, from the least to the most, so that rules may compare them with lt, le, gt and ge."""

_DOLLARS = Decimal("0.000001")
_PRICE = Quantity("dollars per image", 6, _DOLLARS, Decimal(1_000_000), money=True, example="0.03")
_VOLUME = Quantity("images a month", 0, Decimal(1), Decimal(10**12), example="50000")
_GPU_HOUR = Quantity("dollars per GPU-hour", 6, _DOLLARS, Decimal(1_000_000), money=True, example="1.20")
_THROUGHPUT = Quantity("images per GPU-hour", 3, Decimal("0.001"), Decimal(10**9), example="600")
_OVERHEAD = Quantity("dollars a month", 6, Decimal(0), MAX_MONTHLY_COST, money=True, example="2000")
_PEAK = Quantity("images in the busiest hour over images in the mean hour", 3, Decimal(1), Decimal(730), example="3")
"""At most the hours of a month: then all of its images are made in one hour."""
_GPUS = Quantity("GPUs", 0, Decimal(1), Decimal(10_000), example="2")
_ONE_TIME = Quantity("dollars, once", 6, Decimal(0), MAX_MONTHLY_COST, money=True, example="15000")
_REVENUE = Quantity("dollars a year", 2, Decimal(0), Decimal(10**14), money=True, example="5000000")
_MONTHS = Quantity("months", 2, Decimal(0), Decimal(1200), example="12")


def _answer(axis: Axis | None, *, optional: bool = False, description: str | None = None) -> Any:
    extra: dict[str, Any] = {"axis": axis.value if axis else None, "optional": optional}
    return Field(default=None, description=description, json_schema_extra=extra)


class Scenario(BaseModel):
    """One set of answers. Amounts are dollars, volumes images (or seconds of video) a month."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str | None = _answer(None, optional=True)
    residency: Residency | None = _answer(Axis.RESIDENCY)
    region: str | None = _answer(Axis.RESIDENCY, optional=True)
    output_use: OutputUse | None = _answer(Axis.LICENSING)
    annual_revenue_usd: Annotated[Decimal, _REVENUE] | None = _answer(Axis.LICENSING, optional=True)
    indemnity_required: bool | None = _answer(Axis.LICENSING)
    train_on_outputs: bool | None = _answer(Axis.LICENSING)
    quality: Quality | None = _answer(Axis.MODEL_ACCESS)
    control: Control | None = _answer(Axis.CONTROL)
    latency: Latency | None = _answer(Axis.LATENCY)
    monthly_images: Annotated[Decimal, _VOLUME] | None = _answer(Axis.COST)
    monthly_images_low: Annotated[Decimal, _VOLUME] | None = _answer(Axis.COST, optional=True)
    monthly_images_high: Annotated[Decimal, _VOLUME] | None = _answer(Axis.COST, optional=True)
    open_price: Annotated[Decimal, _PRICE] | None = _answer(Axis.COST)
    closed_price: Annotated[Decimal, _PRICE] | None = _answer(Axis.COST)
    gpu_hour_price: Annotated[Decimal, _GPU_HOUR] | None = _answer(Axis.COST)
    images_per_gpu_hour: Annotated[Decimal, _THROUGHPUT] | None = _answer(Axis.COST)
    monthly_overhead: Annotated[Decimal, _OVERHEAD] | None = _answer(Axis.COST)
    gpu_billing: GpuBilling | None = _answer(Axis.COST, optional=True)
    peak_to_mean: Annotated[Decimal, _PEAK] | None = _answer(Axis.COST, optional=True)
    min_gpus: Annotated[Decimal, _GPUS] | None = _answer(Axis.COST, optional=True)
    model: str | None = _answer(
        Axis.COST,
        optional=True,
        description="an open checkpoint of the catalogue by its id, such as flux-1-schnell; not without a catalogue",
    )
    current_route: Route | None = _answer(Axis.SWITCHING_COST, optional=True)
    migration_cost: Annotated[Decimal, _ONE_TIME] | None = _answer(Axis.SWITCHING_COST, optional=True)
    payback_limit_months: Annotated[Decimal, _MONTHS] | None = _answer(Axis.SWITCHING_COST, optional=True)
    unit: Unit | None = _answer(Axis.COST, optional=True)

    @field_validator("*", mode="before")
    @classmethod
    def _one_answer(cls, value: Any, info: ValidationInfo) -> Any:
        spec = FIELDS[info.field_name or ""]
        if value is None:
            return None
        if isinstance(value, dict | list):
            what = f"expected one value, not a {'mapping' if isinstance(value, dict) else 'list'}"
            raise PydanticCustomError("answer", "{what}", {"what": what, "help": "write one value a field"})
        try:
            if spec.quantity:
                return spec.quantity.check(value)
            return word(spec, value)
        except NotANumber as error:
            raise PydanticCustomError("answer", "{what}", {"what": str(error), "help": error.help}) from None

    @field_serializer(
        *("annual_revenue_usd", "open_price", "closed_price", "gpu_hour_price", "images_per_gpu_hour"),
        *("monthly_overhead", "peak_to_mean", "migration_cost", "payback_limit_months"),
        when_used="json",
    )
    def _decimal_text(self, value: Decimal | None) -> str | None:
        return None if value is None else plain(value)

    @field_serializer("monthly_images", "monthly_images_low", "monthly_images_high", "min_gpus", when_used="json")
    def _whole_number(self, value: Decimal | None) -> int | None:
        return None if value is None else int(value)

    @property
    def low(self) -> Decimal | None:
        """The quietest plausible month; the expected one if it is not answered."""
        return self.monthly_images if self.monthly_images_low is None else self.monthly_images_low

    @property
    def high(self) -> Decimal | None:
        """The busiest plausible month; the expected one if it is not answered."""
        return self.monthly_images if self.monthly_images_high is None else self.monthly_images_high

    @property
    def always_on(self) -> bool:
        """Whether whole GPUs are paid all month; unless it is answered, GPU-hours are paid as they are used."""
        return self.gpu_billing is GpuBilling.ALWAYS_ON

    @property
    def fewest_gpus(self) -> int:
        """The least number of GPUs that are kept on; one if it is not answered."""
        return 1 if self.min_gpus is None else int(self.min_gpus)

    def answers(self) -> dict[str, Any]:
        """The answered fields only, as they are written to a file or a record."""
        return self.model_dump(mode="json", exclude_none=True)

    def changed(self, **changes: Any) -> "Scenario":
        """The same answers with some replaced (None removes an answer). Raises BadInput."""
        return validated({**self.model_dump(exclude_none=True), **changes}, "the changed scenario")


@dataclass(frozen=True)
class FieldSpec:
    """The definition of one field."""

    name: str
    axis: Axis | None
    optional: bool
    choices: type[StrEnum] | None
    boolean: bool
    quantity: Quantity | None

    @property
    def options(self) -> tuple[str, ...]:
        """The values it can take, as text; empty for numbers and free text."""
        if self.boolean:
            return ("false", "true")
        return tuple(self.choices) if self.choices else ()


def _spec(name: str, info: FieldInfo) -> FieldSpec:
    kinds = [kind for kind in get_args(info.annotation) if kind is not type(None)]
    kind = kinds[0]
    quantity = next((part for part in get_args(kind)[1:] if isinstance(part, Quantity)), None)
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    return FieldSpec(
        name=name,
        axis=Axis(str(extra["axis"])) if extra["axis"] else None,
        optional=bool(extra["optional"]),
        choices=kind if isinstance(kind, type) and issubclass(kind, StrEnum) else None,
        boolean=kind is bool,
        quantity=quantity,
    )


FIELDS: dict[str, FieldSpec] = {name: _spec(name, info) for name, info in Scenario.model_fields.items()}


def word(spec: FieldSpec, value: Any) -> Any:
    """A boolean, an option or a text, checked. Raises NotANumber."""
    if spec.boolean:
        return _boolean(value)
    if spec.choices:
        if isinstance(value, str) and value in spec.options:
            return spec.choices(value)
        close = did_you_mean(str(value), spec.options) or _option_of_other_field(value)
        raise NotANumber(
            f"{quoted(value)} is not an option of `{spec.name}`",
            f"{close + ' ' if close else ''}write {_listed(spec.options)}",
        )
    if not isinstance(value, str):
        raise NotANumber(f"{quoted(value)} is not text", "put the text in quotes")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise NotANumber(f"{quoted(value)} holds half a character", "write the text as UTF-8") from None
    if len(value) > MAX_TEXT:
        raise NotANumber(f"the text has {len(value):,} characters, more than {MAX_TEXT:,}", "shorten it")
    return value


_BOOLEANS = {"true": True, "yes": True, "y": True, "on": True, "false": False, "no": False, "n": False, "off": False}


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    meant = _BOOLEANS.get(value.strip().lower()) if isinstance(value, str) else None
    what = f"the text {quoted(value)}" if isinstance(value, str) else quoted(value)
    help = "write true or false" if meant is None else f"write {str(meant).lower()}, without quotes"
    raise NotANumber(f"{what} is neither true nor false", help)


def _option_of_other_field(value: object) -> str | None:
    """The hint for an option that belongs to another field."""
    field = next((spec.name for spec in FIELDS.values() if spec.choices and value in spec.options), None)
    return f"it is an option of `{field}`;" if field else None


def _listed(options: tuple[str, ...]) -> str:
    quoted_options = [f"`{option}`" for option in options]
    return ", ".join(quoted_options[:-1]) + f" or {quoted_options[-1]}"


def validated(data: Mapping[str, Any], file: str, lines: Mapping[str, int] | None = None) -> Scenario:
    """Checks answers against the model. Raises BadInput naming file, line and field of every problem."""
    lines = lines or {}
    try:
        scenario = Scenario.model_validate(dict(data))
    except ValidationError as error:
        raise BadInput(_problem(detail, file, lines) for detail in error.errors(include_url=False)) from None
    problems = [Problem(what, file, lines.get(field), field, help) for field, what, help in _inconsistencies(scenario)]
    if problems:
        raise BadInput(problems)
    return scenario


def _problem(detail: ErrorDetails, file: str, lines: Mapping[str, int]) -> Problem:
    field = str(detail["loc"][0]) if detail["loc"] else ""
    line = lines.get(field)
    if detail["type"] == "extra_forbidden":
        flat = "a scenario is flat: write its fields without a name above them"
        help = flat if isinstance(detail["input"], dict) else which_field(field)
        return Problem(f"{quoted(field)} is not a scenario field", file, line, help=help, key=field)
    context = detail.get("ctx") or {}
    return Problem(str(context.get("what", detail["msg"])).rstrip("."), file, line, field, context.get("help"))


def _inconsistencies(scenario: Scenario) -> list[tuple[str, str, str]]:
    """Each field with what is wrong with its answer and the help."""
    low, expected, high = "monthly_images_low", "monthly_images", "monthly_images_high"
    found, help = [], "the low month is the quietest plausible one, the high month the busiest"
    for lesser, greater in ((low, high), (low, expected), (expected, high)):
        less, great = getattr(scenario, lesser), getattr(scenario, greater)
        if less is not None and great is not None and less > great:
            what = f"`{lesser}` is {grouped(less)}, more than `{greater}`, {grouped(great)}"
            found.append((lesser, what, help))
    too_costly = None if found else _month_too_costly(scenario)
    return [too_costly] if too_costly else found


def _month_too_costly(scenario: Scenario) -> tuple[str, str, str] | None:
    # imported here because the cost model imports this module
    from advisor.domain.cost_model import PRICE_OF, VOLUMES, Costs

    volumes = {name: volume for name in reversed(VOLUMES) if (volume := getattr(scenario, name)) is not None}
    if not volumes:
        return None
    field = max(volumes, key=volumes.__getitem__)
    hows = {**{route: f"at `{name}`" for route, name in PRICE_OF.items()}, Route.SELF_HOST: "on own GPUs"}
    for route, how in hows.items():
        cost = Costs(scenario).monthly(route, volumes[field], overhead=Decimal(0))
        if cost is not None and cost > Fraction(MAX_MONTHLY_COST):
            most = f"${grouped(MAX_MONTHLY_COST)}, the most that is computed"
            help = "check the units: images a month, dollars per image, dollars and images per GPU-hour"
            return field, f"{grouped(volumes[field])} images a month {how} cost more than {most}", help
    return None


def which_field(field: str) -> str:
    """The help for a field that does not exist."""
    return did_you_mean(field, FIELDS) or "`advisor schema scenario` lists the fields"
