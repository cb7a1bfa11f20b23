"""The price lists of ``data/``, and their accounts on one day."""

from __future__ import annotations

import datetime
from collections import Counter
from functools import cache
from pathlib import Path

from advisor.catalogue.importers import genai_prices, karpenter, litellm, mapped_csv, portkey
from advisor.catalogue.importers.account import Account, Figure, Line, Refusal

DATA = Path(__file__).parent / "data"
DAY = datetime.date(2026, 11, 22)
PORTKEY = ("fal-ai", "stability-ai", "together-ai")


def text(name: str) -> str:
    """The content of a file of ``data/``."""
    return (DATA / name).read_text(encoding="utf-8")


@cache
def account(name: str) -> Account:
    """The account of a list, by its kind, or ``portkey/PROVIDER``."""
    if name.startswith("portkey/"):
        return portkey.read(text(f"{name}.json"), name, DAY, name.partition("/")[2])
    if name == "csv":
        mapping = mapped_csv.load_mapping(str(DATA / "csv/prices.mapping.yaml"))
        return mapped_csv.read(text("csv/prices.csv"), "prices.csv", DAY, mapping)
    if name == "litellm":
        return litellm.read(text("litellm_images_1.109.1.json"), name, DAY)
    if name == "karpenter":
        return karpenter.read(text("karpenter_gcp.json"), name, DAY)
    return genai_prices.read(text("genai_prices.json"), name, DAY)


ACCOUNTS = ("litellm", *(f"portkey/{provider}" for provider in PORTKEY), "karpenter", "genai-prices", "csv")


def lines_of(name: str, key: str) -> list[Line]:
    """All lines about one entry."""
    return [line for line in account(name).lines if line.listing.key == key]


def written(name: str) -> str:
    """The account as text: totals first, then a line for every entry."""
    found = account(name)
    reasons = Counter(line.reason for line in found.lines if isinstance(line, Refusal))
    used = sum(isinstance(line, Figure) for line in found.lines)
    entries = len({line.listing.key for line in found.lines})
    head = [f"{entries} entries, {len(found.lines)} prices: {used} used, {sum(reasons.values())} refused"]
    head += [f"  {number} {reason}: {reason.words}" for reason, number in sorted(reasons.items())]
    head += [f"{found.others} other entries", ""]
    return "\n".join([*head, *map(_line, found.lines)]) + "\n"


def _line(line: Line) -> str:
    one = line.listing
    about = " ".join(part for part in (one.provider, one.model, one.size, one.quality, one.region, one.pricing) if part)
    about += f" {one.steps} steps" if one.steps else ""
    if isinstance(line, Figure):
        note = f" ({line.note})" if line.note else ""
        ends = f", retires {one.retires}" if one.retires else ""
        return f"{one.key} {one.field}: {about} = ${line.usd} per {one.unit}, {line.confidence}{ends}{note}"
    return f"{one.key} {one.field}: {about} refused, {line.reason}: {line.detail}".rstrip(": ")
