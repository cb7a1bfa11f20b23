"""What an import would change: each line of an account is matched with an offer of the catalogue, or stays refused."""

from __future__ import annotations

import datetime
import fnmatch
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, NamedTuple

from advisor.catalogue.entries import LISTS, UNKNOWN, ClosedForm, EntryForm, GpuForm, HostedForm, ModelForm
from advisor.catalogue.importers import PriceList
from advisor.catalogue.importers.account import (
    Account,
    Figure,
    Line,
    Listing,
    PricedUnit,
    Reason,
    Refusal,
    bundled_data,
    priced,
)
from advisor.catalogue.loader import OFFER_LISTS, Catalogue
from advisor.catalogue.overlays import ImportForm, Overlay, price_field
from advisor.common.diagnostics import printable
from advisor.domain.quantity import plain

_CERTAINTY = ("reject", "low", "medium", "high")
_LONGEST_ID = 80


class Kind(StrEnum):
    """What happens to an offer."""

    ADDED = "added"
    CHANGED = "changed"
    RETIRED = "retired"
    CONFIRMED = "confirmed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Change:
    """What a line does to one offer: the entry as it would be, and as it was (None if it is added)."""

    kind: Kind
    list: str
    entry: EntryForm
    was: EntryForm | None
    listing: Listing

    @property
    def percent(self) -> Fraction | None:
        """By how much the price rises, in percent; None if one of the two prices is unknown."""
        before, after = (getattr(one, price_field(one)) if one else UNKNOWN for one in (self.was, self.entry))
        if UNKNOWN in (before, after):
            return None
        return (Fraction(after) / Fraction(before) - 1) * 100


@dataclass(frozen=True)
class Plan:
    """Every line of an account once: as a change or as a refusal."""

    changes: tuple[Change, ...]
    refusals: tuple[Refusal, ...]
    others: int

    @property
    def to_write(self) -> Iterator[Change]:
        """The changes that an overlay would hold."""
        return (change for change in self.changes if change.kind is not Kind.UNCHANGED)


@dataclass(frozen=True)
class Origin:
    """Where figures come from: the name of the price list, and the day of its figures."""

    name: str
    on: datetime.date


def planned(account: Account, catalogue: Catalogue, origin: Origin, only: Sequence[str] = ()) -> Plan:
    """The changes of the catalogue (with the overlay that would be written), and why the other lines make none.

    ``only``: patterns such as ``fal*``, one of which the provider, model, region or offer of a line must fit.
    """
    matcher = Matcher(catalogue)
    changes: list[Change] = []
    refusals: list[Refusal] = []
    groups: dict[tuple[str, str], list[tuple[Line, Match]]] = {}
    for line in account.lines:
        match = matcher.match(line.listing)
        if only and not _selected(line.listing, match, only):
            refusals.append(Refusal(line.listing, Reason.NOT_SELECTED))
        elif isinstance(line, Refusal) and line.reason is not Reason.RETIRED:
            refusals.append(line)
        elif isinstance(match, Reason):
            refusals.append(line if isinstance(line, Refusal) else Refusal(line.listing, match, _price(line)))
        else:
            groups.setdefault((match.list, _id(match, line.listing)), []).append((line, match))
    ids = {entry.id for name in OFFER_LISTS for entry in catalogue.lists[name]}
    for (_, id), lines in groups.items():
        best, others = _best(lines)
        refusals += others
        if best is not None and best[1].offer is None and id in ids:
            refusals.append(Refusal(best[0].listing, Reason.OTHER_VARIANT, _price(best[0])))
        elif best is not None:
            change = _change(id, *best, origin)
            if isinstance(change, Change):
                changes.append(change)
            else:
                refusals.append(change)
    return Plan(tuple(changes), tuple(refusals), account.others)


def _selected(listing: Listing, match: Match | Reason, only: Sequence[str]) -> bool:
    names = [listing.provider, listing.model, listing.region or "", listing.key]
    if isinstance(match, Match):
        names += [match.provider, _id(match, listing), match.gpu or "", match.model.id if match.model else ""]
    return any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for name in names for pattern in only)


def _best(lines: list[tuple[Line, Match]]) -> tuple[tuple[Line, Match] | None, list[Refusal]]:
    """The line that is used of those about one offer, the most specific; and the refusals of the others."""
    rank = {id(line): _specificity(line.listing, match.offer) for line, match in lines}
    lines = sorted(lines, key=lambda one: -rank[id(one[0])])
    figures = [(line, match) for line, match in lines if isinstance(line, Figure)]
    refused = [line for line, _ in lines if isinstance(line, Refusal)]
    if not figures:
        # Retired under all of its names: the first of these lines says so of the offer.
        return (lines[0], refused[1:]) if lines[0][1].offer else (None, refused)
    best = [(line, match) for line, match in figures if rank[id(line)] == rank[id(figures[0][0])]]
    prices = {line.usd for line, _ in best}
    why = Reason.AMBIGUOUS if len(prices) > 1 else Reason.DUPLICATE
    first = best[0] if len(prices) == 1 else None
    others = [line for line, _ in figures if first is None or line is not first[0]]
    return first, [*refused, *(Refusal(line.listing, why, _price(line)) for line in others)]


def _specificity(listing: Listing, offer: EntryForm | None) -> int:
    """How closely a listing states an offer: its very size, and a quality."""
    return 0 if offer is None else (listing.size == getattr(offer, "size", None)) + (listing.quality is not None)


def _change(id: str, line: Line, match: Match, origin: Origin) -> Change | Refusal:
    was = match.offer
    if isinstance(line, Refusal):
        assert was is not None
        return _retired(line, was, match, origin)
    found = _of_an_image(line, match)
    if isinstance(found, Refusal):
        return found
    stated = {
        "source": _source(found, origin),
        "as_of": origin.on,
        "confidence": found.confidence,
        **({"note": found.note} if found.note else {}),
        **({"retires": found.listing.retires} if found.listing.retires else {}),
    }
    price = Decimal(plain(found.usd))
    if was is None:
        return Change(Kind.ADDED, match.list, _new(id, found.listing, match, price, stated), None, line.listing)
    field = price_field(was)
    same = getattr(was, field) == price
    if was.as_of > origin.on:
        return Refusal(line.listing, Reason.OLDER, f"{_price(line)}, and ${getattr(was, field)} on {was.as_of}")
    if _CERTAINTY.index(found.confidence) < _CERTAINTY.index(was.confidence) and found.confidence == "low":
        return Refusal(line.listing, Reason.LESS_CERTAIN, f"{_price(line)}, and ${getattr(was, field)}")
    ends = found.listing.retires
    if not same or (ends is not None and ends != was.retires):
        kind, note = Kind.CHANGED, {"note": None}
    elif was.as_of == origin.on:
        return Change(Kind.UNCHANGED, match.list, was, was, line.listing)
    else:
        kind, note = Kind.CONFIRMED, {}
        stated["confidence"] = max(was.confidence, found.confidence, key=_CERTAINTY.index)
        stated["note"] = was.note or found.note or None
    entry = was.model_copy(update={**note, **stated, field: price})
    return Change(kind, match.list, entry, was, line.listing)


def _retired(line: Refusal, was: HostedForm | ClosedForm | GpuForm, match: Match, origin: Origin) -> Change | Refusal:
    ends = line.listing.retires
    if ends is None:
        return line
    if was.retires is not None and was.retires <= ends:
        return Change(Kind.UNCHANGED, match.list, was, was, line.listing)
    note = f"retires by {origin.name}, {printable(line.listing.key)}"
    return Change(Kind.RETIRED, match.list, was.model_copy(update={"retires": ends, "note": note}), was, line.listing)


def _of_an_image(figure: Figure, match: Match) -> Line:
    """A price per step is multiplied by the steps of the offer or of its checkpoint."""
    if figure.listing.unit is not PricedUnit.STEP:
        return figure
    steps = getattr(match.offer, "steps", None) or (match.model.steps if match.model else None)
    if steps is None:
        return Refusal(figure.listing, Reason.NO_PRICE, "the number of steps is not known")
    image = Listing(**{**vars(figure.listing), "unit": PricedUnit.IMAGE, "steps": steps})
    note = f"{figure.note}; {steps} steps an image"
    return priced(image, Fraction(figure.usd) * steps, figure.confidence, note)


def _new(id: str, listing: Listing, match: Match, price: Decimal, stated: dict[str, Any]) -> EntryForm:
    if match.list == "gpus":
        where = f", {listing.region}" if listing.region else ""
        return GpuForm.model_validate(
            {
                "id": id,
                "label": f"{match.gpu} at {match.provider}{where}",
                "cloud": match.provider,
                "gpu": match.gpu,
                "regions": [listing.region] if listing.region else UNKNOWN,
                "pricing": listing.pricing,
                "usd_per_gpu_hour": price,
                "leaves_premises": "yes",
                **stated,
            }
        )
    assert match.model is not None
    size = "size not stated, taken as 1024x1024" if listing.size is None else ""
    note = "; ".join(part for part in (stated.get("note", ""), size) if part)
    return HostedForm.model_validate(
        {
            "id": id,
            "model": match.model.id,
            "provider": match.provider,
            "usd": price,
            "unit": "image",
            "size": SQUARE,
            **({"steps": listing.steps} if listing.steps else {}),
            **stated,
            **({"note": note} if note else {}),
        }
    )


def _id(match: Match, listing: Listing) -> str:
    """The id of the matched offer, or of the new one."""
    if match.offer is not None:
        return match.offer.id
    if match.model is not None:
        return f"{match.model.id}-at-{match.provider}"[:_LONGEST_ID]
    spot = "-spot" if listing.pricing == "spot" else ""
    where = f"-{listing.region}" if listing.region else ""
    return f"{match.provider}-{match.gpu}{where}{spot}"[:_LONGEST_ID]


def _source(figure: Figure, origin: Origin) -> str:
    return f"{origin.name}, {printable(figure.listing.key)}, {printable(figure.listing.field)}"


def _price(line: Line) -> str:
    return f"${plain(line.usd)}" if isinstance(line, Figure) else ""


def counts(lines: Iterable[Refusal]) -> dict[Reason, int]:
    """How many lines are refused for each reason, most first."""
    found = Counter(line.reason for line in lines)
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


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
        if listing.unit is PricedUnit.GPU_HOUR:
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
        if (model.modality == "video") is not (listing.unit is PricedUnit.VIDEO_SECOND) or listing.quality:
            return Reason.OTHER_VARIANT
        offers = [one for one in self._catalogue.hosted if (one.model, one.provider) == (model.id, provider)]
        if offers:
            offer = _variant(offers, listing)
            return Match("hosted", provider, offer, model) if offer else Reason.OTHER_VARIANT
        new = listing.unit is not PricedUnit.VIDEO_SECOND and listing.size in (None, SQUARE)
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
    unit = "image" if listing.unit is PricedUnit.STEP else listing.unit
    alike = [one for one in offers if one.unit == unit]
    qualities = {getattr(one, "quality", STANDARD) for one in alike}
    if listing.quality or len(qualities) > 1:
        quality = listing.quality or STANDARD
        alike = [one for one in alike if getattr(one, "quality", STANDARD) == quality]
    exact = [one for one in alike if one.size == listing.size]
    fitting = exact or [one for one in alike if listing.size is None or one.size == ANY_SIZE]
    if len(fitting) > 1:
        named = [one for one in fitting if listing.key in map(str.strip, one.source.split(","))]
        fitting = named or [
            one for one in fitting if isinstance(one, HostedForm) and one.id == f"{one.model}-at-{one.provider}"
        ]
    return fitting[0] if len(fitting) == 1 else None


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
    """The id of a provider by a name of it in price lists; the name itself if it is not known."""
    ids = bundled_data("providers.yaml")["providers"].items()
    return next((str(id) for id, names in ids if name in names), name)


def merged(overlay: Overlay, plan: Plan, prices: PriceList, on: datetime.date) -> Overlay:
    """The overlay with the changes of a plan, entry by entry; an import of the same file is listed once."""
    entries = {name: dict(overlay.entries.get(name, {})) for name in LISTS}
    for change in plan.to_write:
        entries[change.list][change.entry.id] = change.entry
    imported = ImportForm(kind=prices.kind, name=prices.name, sha256=prices.sha256, as_of=on)
    others = [one for one in overlay.imports if (one.kind, one.name) != (prices.kind, prices.name)]
    return replace(overlay, entries=entries, imports=(*others, imported))
