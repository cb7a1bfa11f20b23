"""Which offer of the catalogue an entry of a price list is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from advisor.catalogue.entries import ClosedForm, EntryForm, GpuForm, HostedForm, ModelForm
from advisor.catalogue.importers.account import Listing, Reason, Unit
from advisor.catalogue.importers.image_tokens import DATA
from advisor.catalogue.loader import Catalogue
from advisor.common import yaml_loader

ANY_SIZE = "any"
STANDARD = "standard"
"""The quality of offers that have only one."""
SQUARE = "1024x1024"
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_KINDS_OF_CALL = ("text-to-image", "text-to-video")


class Match(NamedTuple):
    """An offer of the catalogue; or, without one, the checkpoint or the GPU that a new offer would be of."""

    list: str
    provider: str
    offer: HostedForm | ClosedForm | GpuForm | None = None
    model: ModelForm | None = None
    gpu: str | None = None


class Matcher:
    """Finds offers by the names that price lists use."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._providers = {provider.id for provider in catalogue.providers}
        self._models = {_plain(name): model for model in catalogue.models for name in (model.id, *model.names)}
        self._closed: dict[tuple[str, str], list[ClosedForm]] = {}
        for offer in catalogue.closed:
            self._closed.setdefault((offer.provider, _plain(offer.name)), []).append(offer)
        self._closed_names = {name for _, name in self._closed}

    def match(self, listing: Listing) -> Match | Reason:
        """The offer, or why there is none."""
        if listing.unit is Unit.GPU_HOUR:
            return self._gpu(listing)
        provider = _provider(listing.provider)
        names = list(_names(listing.model))
        for name in names:
            if offers := self._closed.get((provider, name)):
                offer = _variant(offers, listing)
                return Match("closed", provider, offer) if offer else Reason.OTHER_VARIANT
        model = next((self._models[name] for name in names if name in self._models), None)
        if model is None:
            return Reason.OTHER_PROVIDER if self._closed_names.intersection(names) else Reason.UNKNOWN_MODEL
        if provider not in self._providers:
            return Reason.OTHER_PROVIDER
        return self._hosted(listing, model, provider)

    def _hosted(self, listing: Listing, model: ModelForm, provider: str) -> Match | Reason:
        if (model.modality == "video") is not (listing.unit is Unit.VIDEO_SECOND) or listing.quality:
            return Reason.OTHER_VARIANT
        offers = [one for one in self._catalogue.hosted if (one.model, one.provider) == (model.id, provider)]
        if offers:
            offer = _variant(offers, listing)
            return Match("hosted", provider, offer, model) if offer else Reason.OTHER_VARIANT
        new = listing.unit is not Unit.VIDEO_SECOND and listing.size in (None, SQUARE)
        return Match("hosted", provider, None, model) if new else Reason.OTHER_VARIANT

    def _gpu(self, listing: Listing) -> Match | Reason:
        cloud, gpu = _provider(listing.provider), _plain(listing.model)
        offers = self._catalogue.gpus
        known = [*(one.gpu for one in offers), *(one.gpu for one in self._catalogue.throughput)]
        if gpu not in map(_plain, known):
            return Reason.UNKNOWN_MODEL
        if all(one.cloud != cloud for one in offers):
            return Reason.OTHER_PROVIDER
        regions = (listing.region,) if listing.region else "unknown"
        same = (one for one in offers if (one.cloud, _plain(one.gpu), one.pricing) == (cloud, gpu, listing.pricing))
        return Match("gpus", cloud, next((one for one in same if one.regions == regions), None), gpu=gpu)


def _variant(offers: Sequence[HostedForm | ClosedForm], listing: Listing) -> HostedForm | ClosedForm | None:
    """The offer of the size and quality of a listing; what a listing does not state may be anything that is unique.

    Of several, the one whose source names the listing, else the one with the plain id of a checkpoint at a provider.
    """
    unit = "image" if listing.unit is Unit.STEP else listing.unit
    alike = [one for one in offers if one.unit == unit]
    qualities = {getattr(one, "quality", STANDARD) for one in alike}
    if listing.quality or len(qualities) > 1:
        quality = listing.quality or STANDARD
        alike = [one for one in alike if getattr(one, "quality", STANDARD) == quality]
    exact = [one for one in alike if one.size == listing.size]
    fitting = exact or [one for one in alike if listing.size is None or one.size == ANY_SIZE]
    if len(fitting) > 1:
        named = [one for one in fitting if listing.key in map(str.strip, one.source.split(","))]
        fitting = named or [one for one in fitting if isinstance(one, HostedForm) and one.id == new_id(one)]
    return fitting[0] if len(fitting) == 1 else None


def new_id(offer: HostedForm) -> str:
    """The id that an import gives to the offer of a checkpoint."""
    return f"{offer.model}-at-{offer.provider}"


def specificity(listing: Listing, offer: EntryForm) -> int:
    """How closely a listing states an offer: its very size, and a quality."""
    return (listing.size == getattr(offer, "size", None)) + (listing.quality is not None)


def _names(model: str) -> Iterator[str]:
    """A name, whole and then without its first parts, each without the kind of call at its end."""
    parts = model.split("/")
    if len(parts) > 1 and parts[-1] in _KINDS_OF_CALL:
        parts.pop()
    for start in range(len(parts)):
        yield _plain("-".join(parts[start:]))


def _plain(name: str) -> str:
    """A name with lower-case letters, and one hyphen for whatever is not a letter or digit.

    >>> _plain("FLUX.1 [schnell]")
    'flux-1-schnell'
    """
    return _SEPARATORS.sub("-", name.lower()).strip("-")


def _provider(name: str) -> str:
    return _provider_ids().get(name, name)


@cache
def _provider_ids() -> dict[str, str]:
    file = DATA / "providers.yaml"
    providers = yaml_loader.load(file.read_text(encoding="utf-8"), str(file))["providers"]
    return {name: id for id, names in providers.items() for name in names}
