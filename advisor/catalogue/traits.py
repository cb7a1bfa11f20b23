"""What competes for a decision: the catalogue's offers with the rulebook's traits, their amounts and their sources."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Final, Literal, TypedDict

from advisor.catalogue.entries import (
    ApiOfferForm,
    ClosedForm,
    EntryForm,
    GpuForm,
    HostedForm,
    ModelForm,
    ProviderForm,
    ThroughputForm,
)
from advisor.catalogue.loader import JOINED, Catalogue
from advisor.domain.quantity import plain
from advisor.domain.scenario import Route

YES, NO, UNKNOWN = "yes", "no", "unknown"
COMPETING: Final = ("high", "medium")
"""The confidences with which a figure may decide, the surest first."""
OWNED: Final = "owned"
_OF_PRICING = {
    "spot": ("it does no harm if the GPU is taken back at short notice",),
    "community": ("prompts and outputs may be on machines of private owners",),
}
_MODALITY = {"image": "image", "video_second": "video"}
PROVIDER_TRAITS = (
    *("regions", "control", "shared_queue", "output_indemnity", "training_on_outputs", "commercial_use"),
    "retention",
)
"""What an offer may state in place of its provider."""
_STEP = Decimal("0.001")


@dataclass(frozen=True)
class Provenance:
    """Where one amount is from: the catalogue's entry, its source, day and confidence."""

    entry: str
    source: str
    as_of: datetime.date
    confidence: str


@dataclass(frozen=True)
class CatalogueOffer:
    """A concrete offer of a route.

    ``traits`` are words by the rulebook's trait names; ``amounts`` hold those scenario fields that are known, in
    dollars, or units per GPU-hour, and ``origins`` the provenance of each. ``source``, ``as_of`` and ``confidence`` are
    those of the least sure part, and the oldest day. ``conditions`` are clauses to verify, besides those of the
    rulebook's gates.
    """

    id: str
    route: Route
    model: str | None
    label: str
    provider_or_gpu: str
    traits: Mapping[str, str]
    amounts: Mapping[str, Decimal]
    source: str
    as_of: datetime.date
    confidence: str
    conditions: tuple[str, ...]
    origins: Mapping[str, Provenance]


def competing_offers(
    catalogue: Catalogue, model: str | None, unit: str, region: str | None, on: datetime.date
) -> list[CatalogueOffer]:
    """The offers that may decide on a day, for one checkpoint or for all, in the order of the catalogue.

    Left out are offers that are retired or not valid on the day, and those with a figure of low confidence. Closed
    offers compete whatever the checkpoint. ``unit`` is a value of the scenario field. Raises BadInput for an unknown
    checkpoint.
    """
    wanted = [catalogue.model(model)] if model is not None else list(catalogue.models)
    models = [entry for entry in wanted if _competes(entry, on) and entry.modality == _MODALITY[unit]]
    providers = {provider.id: provider for provider in catalogue.providers if _competes(provider, on)}

    def sells(offer: ApiOfferForm) -> bool:
        return offer.unit == unit and offer.provider in providers and _competes(offer, on)

    hosted = [offer for offer in catalogue.hosted if sells(offer)]
    return [
        *(
            _hosted_offer(model, offer, providers[offer.provider], region)
            for model in models
            for offer in hosted
            if offer.model == model.id
        ),
        *(_closed_offer(offer, providers[offer.provider], region) for offer in catalogue.closed if sells(offer)),
        *_self_hosted(catalogue, models, unit, region, on),
    ]


def _competes(entry: EntryForm, on: datetime.date) -> bool:
    return entry.confidence in COMPETING and entry.holds_on(on)


# ------------------------------------------------------------------ licences


def traits_of(model: ModelForm, region: str | None) -> dict[str, str]:
    """The traits that a checkpoint's licence decides, whoever runs it. A use that has to be paid for is unknown."""
    licence = model.licence
    commercial = UNKNOWN if licence.commercial_use == "paid" else licence.commercial_use
    return {
        "commercial_use": commercial,
        "training_on_outputs": licence.training_on_outputs,
        "revenue_cap_usd": _decimal_text(licence.revenue_cap_usd),
        "licensed_in_region": _licensed(licence.excluded_regions, region),
    }


def self_host_conditions(model: ModelForm) -> tuple[str, ...]:
    """What has to be verified before a checkpoint is run on own GPUs: a paid licence, and the licence's other terms."""
    licence = model.licence
    paid = licence.paid_licence or f"a paid licence besides {licence.name}"
    needed = (f"commercial use is covered by {paid}",) if licence.commercial_use == "paid" else ()
    return needed + licence.terms + licence.self_host_terms


def _licensed(excluded: tuple[str, ...] | Literal["unknown"], region: str | None) -> str:
    if excluded == UNKNOWN:
        return UNKNOWN
    return {YES: NO, NO: YES, UNKNOWN: UNKNOWN}[lies_in(region, excluded)]


def _decimal_text(value: Decimal | str) -> str:
    return plain(value) if isinstance(value, Decimal) else value


# ------------------------------------------------------------------ hosted


def _hosted_offer(model: ModelForm, offer: HostedForm, provider: ProviderForm, region: str | None) -> CatalogueOffer:
    licence = traits_of(model, region)
    stated = stated_traits(offer, provider)
    commercial, conditions = _hosted_commercial_use(model, offer, provider, licence["commercial_use"])
    cap = _decimal_text(offer.revenue_cap_usd if offer.revenue_cap_usd is not None else model.licence.revenue_cap_usd)
    if offer.revenue_cap_usd is None and cap not in ("none", UNKNOWN):
        conditions += (f"{provider.label} may serve {model.label} to customers above the licence's limit of revenue",)
        cap = UNKNOWN
    return CatalogueOffer(
        id=offer.id,
        route=Route.OPEN_WEIGHT_API,
        model=model.id,
        label=f"{model.label} at {provider.label}",
        provider_or_gpu=provider.label,
        traits={
            "leaves_premises": YES,
            "offered_in_region": _pinned(stated["regions"], region),
            "commercial_use": commercial,
            "training_on_outputs": _weakest(licence["training_on_outputs"], str(stated["training_on_outputs"])),
            "output_indemnity": str(stated["output_indemnity"]),
            "revenue_cap_usd": cap,
            "licensed_in_region": licence["licensed_in_region"],
            "model_access": "open",
            "control_depth": str(stated["control"]),
            "shared_queue": str(stated["shared_queue"]),
            "switching_cost": "low",
        },
        **_figures({"open_price": (offer.usd, offer)}),
        conditions=conditions + model.licence.terms,
    )


def _hosted_commercial_use(
    model: ModelForm, offer: HostedForm, provider: ProviderForm, licensed: str
) -> tuple[str, tuple[str, ...]]:
    """The word for a hosted offer, and what has to be verified: a paid licence may be the provider's."""
    stated = offer.commercial_use or provider.commercial_use
    if model.licence.commercial_use != "paid" or stated == NO:
        return _weakest(licensed, stated), ()
    if offer.commercial_use is not None:
        return offer.commercial_use, ()
    return UNKNOWN, (f"{provider.label} has the agreement that commercial use of {model.label} needs",)


def stated_traits(offer: ApiOfferForm, provider: ProviderForm) -> dict[str, str | tuple[str, ...]]:
    """The traits of an offer; those it does not state are its provider's, but a closed model only takes prompts."""
    own = {name: getattr(offer, name) for name in PROVIDER_TRAITS}
    if isinstance(offer, ClosedForm) and offer.control is None:
        own["control"] = "prompt_only"
    return {name: getattr(provider, name) if value is None else value for name, value in own.items()}


def _pinned(regions: str | tuple[str, ...], region: str | None) -> str:
    """Whether calls can be kept in the region: of a region that is not listed nothing is known."""
    return YES if not isinstance(regions, str) and holds_one_of(region, regions) == YES else UNKNOWN


def _weakest(*words: str) -> str:
    return next(word for word in (NO, UNKNOWN, YES) if word in words)


# ------------------------------------------------------------------ closed


def _closed_offer(offer: ClosedForm, provider: ProviderForm, region: str | None) -> CatalogueOffer:
    stated = stated_traits(offer, provider)
    return CatalogueOffer(
        id=offer.id,
        route=Route.CLOSED_API,
        model=None,
        label=f"{offer.label} at {provider.label}",
        provider_or_gpu=provider.label,
        traits={
            "leaves_premises": YES,
            "offered_in_region": _pinned(stated["regions"], region),
            "commercial_use": str(stated["commercial_use"]),
            "training_on_outputs": str(stated["training_on_outputs"]),
            "output_indemnity": str(stated["output_indemnity"]),
            "revenue_cap_usd": _decimal_text(offer.revenue_cap_usd),
            "licensed_in_region": YES,
            "model_access": "proprietary",
            "control_depth": str(stated["control"]),
            "shared_queue": str(stated["shared_queue"]),
            "switching_cost": "high",
        },
        **_figures({"closed_price": (offer.usd, offer)}),
        conditions=(),
    )


# ------------------------------------------------------------------ self-hosted


def _self_hosted(
    catalogue: Catalogue, models: list[ModelForm], unit: str, region: str | None, on: datetime.date
) -> Iterator[CatalogueOffer]:
    gpus = [gpu for gpu in catalogue.gpus if _competes(gpu, on)]
    measured = [row for row in catalogue.throughput if row.unit == unit and _competes(row, on)]
    for model in models:
        rows = [row for row in measured if row.model == model.id]
        for gpu in gpus:
            row = _closest(model, [row for row in rows if row.gpu == gpu.gpu])
            if row or gpu.pricing == OWNED:
                yield _self_hosted_offer(model, gpu, row, region)


def _closest(model: ModelForm, rows: list[ThroughputForm]) -> ThroughputForm | None:
    """The row measured at most like the checkpoint's steps and size, then the surest, then the fastest."""

    def order(row: ThroughputForm) -> tuple[int, int, Decimal]:
        rate = row.images_per_gpu_hour
        others = (row.steps != model.steps) + (row.size != model.size)
        return others, COMPETING.index(row.confidence), -rate if isinstance(rate, Decimal) else Decimal(0)

    return min(rows, key=order, default=None)


def _self_hosted_offer(
    model: ModelForm, gpu: GpuForm, row: ThroughputForm | None, region: str | None
) -> CatalogueOffer:
    licence = traits_of(model, region)
    conditions = [*self_host_conditions(model), *_OF_PRICING.get(gpu.pricing, ())]
    amounts: dict[str, tuple[Decimal | str, EntryForm]] = {"gpu_hour_price": (gpu.usd_per_gpu_hour, gpu)}
    if row:
        rate, derived = throughput_of(model, row)
        amounts["images_per_gpu_hour"] = (rate, row)
        conditions += [derived] if derived else []
    return CatalogueOffer(
        id=f"{model.id}{JOINED}{gpu.id}",
        route=Route.SELF_HOST,
        model=model.id,
        label=f"{model.label} on {gpu.label}",
        provider_or_gpu=gpu.label,
        traits={
            "leaves_premises": gpu.leaves_premises,
            "offered_in_region": _located(gpu, region),
            **licence,
            "output_indemnity": NO,
            "model_access": "open",
            "control_depth": "latents",
            "shared_queue": NO,
            "switching_cost": "none",
        },
        **_figures(amounts),
        conditions=tuple(conditions),
    )


def _located(gpu: GpuForm, region: str | None) -> str:
    """Whether the GPU is in the region: own hardware is where the data is, and a price is that of its regions."""
    if gpu.pricing == OWNED:
        return YES
    return UNKNOWN if isinstance(gpu.regions, str) else holds_one_of(region, gpu.regions)


def throughput_of(model: ModelForm, row: ThroughputForm) -> tuple[Decimal | str, str | None]:
    """The throughput at the checkpoint's steps and size, and a condition if it is derived, in proportion to both."""
    rate = row.images_per_gpu_hour
    if not isinstance(rate, Decimal) or (row.steps, row.size) == (model.steps, model.size):
        return rate, None
    ours, theirs = _pixels(model.size), _pixels(row.size)
    scaled = rate * row.steps * theirs / (model.steps * ours)
    measured, wanted = f"{row.steps} steps of {row.size}", f"{model.steps} steps of {model.size}"
    condition = f"the throughput at {wanted} is the one measured at {measured}, in proportion"
    return Decimal(plain(max(scaled.quantize(_STEP, ROUND_DOWN), _STEP))), condition


def _pixels(size: str) -> int:
    """The pixels of a size; 1 for ``any``, which is never scaled."""
    width, _, height = size.partition("x")
    return int(width) * int(height) if height else 1


# ------------------------------------------------------------------ amounts


class _Figures(TypedDict):
    amounts: dict[str, Decimal]
    origins: dict[str, Provenance]
    source: str
    as_of: datetime.date
    confidence: str


def _figures(amounts: Mapping[str, tuple[Decimal | str, EntryForm]]) -> _Figures:
    """The known amounts with their provenance, and the least sure of the entries that they are from."""
    entries = [entry for _, entry in amounts.values()]
    return {
        "amounts": {name: value for name, (value, _) in amounts.items() if isinstance(value, Decimal)},
        "origins": {
            name: Provenance(entry.id, entry.source, entry.as_of, entry.confidence)
            for name, (value, entry) in amounts.items()
            if isinstance(value, Decimal)
        },
        "source": "; ".join(dict.fromkeys(entry.source for entry in entries)),
        "as_of": min(entry.as_of for entry in entries),
        "confidence": max((entry.confidence for entry in entries), key=COMPETING.index),
    }


_EU = "at be bg cy cz de dk ee es fi fr gr hr hu ie it lt lu lv mt nl pl pt ro se si sk"
_APAC = "au hk id in jp kr my nz ph sg th tw vn"
_OTHERS = "ae br ca ch cl gb il is mx no qa sa tr us za"
_WITHIN = {**dict.fromkeys(_EU.split(), "eu"), **dict.fromkeys(_APAC.split(), "apac")}
"""Each country of a wider region."""
KNOWN = frozenset((*_WITHIN, *_OTHERS.split(), "eu", "apac"))
_ALIASES = {"uk": "gb", "usa": "us", "el": "gr"}


def region_code(region: str | None) -> str | None:
    """The code that a text names; None for none, and for a text that is no known code.

    >>> region_code("EU"), region_code("uk"), region_code("Mars"), region_code(None)
    ('eu', 'gb', None, None)
    """
    text = (region or "").strip().lower()
    code = _ALIASES.get(text, text)
    return code if code in KNOWN else None


def lies_in(region: str | None, areas: Iterable[str]) -> str:
    """Whether a region is part of one of the areas: yes, no, or unknown where they overlap or it is not known.

    >>> [lies_in(region, ["eu", "kr"]) for region in ("eu", "de", "us", "apac", None)]
    ['yes', 'yes', 'no', 'unknown', 'unknown']
    """
    return _compared(region, areas, lambda code, area: _WITHIN.get(code) == area)


def holds_one_of(region: str | None, areas: Iterable[str]) -> str:
    """Whether one of the areas is part of the region, so that what is kept in it is kept in the region.

    >>> [holds_one_of(region, ["eu", "kr"]) for region in ("eu", "de", "us", "apac", None)]
    ['yes', 'unknown', 'no', 'yes', 'unknown']
    """
    return _compared(region, areas, lambda code, area: _WITHIN.get(area) == code)


def _compared(region: str | None, areas: Iterable[str], fits: Callable[[str, str], bool]) -> str:
    """Yes for the same area and one that fits, unknown where they only overlap or one is not known."""
    code, codes = region_code(region), {_ALIASES.get(area, area) for area in areas}
    if code is None:
        return UNKNOWN if codes else NO
    if any(code == area or fits(code, area) for area in codes):
        return YES
    return UNKNOWN if any(fits(area, code) for area in codes) or not codes <= KNOWN else NO
