"""Loads a catalogue folder: one file a list, every entry checked, references between lists resolved; and its schema."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

from pydantic import Field
from pydantic.json_schema import models_json_schema

from advisor.catalogue.entries import (
    LISTS,
    UNKNOWN,
    ClosedForm,
    EntryForm,
    GpuForm,
    HostedForm,
    ModelForm,
    MovementForm,
    MovementKind,
    ProviderForm,
    Text,
    ThroughputForm,
)
from advisor.common import yaml_loader
from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.common.files import bundled, check_folder, is_file, is_folder, read_text
from advisor.common.yaml_loader import Mapping as YamlMapping
from advisor.common.yaml_loader import Sequence as YamlSequence
from advisor.rulebook.records import Code, Schema, all_are

MAX_ENTRIES = 2_000
"""The most entries of one list: more than ten times the bundled ones."""
OFFER_LISTS = ("hosted", "closed", "gpus")
"""Their ids are also the ids of offers, and differ from one another."""
JOINED = "--"
"""Joins a checkpoint and a GPU offer to the id of a self-hosted offer."""
_REFERENCES = (
    ("models", "few_step_of", "models"),
    ("hosted", "model", "models"),
    ("hosted", "provider", "providers"),
    ("closed", "provider", "providers"),
    ("throughput", "model", "models"),
)
_NOUNS = {"models": "checkpoint", "providers": "provider"}
ENDPOINTS_FILE = "endpoints.yaml"
"""How providers are called, for the starter kit (``endpoints``); not part of the digest, as no decision reads it."""

Forms = Mapping[str, type[EntryForm]]
Lists = Mapping[str, tuple[EntryForm, ...]]
"""The entries of each list, by the names of ``LISTS``."""


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All entries in the order of their files. ``origins`` names the overlay of each (list, id) that has one."""

    models: tuple[ModelForm, ...]
    providers: tuple[ProviderForm, ...]
    hosted: tuple[HostedForm, ...]
    closed: tuple[ClosedForm, ...]
    gpus: tuple[GpuForm, ...]
    throughput: tuple[ThroughputForm, ...]
    movements: tuple[MovementForm, ...]
    digest: str
    origins: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def lists(self) -> dict[str, tuple[EntryForm, ...]]:
        """The entries of each list by its name."""
        return {name: getattr(self, name) for name in LISTS}

    def model(self, id: str) -> ModelForm:
        """The checkpoint of this id. Raises BadInput with the closest one."""
        found = next((model for model in self.models if model.id == id), None)
        if found is None:
            help = did_you_mean(id, [model.id for model in self.models]) or "`advisor catalogue show` lists them"
            raise BadInput(Problem(f"{quoted(id)} is not a checkpoint of the catalogue", field="model", help=help))
        return found

    def provider(self, id: str) -> ProviderForm:
        """The provider of this id, which a reference of a loaded entry names."""
        return next(provider for provider in self.providers if provider.id == id)


def load_catalogue(folder: str | Path | None = None) -> Catalogue:
    """The catalogue in a folder, by default the bundled one. Raises BadInput listing every fault found."""
    return catalogue_of(read_folder(folder))


@lru_cache(maxsize=1)
def bundled_catalogue() -> Catalogue:
    """The bundled catalogue, cached."""
    return load_catalogue()


def catalogue_in_use(folder: str | Path | None) -> Catalogue:
    """The bundled catalogue, or that in a folder. Raises BadInput listing every fault found."""
    return bundled_catalogue() if folder is None else load_catalogue(folder)


def read_folder(folder: str | Path | None = None) -> Lists:
    """The lists of a folder, each in a file of its name. Raises BadInput."""
    folder = Path(folder) if folder is not None else bundled("catalogue")
    if not is_folder(folder):
        raise Code.MISSING_FILE.fault("there is no such catalogue folder", str(folder), help="check --catalogue")
    with all_are(Code.UNREADABLE_FILE):
        check_folder(folder)
    files = {name: folder / f"{name}.yaml" for name in LISTS}
    what, help = "this part of the catalogue is missing", "start from a copy of the bundled catalogue"
    problems = [Code.MISSING_FILE.problem(what, str(path), help=help) for path in files.values() if not is_file(path)]
    known = {ENDPOINTS_FILE, *(path.name for path in files.values())}
    help = "entries are read from " + ", ".join(sorted(known))
    unread = {path for pattern in ("*.yaml", "*.yml") for path in folder.glob(pattern) if path.name not in known}
    what = "nothing reads this file"
    problems += [Code.UNREAD_FILE.problem(what, str(path), help=help) for path in sorted(unread)]
    lists: dict[str, tuple[EntryForm, ...]] = {}
    for name, path in files.items():
        if is_file(path):
            with _collecting(problems):
                lists |= read_lists(path, {name: LISTS[name]})
    _refuse(problems)
    return lists


def read_lists(path: Path, forms: Forms = LISTS) -> dict[str, tuple[EntryForm, ...]]:
    """The lists of one file, which holds some of ``forms`` and nothing else. Raises BadInput with every fault."""
    with all_are(Code.UNREADABLE_FILE):
        text = read_text(str(path))
    with all_are(Code.INVALID_YAML):
        document = yaml_loader.load(text, str(path))
    return parse_lists(document, str(path), forms)


def parse_lists(
    document: object, file: str, forms: Forms = LISTS, others: tuple[str, ...] = ()
) -> dict[str, tuple[EntryForm, ...]]:
    """The lists of one document, which may have had ``others``. Raises BadInput with every fault."""
    names = (*forms, *others)
    if not isinstance(document, YamlMapping) or not document:
        help = "write " + " or ".join(f"`{name}:`" for name in names) + " and its entries below"
        raise Code.WRONG_FORM.fault("this file is not a mapping with a list of entries", file, help=help)
    problems: list[Problem] = []
    lists: dict[str, tuple[EntryForm, ...]] = {}
    for name, records in document.items():
        if name not in forms:
            help = did_you_mean(name, names) or "allowed here: " + ", ".join(names)
            what = f"{quoted(name)} is not known here"
            problems.append(Code.UNKNOWN_KEY.problem(what, file, document.lines[name], help=help))
            continue
        with _collecting(problems):
            lists[name] = _entries(name, forms[name], records, file, document.lines[name])
    _refuse(problems)
    return lists


def _entries(name: str, form: type[EntryForm], records: Any, file: str, line: int) -> tuple[EntryForm, ...]:
    if not isinstance(records, YamlSequence):
        raise Code.WRONG_FORM.fault(f"`{name}` is not a list of entries", file, line, help="start each with `- id:`")
    if len(records) > MAX_ENTRIES:
        what = f"`{name}` has {len(records):,} entries, more than {MAX_ENTRIES:,}"
        raise Code.UNREADABLE_FILE.fault(what, file, line, help="check that this is the right file")
    problems: list[Problem] = []
    entries: dict[str, EntryForm] = {}
    for record, place in zip(records, records.lines, strict=True):
        with _collecting(problems):
            entry = form.parse(record, file, place)
            if first := entries.get(entry.id):
                what = f"duplicate {form.noun} `{entry.id}`, first on line {first.line}"
                raise entry.fault(Code.DUPLICATE_ID, what, "give it a different id", "id")
            if JOINED in entry.id:
                help = f"`{JOINED}` joins a checkpoint and a GPU offer: write one `-`"
                raise entry.fault(Code.UNUSABLE_NAME, f"{quoted(entry.id)} cannot be an id", help, "id")
            entries[entry.id] = entry
    _refuse(problems)
    return tuple(entries.values())


def catalogue_of(lists: Lists, origins: Mapping[tuple[str, str], str] | None = None) -> Catalogue:
    """A catalogue of these lists, whose references are checked. Raises BadInput with every fault."""
    complete = {name: lists.get(name, ()) for name in LISTS}
    _refuse([*_dangling(complete), *_shared_ids(complete), *_missing_movements(complete)])
    typed: Any = complete
    return Catalogue(**typed, digest=_digest(complete), origins=dict(origins or {}))


def _dangling(lists: Lists) -> Iterator[Problem]:
    """Every reference to an entry that does not exist."""
    for name, key, target in _REFERENCES:
        known = [entry.id for entry in lists[target]]
        for entry in lists[name]:
            id = getattr(entry, key)
            if id is not None and id not in known:
                help = did_you_mean(id, known) or f"add it to {target}.yaml"
                what = f"{entry.noun} `{entry.id}` names {_NOUNS[target]} {quoted(id)}, which is not in {target}.yaml"
                yield from entry.fault(Code.UNKNOWN_NAME, what, help, key).problems


def _shared_ids(lists: Lists) -> Iterator[Problem]:
    """Every id that two lists of offers share."""
    first: dict[str, EntryForm] = {}
    for entry in (entry for name in OFFER_LISTS for entry in lists[name]):
        other = first.setdefault(entry.id, entry)
        if other is not entry:
            what = f"duplicate offer `{entry.id}`, first in {other.file}:{other.line}"
            yield from entry.fault(Code.DUPLICATE_ID, what, "give it a different id", "id").problems


def _missing_movements(lists: Lists) -> Iterator[Problem]:
    """Every kind of figure of which no movement is stated."""
    stated = [movement.id for movement in lists["movements"]]
    for kind in get_args(MovementKind):
        if kind not in stated:
            what = f"the movement of `{kind}` is missing"
            help = "state all of them in movements.yaml: " + ", ".join(get_args(MovementKind))
            yield Code.MISSING_PART.problem(what, "movements.yaml", help=help)


def _digest(lists: Lists) -> str:
    """The SHA-256 of all entries, independent of their order and of white space."""
    content = {name: {entry.id: entry.model_dump(mode="json") for entry in entries} for name, entries in lists.items()}
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


@contextmanager
def _collecting(problems: list[Problem]) -> Iterator[None]:
    """Collects the faults raised within, and continues."""
    try:
        yield
    except BadInput as error:
        problems.extend(error.problems)


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise BadInput(problems)


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


FORMS: Forms = {"endpoints": EndpointForm, "served": ServedForm}
"""The lists of the file."""


def read_endpoints(folder: str | None, catalogue: Catalogue) -> Endpoints:
    """The endpoints of a catalogue folder, by default the bundled one; none if the folder has no such file.

    Raises BadInput listing every fault, as for a provider or an offer that the catalogue lacks.
    """
    path = (Path(folder) if folder is not None else bundled("catalogue")) / ENDPOINTS_FILE
    if not is_file(path):
        return Endpoints()
    lists = read_lists(path, FORMS)
    endpoints = cast("tuple[EndpointForm, ...]", lists.get("endpoints", ()))
    served = cast("tuple[ServedForm, ...]", lists.get("served", ()))
    problems = [*_faults(endpoints), *_not_in_catalogue(endpoints, served, catalogue)]
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


def _not_in_catalogue(
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


def catalogue_schema() -> Schema:
    """One schema (draft 2020-12) that every file of a catalogue folder satisfies."""
    every = {**LISTS, **FORMS}
    _, forms = models_json_schema([(form, "validation") for form in every.values()])
    lists = {
        name: {"type": "array", "maxItems": MAX_ENTRIES, "items": {"$ref": f"#/$defs/{form.__name__}"}}
        for name, form in every.items()
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A file of a catalogue folder",
        "description": ", ".join(f"{name}.yaml" for name in (*LISTS, "endpoints")),
        "type": "object",
        "properties": lists,
        "minProperties": 1,
        "additionalProperties": False,
        "$defs": forms["$defs"],
    }
