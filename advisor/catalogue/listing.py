"""The catalogue as text and as JSON: what is offered, at what price, with which traits, from which source."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from advisor.catalogue.entries import (
    LISTS,
    ApiOfferForm,
    EntryForm,
    GpuForm,
    HostedForm,
    ModelForm,
    ProviderForm,
    ThroughputForm,
)
from advisor.catalogue.loader import Catalogue
from advisor.catalogue.regions import KNOWN, holds_one_of, region_code
from advisor.catalogue.traits import OWNED, PROVIDER_TRAITS, self_host_conditions, stated_traits
from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.common.text_table import entry
from advisor.domain.quantity import grouped, price
from advisor.domain.scenario import Route, Unit

_INDENT = 14
TITLES = {
    "hosted": "Open checkpoints at inference providers",
    "closed": "Closed models",
    "gpus": "GPUs by the hour",
    "throughput": "Throughput of one GPU",
    "models": "Open checkpoints",
    "providers": "Providers",
}
"""The lists that are shown, in this order."""
_OF_ROUTE = {
    Route.SELF_HOST: ("models", "gpus", "throughput"),
    Route.OPEN_WEIGHT_API: ("models", "providers", "hosted"),
    Route.CLOSED_API: ("providers", "closed"),
}
_UNITS = {"image": "an image", "video_second": "a second of video"}


@dataclass(frozen=True)
class Selection:
    """What to show: of one route, for one checkpoint, of one provider or cloud; all where it is None."""

    route: Route | None = None
    model: str | None = None
    provider: str | None = None


def selected(catalogue: Catalogue, selection: Selection) -> dict[str, tuple[EntryForm, ...]]:
    """The entries of each list that fit. Raises BadInput for an unknown checkpoint or provider."""
    model = catalogue.model(selection.model) if selection.model else None
    if selection.provider:
        _check_provider(catalogue, selection.provider)
    names = _OF_ROUTE[selection.route] if selection.route else tuple(LISTS)
    lists: dict[str, Sequence[EntryForm]] = {
        "hosted": _hosted(catalogue, model, selection.provider),
        "closed": [] if model else [one for one in catalogue.closed if selection.provider in (None, one.provider)],
        "gpus": _gpus(catalogue, model, selection.provider),
        "throughput": [row for row in catalogue.throughput if model is None or row.model == model.id],
    }
    lists = {name: entries if name in names else [] for name, entries in lists.items()}
    if selection.provider:
        gpus = {getattr(gpu, "gpu", None) for gpu in lists["gpus"]}
        lists["throughput"] = [row for row in catalogue.throughput if row in lists["throughput"] and row.gpu in gpus]
    used = {getattr(one, "model", None) for one in (*lists["hosted"], *lists["throughput"])}
    sellers = {getattr(one, "provider", None) for one in (*lists["hosted"], *lists["closed"])}
    lists["models"] = [one for one in catalogue.models if one == model or (model is None and one.id in used)]
    lists["providers"] = [one for one in catalogue.providers if one.id in sellers]
    return {name: tuple(lists[name]) for name in TITLES}


def _check_provider(catalogue: Catalogue, id: str) -> None:
    known = sorted({provider.id for provider in catalogue.providers} | {gpu.cloud for gpu in catalogue.gpus})
    if id not in known:
        help = did_you_mean(id, known) or "one of " + ", ".join(known)
        raise BadInput(
            Problem(f"{quoted(id)} is neither a provider nor a cloud of the catalogue", "--provider", help=help)
        )


def _hosted(catalogue: Catalogue, model: ModelForm | None, provider: str | None) -> list[HostedForm]:
    fits = [one for one in catalogue.hosted if model is None or one.model == model.id]
    return [one for one in fits if provider in (None, one.provider)]


def _gpus(catalogue: Catalogue, model: ModelForm | None, cloud: str | None) -> list[GpuForm]:
    """With a checkpoint, the GPUs on which its throughput is known, and own hardware."""
    measured = {row.gpu for row in catalogue.throughput if model and row.model == model.id}
    fits = [gpu for gpu in catalogue.gpus if model is None or gpu.gpu in measured or gpu.pricing == OWNED]
    return [gpu for gpu in fits if cloud in (None, gpu.cloud)]


@dataclass(frozen=True)
class Narrowing:
    """What the entries of a selection must fit besides, each by itself; all do where it is None.

    ``region`` is a code: entries that are known to be elsewhere do not fit, and those that do not say where they are
    do. ``unit`` is that of the price; ``text`` is part of the text shown for an entry, in any case.
    """

    region: str | None = None
    unit: Unit | None = None
    text: str | None = None


def narrowed(
    catalogue: Catalogue, lists: dict[str, tuple[EntryForm, ...]], narrowing: Narrowing
) -> dict[str, tuple[EntryForm, ...]]:
    """The entries of each list that fit. Raises BadInput for an unknown region."""
    region = region_code(narrowing.region)
    if narrowing.region and region is None:
        help = did_you_mean(narrowing.region, sorted(KNOWN)) or "one of " + ", ".join(sorted(KNOWN))
        raise BadInput(Problem(f"{quoted(narrowing.region)} is no known region", field="region", help=help))

    def fits(one: EntryForm) -> bool:
        regions = _regions(catalogue, one)
        modality = getattr(one, "modality", None)
        unit = getattr(one, "unit", None if modality is None else "image" if modality == "image" else "video_second")
        return (
            not (region and isinstance(regions, tuple) and holds_one_of(region, regions) == "no")
            and (narrowing.unit is None or unit in (None, narrowing.unit))
            and (not narrowing.text or narrowing.text.casefold() in _all_text(catalogue, one).casefold())
        )

    return {name: tuple(filter(fits, entries)) for name, entries in lists.items()}


def _regions(catalogue: Catalogue, one: EntryForm) -> Any:
    """The regions of an entry: codes, ``unknown``, or None where it has none."""
    regions = getattr(one, "regions", None)
    return catalogue.provider(one.provider).regions if regions is None and isinstance(one, ApiOfferForm) else regions


def _all_text(catalogue: Catalogue, one: EntryForm) -> str:
    return "\n".join([one.id, *(text for _, text in described(catalogue, one))])


# ------------------------------------------------------------------ JSON


def as_json(catalogue: Catalogue, lists: dict[str, tuple[EntryForm, ...]]) -> dict[str, Any]:
    """The entries with what they state, and the overlay of those that have one."""
    found: dict[str, Any] = {"digest": catalogue.digest}
    for name, entries in lists.items():
        found[name] = [_dumped(catalogue, name, one) for one in entries]
    return found


def _dumped(catalogue: Catalogue, name: str, one: EntryForm) -> dict[str, Any]:
    origin = catalogue.origins.get((name, one.id))
    return {**one.model_dump(mode="json", exclude_none=True), **({"overlay": origin} if origin else {})}


# ------------------------------------------------------------------ text


def as_text(catalogue: Catalogue, lists: dict[str, tuple[EntryForm, ...]], width: int) -> list[str]:
    """The entries in lines of at most ``width`` characters if their words allow."""
    lines: list[str] = []
    for name, entries in lists.items():
        lines += ["", *textwrap.wrap(f"{TITLES[name]} ({len(entries)})", width)] if entries else []
        for one in entries:
            lines += ["", *_block(catalogue, name, one, width)]
    return lines


def _block(catalogue: Catalogue, name: str, one: EntryForm, width: int) -> Iterator[str]:
    overlay = catalogue.origins.get((name, one.id))
    yield one.id + (f" (from {overlay})" if overlay else "")
    for label, text in described(catalogue, one):
        yield from entry(label, text, _INDENT, width)


def described(catalogue: Catalogue, one: EntryForm) -> list[tuple[str, str]]:
    """Everything that an entry states, each with its label; an empty label goes on with the one before."""
    return [*_parts(catalogue, one), *_common(one)]


def _parts(catalogue: Catalogue, one: EntryForm) -> Iterator[tuple[str, str]]:
    """What an entry is, and its price."""
    if isinstance(one, ModelForm):
        yield from _of_model(one)
    elif isinstance(one, ProviderForm):
        yield "is", one.label
        yield "traits", _traits({name: getattr(one, name) for name in PROVIDER_TRAITS})
    elif isinstance(one, GpuForm):
        yield "is", one.label
        yield "price", f"{_price(one.usd_per_gpu_hour, 'an hour')}, {one.pricing.replace('_', ' ')}"
        yield "traits", _traits({"regions": one.regions, "leaves_premises": one.leaves_premises})
    elif isinstance(one, ThroughputForm):
        yield "is", f"{one.model} on {one.gpu}, {one.precision}, {one.runtime}"
        unit = "images" if one.unit == "image" else "seconds of video"
        yield "makes", f"{_number(one.images_per_gpu_hour)} {unit} an hour at {one.steps} steps of {one.size}"
    else:
        yield from _of_api_offer(catalogue, one)


def _of_model(model: ModelForm) -> Iterator[tuple[str, str]]:
    licence = model.licence
    few = f", few-step of {model.few_step_of}" if model.few_step_of else ", few-step" if model.few_step else ""
    yield "is", f"{model.label}: {model.modality}, {model.steps} steps of {model.size}{few}"
    yield "licence", f"{licence.name}{f' ({licence.key})' if licence.key else ''}"
    stated = {name: getattr(licence, name) for name in ("commercial_use", "revenue_cap_usd", "training_on_outputs")}
    yield "terms", _traits({**stated, "excluded_regions": licence.excluded_regions})
    for term, clause in licence.clauses.items():
        yield "", f"{term}: {clause}"
    for condition in self_host_conditions(model):
        yield "to verify", condition


def _of_api_offer(catalogue: Catalogue, offer: Any) -> Iterator[tuple[str, str]]:
    provider = catalogue.provider(offer.provider)
    what = catalogue.model(offer.model).label if isinstance(offer, HostedForm) else f"{offer.label} ({offer.name})"
    yield "is", f"{what} at {provider.label}"
    steps = f", {offer.steps} steps" if getattr(offer, "steps", None) else ""
    size = "whatever the size" if offer.size == "any" else offer.size
    yield "price", f"{_price(offer.usd, _UNITS[offer.unit])}, {size}{steps}"
    cap = {} if offer.revenue_cap_usd is None else {"revenue_cap_usd": offer.revenue_cap_usd}
    yield "traits", _traits({**stated_traits(offer, provider), **cap})


def _common(one: EntryForm) -> Iterator[tuple[str, str]]:
    window = [
        f"{words} {day}"
        for words, day in (("valid from", one.valid_from), ("valid to", one.valid_to), ("retires", one.retires))
        if day
    ]
    yield "as of", ", ".join([f"{one.as_of}, confidence {one.confidence}", *window])
    if one.note:
        yield "note", one.note
    yield "source", one.source
    for other in one.conflicts:
        yield "disagrees", f"{other.value} of {other.as_of}{f' ({other.note})' if other.note else ''}: {other.source}"


def _traits(stated: dict[str, Any]) -> str:
    return "; ".join(f"{name} {_word(value)}" for name, value in stated.items())


def _word(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return grouped(value) if isinstance(value, Decimal) else str(value)


def _price(value: Decimal | str, unit: str) -> str:
    return f"{price(value)} {unit}" if isinstance(value, Decimal) else value


def _number(value: Decimal | str) -> str:
    return grouped(value) if isinstance(value, Decimal) else f"an {value} number of"
