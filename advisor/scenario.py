"""The answers: one flat model, and reading it from YAML, JSON, standard input and ``--set``.

One name everywhere: a field here is the YAML key, the ``--set`` key, the question id and the name in a rule.
An absent field means *not known yet*.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_serializer, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from advisor import strict_yaml
from advisor.cost import own, rent
from advisor.errors import BadInput, Problem, did_you_mean, quoted
from advisor.files import STANDARD_INPUT, read_text
from advisor.quantity import NotANumber, Quantity, grouped, plain, typed

MAX_TEXT = 10_000
MAX_MONTHLY_COST = Decimal("9e9")
"""Amounts a month stay below 9.0e15 micro-dollars, where every reading of the rules still computes exactly."""


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


class Unit(StrEnum):
    """What one unit of output is."""

    IMAGE = "image"
    VIDEO_SECOND = "video_second"


ORDERED: tuple[type[StrEnum], ...] = (Control,)
"""Enumerations whose levels include the ones before, so that rules may compare them with lt, le, gt and ge."""

_DOLLARS = Decimal("0.000001")
_PRICE = Quantity("dollars per image", 6, _DOLLARS, Decimal(1_000_000), money=True)
_VOLUME = Quantity("images a month", 0, Decimal(1), Decimal(10**12))
_GPU_HOUR = Quantity("dollars per GPU-hour", 6, _DOLLARS, Decimal(1_000_000), money=True)
_THROUGHPUT = Quantity("images per GPU-hour", 3, Decimal("0.001"), Decimal(10**9))
_OVERHEAD = Quantity("dollars a month", 6, Decimal(0), MAX_MONTHLY_COST, money=True)
_ONE_TIME = Quantity("dollars, once", 6, Decimal(0), MAX_MONTHLY_COST, money=True)
_REVENUE = Quantity("dollars a year", 2, Decimal(0), Decimal(10**14), money=True)
_MONTHS = Quantity("months", 2, Decimal(0), Decimal(1200))


def _answer(axis: Axis | None, *, optional: bool = False) -> Any:
    return Field(default=None, json_schema_extra={"axis": axis.value if axis else None, "optional": optional})


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
        try:
            if spec.quantity:
                return spec.quantity.check(value)
            return _word(spec, value)
        except NotANumber as error:
            raise PydanticCustomError("answer", "{what}", {"what": str(error), "help": error.help}) from None

    @field_serializer(
        *("annual_revenue_usd", "open_price", "closed_price", "gpu_hour_price", "images_per_gpu_hour"),
        *("monthly_overhead", "migration_cost", "payback_limit_months"),
    )
    def _decimal_text(self, value: Decimal | None) -> str | None:
        return None if value is None else plain(value)

    @field_serializer("monthly_images", "monthly_images_low", "monthly_images_high")
    def _whole_number(self, value: Decimal | None) -> int | None:
        return None if value is None else int(value)

    @property
    def low(self) -> Decimal | None:
        """The worst plausible month; the expected one where it is not given."""
        return self.monthly_images if self.monthly_images_low is None else self.monthly_images_low

    @property
    def high(self) -> Decimal | None:
        """The best plausible month; the expected one where it is not given."""
        return self.monthly_images if self.monthly_images_high is None else self.monthly_images_high

    def answers(self) -> dict[str, Any]:
        """The answered fields only, as they are written to a file or a record."""
        return self.model_dump(mode="json", exclude_none=True)

    def changed(self, **changes: Any) -> Scenario:
        """The same answers with some replaced (None takes an answer back). Raises BadInput."""
        return validated({**self.model_dump(exclude_none=True), **changes}, "the changed scenario")


@dataclass(frozen=True)
class FieldSpec:
    """What is known of one field besides its value."""

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


def _word(spec: FieldSpec, value: Any) -> Any:
    shown = quoted(value if not isinstance(value, bool) else str(value).lower())
    if isinstance(value, dict | list):
        raise NotANumber("a list or mapping stands where one value belongs", "a scenario is flat: one value a field")
    if spec.boolean:
        if not isinstance(value, bool):
            raise NotANumber(f"{shown} is neither true nor false", "write true or false")
        return value
    if not isinstance(value, str):
        kind = "one of its options" if spec.choices else "text"
        help = f"write {_listed(spec.options)}" if spec.choices else "put the text in quotes"
        raise NotANumber(f"{shown} is not {kind}", help)
    if spec.choices:
        if value not in spec.options:
            close = did_you_mean(value, spec.options)
            raise NotANumber(
                f"{shown} is not an option of `{spec.name}`",
                f"{close + ' ' if close else ''}write {_listed(spec.options)}",
            )
        return spec.choices(value)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise NotANumber(f"{shown} holds half a character", "write the text as UTF-8") from None
    if len(value) > MAX_TEXT:
        raise NotANumber(f"the text is longer than {MAX_TEXT:,} characters", "shorten it")
    return value


def _listed(options: tuple[str, ...]) -> str:
    quoted_options = [f"`{option}`" for option in options]
    return ", ".join(quoted_options[:-1]) + f" or {quoted_options[-1]}"


def validated(data: Mapping[str, Any], file: str, lines: Mapping[str, int] | None = None) -> Scenario:
    """Checks answers against the model. Raises BadInput naming file, line and field of every problem."""
    lines = lines or {}
    try:
        scenario = Scenario.model_validate(dict(data))
    except ValidationError as error:
        raise BadInput(_problem(detail, file, lines) for detail in error.errors()) from None
    problems = [Problem(what, file, lines.get(field), field, help) for field, what, help in _inconsistencies(scenario)]
    if problems:
        raise BadInput(problems)
    return scenario


def _problem(detail: ErrorDetails, file: str, lines: Mapping[str, int]) -> Problem:
    field = str(detail["loc"][0]) if detail["loc"] else ""
    line = lines.get(field)
    if detail["type"] == "extra_forbidden":
        help = did_you_mean(field, FIELDS) or "`advisor schema scenario` lists the fields"
        return Problem(f"{quoted(field)} is not a scenario field", file, line, None, help)
    context = detail.get("ctx") or {}
    return Problem(str(context.get("what", detail["msg"])).rstrip("."), file, line, field, context.get("help"))


def _inconsistencies(scenario: Scenario) -> list[tuple[str, str, str]]:
    found = []
    low, expected, high = scenario.monthly_images_low, scenario.monthly_images, scenario.monthly_images_high
    pairs = [("monthly_images_low", low, "monthly_images_high", high)]
    pairs += [("monthly_images_low", low, "monthly_images", expected)]
    pairs += [("monthly_images", expected, "monthly_images_high", high)]
    for lesser, less, greater, great in pairs:
        if less is not None and great is not None and less > great:
            found.append(
                (
                    lesser,
                    f"`{lesser}` is {grouped(less)}, more than `{greater}`, {grouped(great)}",
                    "the low month is the worst plausible one, the high month the best",
                )
            )
    if not found and _dearest_month(scenario) > MAX_MONTHLY_COST:
        found.append(
            (
                "monthly_images",
                f"these answers come to more than ${grouped(MAX_MONTHLY_COST)} a month",
                "check the units: prices are dollars per image, volumes images a month",
            )
        )
    return found


def _dearest_month(scenario: Scenario) -> Decimal:
    volumes = [n for n in (scenario.monthly_images, scenario.low, scenario.high) if n is not None]
    if not volumes:
        return Decimal(0)
    costs = [rent(c, max(volumes)) for c in (scenario.open_price, scenario.closed_price) if c is not None]
    G, r, E = scenario.gpu_hour_price, scenario.images_per_gpu_hour, scenario.monthly_overhead
    if G is not None and r is not None:
        costs.append(own(G, r, E or 0, max(volumes)))
    return Decimal(int(max(costs, default=0)))


def scenario_text(scenario: Scenario) -> str:
    """The answered fields as a scenario file."""
    return "".join(f"{name}: {_yaml_value(name, value)}\n" for name, value in scenario.answers().items())


def _yaml_value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    spec = FIELDS[name]
    if spec.quantity or spec.choices:
        return str(value)
    import yaml

    return str(yaml.safe_dump(value, default_style='"', allow_unicode=True, width=2**30)).strip()


def read_scenario(path: str, settings: tuple[str, ...] = ()) -> Scenario:
    """A scenario file (YAML or JSON; ``-`` is standard input) with ``field=value`` settings on top.

    Raises BadInput.
    """
    data, lines = _parse(read_text(path), "standard input" if path == STANDARD_INPUT else path)
    for field, value in map(parse_setting, settings):
        data[field] = value
        lines.pop(field, None)
    return validated(data, "standard input" if path == STANDARD_INPUT else path, lines)


def _parse(text: str, file: str) -> tuple[dict[str, Any], dict[str, int]]:
    data, lines = _parse_json(text, file) if text.lstrip().startswith("{") else _parse_yaml(text, file)
    if data is None:
        raise BadInput(Problem("the file holds no answers", file=file, help="write one `field: value` a line"))
    if not isinstance(data, dict):
        raise BadInput(
            Problem("this is not a mapping of fields to values", file=file, help="write one `field: value` a line")
        )
    return data, lines


def _parse_yaml(text: str, file: str) -> tuple[Any, dict[str, int]]:
    data = strict_yaml.load(text, file)
    return (dict(data), dict(data.lines)) if isinstance(data, strict_yaml.Mapping) else (data, {})


def _parse_json(text: str, file: str) -> tuple[Any, dict[str, int]]:
    lines: dict[str, int] = {}
    for match in re.finditer(r'"((?:[^"\\]|\\.){1,100})"\s*:', text):
        lines.setdefault(match[1], text.count("\n", 0, match.start()) + 1)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        for name in names:
            if names.count(name) > 1:
                problem = f"{quoted(name)} stands twice"
                raise BadInput(Problem(problem, file, lines.get(name), help="keep one of them"))
        return dict(pairs)

    if strict_yaml.deepest_bracket(text) > 30:
        raise BadInput(Problem("brackets are nested deeper than 30 levels", file=file))
    try:
        data = json.loads(
            text,
            object_pairs_hook=once,
            parse_float=lambda digits: strict_yaml.scalar(digits, file, 0),
            parse_int=lambda digits: strict_yaml.scalar(digits, file, 0),
            parse_constant=str,
        )
    except json.JSONDecodeError as error:
        raise BadInput(Problem(f"this is not valid JSON: {error.msg.lower()}", file, error.lineno)) from None
    return data, lines


def parse_setting(setting: str) -> tuple[str, Any]:
    """One ``field=value`` as a person types it. An empty value takes the answer back. Raises BadInput."""
    field, equals, text = setting.partition("=")
    field, text = field.strip(), text.strip()
    where = f"--set {setting[:60]}"
    if not equals:
        raise BadInput(Problem(f"{quoted(setting)} is not field=value", file="--set", help="write --set field=value"))
    if field not in FIELDS:
        help = did_you_mean(field, FIELDS) or "`advisor schema scenario` lists the fields"
        raise BadInput(Problem(f"{quoted(field)} is not a scenario field", file=where, help=help))
    return field, typed_answer(field, text, where)


def typed_answer(field: str, text: str, where: str) -> Any:
    """An answer as a person types it, for the field it belongs to. Raises BadInput."""
    spec = FIELDS[field]
    if text == "":
        return None
    try:
        if spec.quantity:
            return spec.quantity.check(typed(text, spec.quantity.money))
        if spec.boolean:
            words = {"true": True, "yes": True, "y": True, "false": False, "no": False, "n": False}
            return _word(spec, words.get(text.lower(), text))
        return _word(spec, text)
    except NotANumber as error:
        raise BadInput(Problem(str(error), file=where, field=field, help=error.help)) from None
