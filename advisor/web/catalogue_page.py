"""The offers of the catalogue, filterable: the entries and the words of ``advisor catalogue show``."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Path_

from advisor.catalogue.entries import EntryForm
from advisor.catalogue.listing import TITLES, Selection, described, selected
from advisor.catalogue.loader import Catalogue
from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.domain.scenario import Route, Unit
from advisor.web.pages import page
from advisor.web.query import date_of, known_pairs
from advisor.web.site import site_of
from advisor.wording.labels import SHORT

_KEYS = ("route", "model", "provider", "region", "unit", "text")
_FIGURES = ("price", "makes", "licence")
_SHOWN = ("is", *_FIGURES, "as of", "source", "disagrees")
_UNITS = {Unit.IMAGE: "images", Unit.VIDEO_SECOND: "video"}
_LINK = re.compile(r"https://[^\s<>\"]*[^\s<>\",.;:)]")
_Word = TypeVar("_Word", bound=StrEnum)


def catalogue_page(request: Request) -> Response:
    """The entries that fit the query; those that do not hold on its day are marked. Raises BadInput."""
    pairs = known_pairs(request, *_KEYS)
    day, dated = date_of(pairs)
    chosen = {name: pairs.get(name, "").strip() for name in _KEYS}
    catalogue = site_of(request).catalogue
    named: dict[str, Any] = {"day": day.isoformat(), "dated": dated, "chosen": chosen, "lists": None}
    if catalogue:
        named |= {"lists": _lists(catalogue, chosen, day), "choices": _choices(catalogue), "digest": catalogue.digest}
        named["count"] = sum(len(one["entries"]) for one in named["lists"])
    return page(request, "catalogue", named)


def _lists(catalogue: Catalogue, chosen: Mapping[str, str], day: datetime.date) -> list[dict[str, Any]]:
    words = {name: text or None for name, text in chosen.items() if name not in ("route", "unit")}
    selection = Selection(_word(Route, "route", chosen), unit=_word(Unit, "unit", chosen), **words)
    found = selected(catalogue, selection)
    return [
        {"title": TITLES[name], "id": name, "entries": [_row(catalogue, name, one, day) for one in entries]}
        for name, entries in found.items()
        if entries
    ]


def _row(catalogue: Catalogue, name: str, one: EntryForm, day: datetime.date) -> dict[str, Any]:
    parts = described(catalogue, one)
    texts = dict(parts)
    return {
        "id": one.id,
        "overlay": Path(catalogue.origins.get((name, one.id), "")).name,  # without the folders of the server
        "what": texts["is"],
        "figure": next((texts[label] for label in _FIGURES if label in texts), ""),
        "as_of": texts["as of"],
        "holds": one.holds_on(day),
        "source": _linked(texts["source"]),
        "conflicts": [_linked(text) for label, text in parts if label == "disagrees"],
        "more": [(label, text) for label, text in parts if label not in _SHOWN],
    }


def _linked(text: str) -> tuple[str, str, str]:
    """A text, with its first address in the middle."""
    found = _LINK.search(text)
    return (text[: found.start()], found[0], text[found.end() :]) if found else (text, "", "")


def _choices(catalogue: Catalogue) -> dict[str, list[tuple[str, str]]]:
    """The options of each filter, as value and words."""
    clouds = {gpu.cloud for gpu in catalogue.gpus} - {provider.id for provider in catalogue.providers}
    entries: list[Any] = [*catalogue.providers, *catalogue.hosted, *catalogue.closed, *catalogue.gpus]
    regions = {code for one in entries if isinstance(one.regions, tuple) for code in one.regions}
    return {
        "route": [(route.value, SHORT[route]) for route in Route],
        "model": [(model.id, model.label) for model in catalogue.models],
        "provider": [*((one.id, one.label) for one in catalogue.providers), *((id, id) for id in sorted(clouds))],
        "region": [(code, code) for code in sorted(regions)],
        "unit": [(unit.value, words) for unit, words in _UNITS.items()],
    }


def _word(words: type[_Word], name: str, chosen: Mapping[str, str]) -> _Word | None:
    text = chosen[name]
    try:
        return words(text) if text else None
    except ValueError:
        help = did_you_mean(text, list(words)) or f"write one of {', '.join(words)}"
        raise BadInput(Problem(f"{quoted(text)} is not an option", field=name, help=help)) from None


ROUTES = [Path_("/catalogue", catalogue_page)]
