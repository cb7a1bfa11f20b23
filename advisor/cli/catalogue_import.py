"""``advisor catalogue import``: what a price list would change, and with ``--write`` the overlay that says so."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.cli.options import add_shared, parse_date, print_json
from advisor.common.diagnostics import EXIT_OK, BadInput, Problem, printable
from advisor.common.terminal import table, terminal_width, wrapped

if TYPE_CHECKING:
    import datetime
    from fractions import Fraction

    from advisor.catalogue.entries import EntryForm
    from advisor.catalogue.importers import PriceList
    from advisor.catalogue.importers.plan import Change, Plan
    from advisor.catalogue.overlays import Overlay

DEFAULT_OVERLAY = "catalogue.overlay.yaml"
_LISTED = ("added", "changed", "retired")
_LEAST_PERCENT, _MOST_PERCENT = Decimal("0.1"), 10_000


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    from advisor.catalogue.importers import KINDS

    kinds = "; ".join(f"{kind}: {what}" for kind, what in KINDS.items())
    parser.add_argument("kind", metavar="KIND", choices=tuple(KINDS), help=kinds)
    parser.add_argument("file", metavar="FILE", nargs="?", help="the price list, as its project publishes it")
    help = f"the overlay to compare with, and to write (default: {DEFAULT_OVERLAY})"
    parser.add_argument("--overlay", metavar="FILE", default=DEFAULT_OVERLAY, help=help)
    parser.add_argument("--write", action="store_true", help="write the changes; without it they are only shown")
    help = "a provider, model, region or offer to import, such as `fal*`; may be repeated"
    parser.add_argument("--only", metavar="PATTERN", action="append", default=[], help=help)
    parser.add_argument("--mapping", metavar="FILE", help="with csv: what the columns of the table mean")
    help = "with portkey: the provider (default: the name of the file)"
    parser.add_argument("--provider", metavar="NAME", help=help)
    parser.add_argument("--catalogue", metavar="DIR", help="a catalogue folder in place of the bundled one")
    help = "the day of the prices (default: today, or that of an earlier import of the same file)"
    add_shared(parser, "date", "json", date=help, json="print the whole account as JSON")


def run(options: argparse.Namespace) -> int:
    """Prints the account, and writes the overlay with ``--write``."""
    from advisor.catalogue.importers import CROSS_CHECKS, read_price_list
    from advisor.catalogue.importers.plan import Origin, merged, planned
    from advisor.catalogue.loader import read_folder
    from advisor.catalogue.overlays import with_overlays, write_overlay

    if options.write and options.kind in CROSS_CHECKS:
        what = f"`{options.kind}` is a cross-check: its prices of an image are derived, and never written"
        raise BadInput(Problem(what, "--write", help="leave `--write` out"))
    on = parse_date(options.date)
    overlay = _overlay(options.overlay)
    prices = read_price_list(options.kind, options.file, on, options.provider, options.mapping)
    earlier = overlay.day_of(prices.sha256)
    if options.date is None and earlier is not None and earlier != on:
        on = earlier
        prices = read_price_list(options.kind, options.file, on, options.provider, options.mapping)
    # Price lists are compared with listed prices.
    catalogue = with_overlays(read_folder(options.catalogue), [replace(overlay, discounts=())])
    plan = planned(prices.account, catalogue, Origin(prices.title, on), options.only)
    written = options.write and any(plan.to_write)
    if written:
        write_overlay(merged(overlay, plan, prices, on), Path(options.overlay))
    if options.json:
        print_json(_data(prices, plan, on, options.overlay if written else None))
    else:
        print("\n".join(_lines(prices, plan, on)))
        print(wrapped(_last(options, plan, written)), end="")
    return EXIT_OK


def _overlay(path: str) -> Overlay:
    """The overlay of this name, empty if there is no such file yet."""
    from advisor.catalogue.overlays import Overlay, read_overlay

    return read_overlay(path) if os.path.lexists(path.replace("\0", "")) else Overlay(path)


def _last(options: argparse.Namespace, plan: Plan, written: bool) -> str:
    from advisor.catalogue.importers import CROSS_CHECKS

    if written:
        return f"written to {printable(options.overlay)}"
    if options.kind in CROSS_CHECKS:
        return "a cross-check: nothing is written"
    if not any(plan.to_write):
        return "nothing to write"
    return f"nothing is written yet: `--write` writes this to {printable(options.overlay)}"


def _lines(prices: PriceList, plan: Plan, on: datetime.date) -> list[str]:
    from advisor.catalogue.importers.plan import counts

    entries = len({line.listing.key for line in prices.account.lines})
    head = f"{prices.title}, prices of {on}: {entries:,} entries of images, video or GPUs ({plan.others:,} others)"
    lines = wrapped(head).splitlines()
    if not entries:
        return [*lines, *wrapped(f"check that this is a price list of the kind `{prices.kind}`").splitlines(), ""]
    for kind in _LISTED:
        if found := [change for change in plan.changes if change.kind == kind]:
            rows = [_row(change) for change in sorted(found, key=lambda change: (change.list, change.entry.id))]
            lines += ["", f"{kind}: {len(found):,}"]
            lines += table(("offer", "was", "is", "change", "entry of the price list"), [("", rows)], terminal_width())
    words = {"confirmed": "the same price at a later date", "unchanged": "the catalogue says the same"}
    alike = [(sum(change.kind == kind for change in plan.changes), what) for kind, what in words.items()]
    refused = [(number, reason.words) for reason, number in counts(plan.refusals).items()]
    rest = [(number, what) for number, what in (*alike, *refused) if number]
    lines += ["", f"not changed: {sum(number for number, _ in rest):,}"]
    lines += table(("prices", "why"), [("", [(f"{number:,}", what) for number, what in rest])], terminal_width())
    return [*lines, ""]


def _row(change: Change) -> tuple[str, str, str, str, str]:
    entry = change.entry
    if change.kind == "retired":
        return entry.id, _paid(change.was), "", f"retires {entry.retires}", change.listing.key
    ends = f", retires {entry.retires}" if entry.retires and (not change.was or not change.was.retires) else ""
    return entry.id, _paid(change.was), _paid(entry), f"{_percent(change)}{ends}".removeprefix(", "), change.listing.key


def _paid(entry: EntryForm | None) -> str:
    from advisor.catalogue.entries import UNKNOWN
    from advisor.catalogue.overlays import price_field

    price = UNKNOWN if entry is None else getattr(entry, price_field(entry))
    return "" if entry is None else price if price == UNKNOWN else f"${price}"


def _percent(change: Change) -> str:
    percent = change.percent
    if not percent:
        return ""
    if abs(percent) < _LEAST_PERCENT:
        return f"by less than {_LEAST_PERCENT}%"
    sign = "+" if percent > 0 else ""
    return f"{sign}{_rounded(percent, 1)}%" if percent < _MOST_PERCENT else f"more than +{_MOST_PERCENT:,}%"


def _rounded(percent: Fraction, places: int) -> str:
    return str(Decimal(round(percent * 10**places)).scaleb(-places))


def _data(prices: PriceList, plan: Plan, on: datetime.date, written: str | None) -> dict[str, Any]:
    from advisor.catalogue.importers.plan import counts

    kinds = sorted({change.kind for change in plan.changes})
    return {
        "kind": prices.kind,
        "file": prices.name,
        "sha256": prices.sha256,
        "on": str(on),
        "counts": {
            **{kind: sum(change.kind == kind for change in plan.changes) for kind in kinds},
            **counts(plan.refusals),
            "others": plan.others,
        },
        "changes": [_change_data(change) for change in plan.changes],
        "refused": [
            {
                **{name: getattr(refusal.listing, name) for name in ("key", "field", "provider", "model")},
                "reason": refusal.reason,
                "detail": refusal.detail,
            }
            for refusal in plan.refusals
        ],
        "written": written,
    }


def _change_data(change: Change) -> dict[str, Any]:
    return {
        "change": change.kind,
        "list": change.list,
        "offer": change.entry.id,
        "was": _paid(change.was).removeprefix("$") or None,
        "is": _paid(change.entry).removeprefix("$"),
        "percent": None if change.percent is None else _rounded(change.percent, 4),
        "retires": str(change.entry.retires) if change.entry.retires else None,
        "key": change.listing.key,
        "field": change.listing.field,
    }
