"""The prices of the package ``genai-prices`` (extra ``prices``), or of its published ``data.json``, per million tokens.

A cross-check only: it states no price per image. With the tokens of an image (``tokens_of``) one can be derived
for a few models of OpenAI and Google.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from advisor.catalogue.importers.account import (
    Account,
    Line,
    Listing,
    Reason,
    Refusal,
    amount,
    load_json,
    priced,
    shown,
    tokens_of,
)
from advisor.common.diagnostics import BadInput, Problem

PACKAGE = "genai-prices"
_FIELD = "output_image_mtok"
_OTHER_FIELD = "output_mtok"


def read(text: str, file: str, on: datetime.date) -> Account:
    """The account of a ``data.json``. ``on`` selects among prices that start on a day. Raises BadInput."""
    providers = load_json(text, file)
    if not isinstance(providers, list):
        raise BadInput(Problem("this is not a JSON array of providers", file, help="name genai-prices' data.json"))
    return _account(providers, on)


def read_installed(on: datetime.date) -> tuple[Account, str]:
    """The account of the installed package, and its version. Raises BadInput if it is not installed."""
    import importlib.metadata

    try:
        from genai_prices.data import providers
    except ImportError:
        help = "run `pip install 'rent-or-own[prices]'`, or name a data.json of genai-prices"
        raise BadInput(Problem(f"the package `{PACKAGE}` is not installed", help=help)) from None
    return _account(map(_plain, providers), on), importlib.metadata.version(PACKAGE)


def _plain(provider: Any) -> Mapping[str, Any]:
    """A provider of the package in the form of ``data.json``."""

    def prices(of: Any) -> Any:
        if not isinstance(of, list):
            return _fields(of)
        return [{"prices": _fields(one.prices), "constraint": _fields(one.constraint)} for one in of]

    models = [{"id": one.id, "deprecated": one.deprecated, "prices": prices(one.prices)} for one in provider.models]
    return {"id": provider.id, "models": models}


def _fields(of: Any) -> dict[str, Any]:
    return dict(vars(of)) if hasattr(of, "__dict__") else {}


def _account(providers: Iterable[Any], on: datetime.date) -> Account:
    lines: dict[str, Line] = {}
    others = 0
    for provider in providers:
        fields = provider if isinstance(provider, dict) else {}
        models = fields.get("models")
        for model in models if isinstance(models, list) else ():
            line = _line(str(fields.get("id")), model if isinstance(model, dict) else {}, on)
            if line is None or line.listing.key in lines:
                others += 1
            else:
                lines[line.listing.key] = line
    return Account(tuple(lines.values()), others)


def _line(provider: str, model: Mapping[str, Any], on: datetime.date) -> Line | None:
    """The line of a model that makes images; None for others."""
    name = str(model.get("id"))
    prices = _prices_on(model.get("prices"), on)
    stated = amount(prices.get(_FIELD))
    if _FIELD not in prices and "image" not in name:
        return None
    field = _FIELD if _FIELD in prices else _OTHER_FIELD
    listing = Listing(f"{provider}/{name}", field, provider, name)
    known = tokens_of(name)
    if model.get("deprecated"):
        return Refusal(listing, Reason.RETIRED, "marked as deprecated")
    if stated is None or known is None:
        return Refusal(listing, Reason.TOKENS, f"{field} is {shown(prices.get(field))}")
    listed = name.removesuffix("-preview")  # Google's general model took the place of its preview at the same price
    sized = Listing(listing.key, field, provider, listed, size=known.size, quality=known.quality)
    note = f"${shown(stated)} per million tokens, {known.tokens:,} tokens an image ({known.source})"
    return priced(sized, Fraction(stated) * known.tokens / 1_000_000, note=note)


def _prices_on(prices: Any, on: datetime.date) -> Mapping[str, Any]:
    """The prices in force: of several, the last that has started."""
    if isinstance(prices, dict):
        return prices
    started: Mapping[str, Any] = {}
    for one in prices if isinstance(prices, list) else ():
        if isinstance(one, dict) and isinstance(one.get("prices"), dict) and _in_force(one.get("constraint"), on):
            started = one["prices"]
    return started


def _in_force(constraint: Any, on: datetime.date) -> bool:
    """Whether a price holds all day: without a constraint, or from a day on. Prices of some hours do not."""
    if not constraint:
        return True
    return isinstance(constraint, dict) and "start_date" in constraint and str(constraint["start_date"]) <= str(on)
