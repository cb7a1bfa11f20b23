"""Overlays: files of the user's own with entries that replace, add to, or retire those of the catalogue, and discounts.

An overlay has any of the catalogue's lists (``models:`` ... ``throughput:``), ``discounts:``, and ``imports:``, which
says which price lists its figures came from. An entry of the same id replaces the catalogue's; of several overlays the
last one wins. ``Catalogue.origins`` says which entries came from which overlay.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, PlainSerializer

from advisor.catalogue.entries import LISTS, UNKNOWN, Day, EntryForm, GpuForm, Text
from advisor.catalogue.importers.account import micro
from advisor.catalogue.loader import Catalogue, Lists, catalogue_of, parse_lists
from advisor.common import yaml_loader
from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.common.files import read_text, write_whole
from advisor.domain.quantity import plain
from advisor.rulebook.records import Code, Form, value_fault

MAX_BYTES = 5_000_000
MAX_RECORDS = 1_000
"""Of discounts and of imports."""
_PLACES = 4
_Record = TypeVar("_Record", bound=Form)


def percent_of(value: object) -> Decimal:
    """A discount in percent, such as ``15``, ``"15%"`` or ``12.5``. Raises ValueError.

    >>> percent_of("12.5%")
    Decimal('12.5')
    """
    number = yaml_loader.scalar(value.strip().removesuffix("%").rstrip()) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int | Decimal) or not 0 < number < 100:
        raise ValueError(f"{quoted(value)} is not a percentage between 0 and 100")
    if Decimal(number) != round(Decimal(number), _PLACES):
        raise ValueError(f"{quoted(value)} has more than {_PLACES} decimal places")
    return Decimal(number)


def _percent(value: Any) -> Any:
    try:
        return percent_of(value)
    except ValueError as error:
        raise value_fault(Code.WRONG_VALUE, str(error), "write what is taken off, such as 15") from None


Percent = Annotated[
    Decimal, BeforeValidator(_percent), PlainSerializer(plain, when_used="json"), Field(description="a percentage")
]


class DiscountForm(Form):
    """What a user pays less than the listed prices of a provider, or of a cloud."""

    noun = "discount"
    provider: Text
    percent: Percent


class ImportForm(Form):
    """A price list that was imported: its kind, name, SHA-256, and the day of its figures."""

    noun = "import"
    kind: Text
    name: Text
    sha256: Text
    as_of: Day


@dataclass(frozen=True)
class Overlay:
    """One overlay: its entries by list and id, in the order of the file."""

    file: str
    entries: Mapping[str, Mapping[str, EntryForm]] = field(default_factory=dict)
    discounts: tuple[DiscountForm, ...] = ()
    imports: tuple[ImportForm, ...] = ()

    def day_of(self, sha256: str) -> datetime.date | None:
        """The day of the figures of a price list that was imported before; None for a new one."""
        return next((one.as_of for one in self.imports if sha256 and one.sha256 == sha256), None)


def read_overlay(path: str) -> Overlay:
    """Reads and checks an overlay. Raises BadInput with every fault, with file, line and field."""
    return parse_overlay(read_text(path, MAX_BYTES), path)


def parse_overlay(text: str, file: str) -> Overlay:
    """The overlay in a text. Raises BadInput."""
    document = yaml_loader.load(text, file)
    if not isinstance(document, yaml_loader.Mapping):
        help = "write `hosted:`, `closed:` or `gpus:` and entries below, or `discounts:`"
        raise BadInput(Problem("an overlay is a mapping with lists of entries", file, help=help))
    others = {name: document.pop(name) for name in ("discounts", "imports") if name in document}
    lists = parse_lists(document, file, others=("discounts", "imports")) if document else {}
    return Overlay(
        file,
        {name: {entry.id: entry for entry in entries} for name, entries in lists.items()},
        _once_each(_records(DiscountForm, others, "discounts", document, file)),
        tuple(_records(ImportForm, others, "imports", document, file)),
    )


def _records(
    form: type[_Record], others: Mapping[str, Any], name: str, document: yaml_loader.Mapping, file: str
) -> Iterator[_Record]:
    records = others.get(name, yaml_loader.Sequence(1))
    if not isinstance(records, yaml_loader.Sequence) or len(records) > MAX_RECORDS:
        help = f"write a list of at most {MAX_RECORDS:,}"
        raise BadInput(Problem(f"`{name}` is not a list of records", file, document.lines[name], name, help))
    for record, line in zip(records, records.lines, strict=True):
        yield form.parse(record, file, line)


def _once_each(discounts: Iterable[DiscountForm]) -> tuple[DiscountForm, ...]:
    found: dict[str, DiscountForm] = {}
    for discount in discounts:
        if first := found.get(discount.provider):
            what = f"duplicate discount of {quoted(discount.provider)}, first on line {first.line}"
            raise discount.fault(Code.DUPLICATE_ID, what, "keep one of them", "provider")
        found[discount.provider] = discount
    return tuple(found.values())


def with_overlays(
    lists: Lists, overlays: Sequence[Overlay], discounts: Mapping[str, Decimal] | None = None
) -> Catalogue:
    """The catalogue of these lists under the overlays. Raises BadInput for a reference that does not exist.

    ``discounts`` (provider -> percent) come before those of the overlays.
    """
    entries = {name: {entry.id: entry for entry in lists.get(name, ())} for name in LISTS}
    origins: dict[tuple[str, str], str] = {}
    off: dict[str, tuple[Decimal, str]] = {}
    for overlay in overlays:
        for name, own in overlay.entries.items():
            entries[name] |= own
            origins |= {(name, id): overlay.file for id in own}
        off |= {one.provider: (one.percent, overlay.file) for one in overlay.discounts}
    off |= {provider: (percent, "--discount") for provider, percent in (discounts or {}).items()}
    _check_providers(off, entries)
    for name, id, entry, seller in list(_sold(entries)):
        if seller in off:
            percent, origin = off[seller]
            entries[name][id] = discounted(entry, percent)
            origins.setdefault((name, id), origin)
    return catalogue_of({name: tuple(found.values()) for name, found in entries.items()}, origins)


def _sold(entries: Mapping[str, Mapping[str, EntryForm]]) -> Iterator[tuple[str, str, EntryForm, str]]:
    for name, seller in (("hosted", "provider"), ("closed", "provider"), ("gpus", "cloud")):
        for id, entry in entries[name].items():
            yield name, id, entry, getattr(entry, seller)


def _check_providers(off: Mapping[str, tuple[Decimal, str]], entries: Mapping[str, Mapping[str, EntryForm]]) -> None:
    known = sorted({*entries["providers"], *(seller for _, _, _, seller in _sold(entries))})
    for provider, (_, origin) in off.items():
        if provider not in known:
            help = did_you_mean(provider, known) or f"one of {', '.join(known)}"
            raise BadInput(Problem(f"{quoted(provider)} is not a provider of the catalogue", origin, help=help))


def discounted(entry: EntryForm, percent: Decimal) -> EntryForm:
    """The entry with its price less a percentage, to the nearest micro-dollar; its source says so. Raises BadInput."""
    price = price_field(entry)
    listed = getattr(entry, price)
    if listed == UNKNOWN:
        return entry
    paid = micro(Fraction(listed) * (100 - Fraction(percent)) / 100)
    if paid <= 0:
        what = f"a discount of {plain(percent)}% leaves less than a micro-dollar of {quoted(entry.id)}"
        raise BadInput(Problem(what, help="check the percentage"))
    source = f"{entry.source}; less {plain(percent)}% discount from ${plain(listed)}"
    return entry.model_copy(update={price: Decimal(plain(paid)), "source": source})


def price_field(entry: EntryForm) -> str:
    """The field with the price of an offer."""
    return "usd_per_gpu_hour" if isinstance(entry, GpuForm) else "usd"


def parse_discounts(stated: Iterable[str]) -> dict[str, Decimal]:
    """Percentages by provider, from texts such as ``fal=15%``. Raises BadInput."""
    found: dict[str, Decimal] = {}
    for text in stated:
        provider, equals, percent = text.partition("=")
        if not equals or not provider.strip():
            raise BadInput(Problem(f"{quoted(text)} is not a discount", "--discount", help="write PROVIDER=15%"))
        if provider.strip() in found:
            what = f"duplicate discount of {quoted(provider.strip())}"
            raise BadInput(Problem(what, "--discount", help="keep one of them"))
        try:
            found[provider.strip()] = percent_of(percent)
        except ValueError as error:
            raise BadInput(Problem(str(error), "--discount", help="write what is taken off, such as 15%")) from None
    return found


# ---- writing

_HEAD = """\
# Prices of your own, on top of the advisor's catalogue: an entry here replaces the one of the same id there.
# `advisor catalogue import` adds to this file and keeps your entries, but not comments: use `note:`.
"""


def overlay_text(overlay: Overlay) -> str:
    """The overlay as YAML, which ``parse_overlay`` reads back the same."""
    import yaml

    document: dict[str, Any] = {}
    for name, records in (("imports", overlay.imports), ("discounts", overlay.discounts)):
        if records:
            document[name] = [_dumped(record) for record in records]
    for name in LISTS:
        if found := overlay.entries.get(name):
            document[name] = [_dumped(entry) for entry in found.values()]
    return _HEAD + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


def write_overlay(overlay: Overlay, path: Path) -> None:
    """Writes the overlay whole, or not at all, after reading back what would be written. Raises BadInput."""
    text = overlay_text(overlay)
    parse_overlay(text, str(path))
    write_whole(path, text)


def _dumped(record: Form) -> dict[str, Any]:
    """The fields that were stated, plain."""
    return record.model_dump(mode="json", exclude_defaults=True)
