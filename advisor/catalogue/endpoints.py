"""How the providers of a catalogue are called: base URL, token variable, shape of the API, their names of models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from pydantic import Field

from advisor.catalogue.entries import EntryForm
from advisor.catalogue.fields import UNKNOWN, Text
from advisor.catalogue.loader import ENDPOINTS_FILE, OFFER_LISTS, Catalogue, read_lists
from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.common.files import bundled, is_file
from advisor.rulebook.records import Code

Shape = Literal[
    "unsupported",
    "openai",
    "together",
    "deepinfra",
    "nscale",
    "recraft",
    "xai",
    "fal",
    "fal_closed",
    "replicate",
    "bfl",
]
UNSUPPORTED = "unsupported"
"""The shape of an API that the starter kit cannot call."""


class EndpointForm(EntryForm):
    """A provider's API; the id is that of the provider."""

    noun = "endpoint"
    shape: Shape = Field(description="a shape of the starter kit's differences.csv, or unsupported")
    base_url: Text
    token_variable: Text


class ServedForm(EntryForm):
    """What a provider calls the model of an offer, in which quality, and its shape where the model has its own."""

    noun = "served model"
    name: Text
    quality: Text | None = None
    shape: Shape | None = Field(None, description="a shape of the starter kit's differences.csv")


@dataclass(frozen=True)
class Call:
    """All that a call of an offer needs; ``provider`` is the id of its provider."""

    provider: str
    base_url: str
    token_variable: str
    shape: str
    model: str
    quality: str | None


@dataclass(frozen=True)
class Endpoints:
    """The endpoints by the id of their provider, and the served models by the id of their offer."""

    providers: dict[str, EndpointForm] = field(default_factory=dict)
    served: dict[str, ServedForm] = field(default_factory=dict)

    def call(self, offer: str, provider: str | None) -> Call | str:
        """How an offer of a provider is called; else why it cannot be, for people."""
        endpoint, served = self.providers.get(provider or ""), self.served.get(offer)
        if endpoint is None:
            return "how its provider is called is not known"
        if endpoint.shape == UNSUPPORTED:
            return endpoint.note or "its provider has an API of its own"
        if served is None:
            return "its provider's name of the model is not known"
        shape = served.shape or endpoint.shape
        return Call(endpoint.id, endpoint.base_url, endpoint.token_variable, shape, served.name, served.quality)


FORMS: dict[str, type[EntryForm]] = {"endpoints": EndpointForm, "served": ServedForm}
"""The lists of the file."""


def read_endpoints(folder: str | None, catalogue: Catalogue) -> Endpoints:
    """The endpoints of a catalogue folder, by default the bundled one; none if the folder has no such file.

    Raises BadInput listing every fault, as for a provider or an offer that the catalogue lacks.
    """
    path = (Path(folder) if folder is not None else bundled("catalogue")) / ENDPOINTS_FILE
    if not is_file(path):
        return Endpoints()
    lists = read_lists(path, FORMS, FORMS)
    endpoints = cast("tuple[EndpointForm, ...]", lists.get("endpoints", ()))
    served = cast("tuple[ServedForm, ...]", lists.get("served", ()))
    problems = [*_faults(endpoints), *_dangling(endpoints, served, catalogue)]
    if problems:
        raise BadInput(problems)
    return Endpoints({one.id: one for one in endpoints}, {one.id: one for one in served})


def _faults(endpoints: tuple[EndpointForm, ...]) -> Iterator[Problem]:
    """Every endpoint that the kit can call although a part of its address is not known."""
    for one in endpoints:
        for name in ("base_url", "token_variable"):
            if one.shape != UNSUPPORTED and getattr(one, name) == UNKNOWN:
                help = f"state it, or write `shape: {UNSUPPORTED}`"
                yield from one.fault(Code.WRONG_VALUE, f"`{name}` of `{one.id}` is not known", help, name).problems


def _dangling(
    endpoints: tuple[EndpointForm, ...], served: tuple[ServedForm, ...], catalogue: Catalogue
) -> Iterator[Problem]:
    """Every id that the catalogue does not have."""
    providers = [provider.id for provider in catalogue.providers]
    offers = [offer.id for name in OFFER_LISTS for offer in catalogue.lists[name]]
    for entries, known, noun in ((endpoints, providers, "provider"), (served, offers, "offer")):
        for one in entries:
            if one.id not in known:
                help = did_you_mean(one.id, known) or "`advisor catalogue show` lists them"
                what = f"{quoted(one.id)} is not the id of {'an' if noun == 'offer' else 'a'} {noun} of the catalogue"
                yield from one.fault(Code.UNKNOWN_NAME, what, help, "id").problems
