"""The catalogue as text and as JSON: what is offered, at what price, with which traits, from which source."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
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
from advisor.catalogue.traits import (
    KNOWN,
    OWNED,
    PROVIDER_TRAITS,
    holds_one_of,
    region_code,
    self_host_conditions,
    stated_traits,
)
from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.common.terminal import entry
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
    """What to show: of one route, for one checkpoint, of one provider or cloud; all where it is None.

    Of these, each entry by itself: ``region`` is a code, which entries that are known to be elsewhere do not fit, and
    those that do not say where they are do; ``unit`` is that of the price; ``text`` is part of the text shown, in any
    case.
    """

    route: Route | None = None
    model: str | None = None
    provider: str | None = None
    region: str | None = None
    unit: Unit | None = None
    text: str | None = None


def selected(catalogue: Catalogue, selection: Selection) -> dict[str, tuple[EntryForm, ...]]:
    """The entries of each list that fit. Raises BadInput for an unknown checkpoint, provider or region."""
    model, seller = catalogue.model(selection.model) if selection.model else None, selection.provider
    if seller:
        known = {*(provider.id for provider in catalogue.providers), *(gpu.cloud for gpu in catalogue.gpus)}
        what = f"{quoted(seller)} is neither a provider nor a cloud of the catalogue"
        _check_known(seller, seller in known, known, Problem(what, "--provider"))
    region = region_code(selection.region)
    if selection.region:
        what = f"{quoted(selection.region)} is no known region"
        _check_known(selection.region, region is not None, KNOWN, Problem(what, field="region"))
    rows = [row for row in catalogue.throughput if model is None or row.model == model.id]
    measured = {row.gpu for row in rows}
    hosted = [one for one in catalogue.hosted if model is None or one.model == model.id]
    lists: dict[str, Sequence[EntryForm]] = {
        "hosted": [one for one in hosted if seller in (None, one.provider)],
        # With a checkpoint, the GPUs on which its throughput is known, and own hardware.
        "gpus": [
            gpu
            for gpu in catalogue.gpus
            if seller in (None, gpu.cloud) and (model is None or gpu.gpu in measured or gpu.pricing == OWNED)
        ],
        "closed": [one for one in catalogue.closed if model is None and seller in (None, one.provider)],
        "throughput": rows,
    }
    names = _OF_ROUTE[selection.route] if selection.route else tuple(LISTS)
    lists = {name: entries if name in names else [] for name, entries in lists.items()}
    if seller:
        gpus = {getattr(gpu, "gpu", None) for gpu in lists["gpus"]}
        lists["throughput"] = [row for row in lists["throughput"] if getattr(row, "gpu", None) in gpus]
    used = {getattr(one, "model", None) for one in (*lists["hosted"], *lists["throughput"])}
    sellers = {getattr(one, "provider", None) for one in (*lists["hosted"], *lists["closed"])}
    lists["models"] = [one for one in catalogue.models if one == model or (model is None and one.id in used)]
    lists["providers"] = [one for one in catalogue.providers if one.id in sellers]
    text = (selection.text or "").casefold()
    return {
        name: tuple(one for one in lists[name] if _fits(catalogue, one, region, selection.unit, text))
        for name in TITLES
    }


def _check_known(word: str, is_known: bool, known: Iterable[str], problem: Problem) -> None:
    if not is_known:
        help = did_you_mean(word, sorted(known)) or "one of " + ", ".join(sorted(known))
        raise BadInput(problem._replace(help=help))


def _fits(catalogue: Catalogue, one: EntryForm, region: str | None, wanted: Unit | None, text: str) -> bool:
    regions = _regions(catalogue, one)
    modality = getattr(one, "modality", None)
    unit = getattr(one, "unit", None if modality is None else "image" if modality == "image" else "video_second")
    return (
        not (region and isinstance(regions, tuple) and holds_one_of(region, regions) == "no")
        and (wanted is None or unit in (None, wanted))
        and (not text or text in _all_text(catalogue, one).casefold())
    )


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
        overlays = [catalogue.origins.get((name, one.id)) for one in entries]
        found[name] = [
            {**one.model_dump(mode="json", exclude_none=True), **({"overlay": overlay} if overlay else {})}
            for one, overlay in zip(entries, overlays, strict=True)
        ]
    return found


# ------------------------------------------------------------------ text


def as_text(catalogue: Catalogue, lists: dict[str, tuple[EntryForm, ...]], width: int) -> list[str]:
    """The entries in lines of at most ``width`` characters if their words allow."""
    lines: list[str] = []
    for name, entries in lists.items():
        lines += ["", *textwrap.wrap(f"{TITLES[name]} ({len(entries)})", width)] if entries else []
        for one in entries:
            overlay = catalogue.origins.get((name, one.id))
            lines += ["", one.id + (f" (from {overlay})" if overlay else "")]
            for label, text in described(catalogue, one):
                lines += entry(label, text, _INDENT, width)
    return lines


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
