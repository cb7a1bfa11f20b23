"""What an import would change: each line of an account becomes a change of one offer, or stays refused."""

from __future__ import annotations

import datetime
import fnmatch
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from advisor.catalogue.entries import ClosedForm, EntryForm, GpuForm, HostedForm
from advisor.catalogue.fields import UNKNOWN
from advisor.catalogue.importers.account import Account, Figure, Line, Listing, Reason, Refusal, Unit, priced
from advisor.catalogue.importers.matching import SQUARE, Match, Matcher, specificity
from advisor.catalogue.loader import OFFER_LISTS, Catalogue
from advisor.catalogue.overlays import price_field
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
    rank = {id(line): specificity(line.listing, match.offer) if match.offer else 0 for line, match in lines}
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
    if figure.listing.unit is not Unit.STEP:
        return figure
    steps = getattr(match.offer, "steps", None) or (match.model.steps if match.model else None)
    if steps is None:
        return Refusal(figure.listing, Reason.NO_PRICE, "the number of steps is not known")
    image = Listing(**{**vars(figure.listing), "unit": Unit.IMAGE, "steps": steps})
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
    found: dict[Reason, int] = {}
    for line in lines:
        found[line.reason] = found.get(line.reason, 0) + 1
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))
