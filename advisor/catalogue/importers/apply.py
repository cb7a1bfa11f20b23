"""Writes a plan into an overlay."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

from advisor.catalogue.entries import LISTS
from advisor.catalogue.importers.plan import Plan
from advisor.catalogue.importers.registry import PriceList
from advisor.catalogue.overlays import ImportForm, Overlay, overlay_text, parse_overlay
from advisor.common.files import write_whole


def merged(overlay: Overlay, plan: Plan, prices: PriceList, on: datetime.date) -> Overlay:
    """The overlay with the changes of a plan, entry by entry; an import of the same file is listed once."""
    entries = {name: dict(overlay.entries.get(name, {})) for name in LISTS}
    for change in plan.to_write:
        entries[change.list][change.entry.id] = change.entry
    imported = ImportForm.model_validate(
        {"kind": prices.kind, "name": prices.name, "sha256": prices.sha256, "as_of": on}
    )
    others = [one for one in overlay.imports if (one.kind, one.name) != (prices.kind, prices.name)]
    return replace(overlay, entries=entries, imports=(*others, imported))


def write(overlay: Overlay, path: Path) -> None:
    """Writes the overlay whole, or not at all, after reading back what would be written. Raises BadInput."""
    text = overlay_text(overlay)
    parse_overlay(text, str(path))
    write_whole(path, text)


def day_of(overlay: Overlay, sha256: str) -> datetime.date | None:
    """The day of the figures of a price list that was imported before; None for a new one."""
    return next((one.as_of for one in overlay.imports if sha256 and one.sha256 == sha256), None)
