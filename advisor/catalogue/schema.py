"""The JSON Schema of the files of a catalogue folder, and of the same lists in one file."""

from __future__ import annotations

from pydantic.json_schema import models_json_schema

from advisor.catalogue.endpoints import FORMS
from advisor.catalogue.entries import LISTS
from advisor.catalogue.loader import MAX_ENTRIES
from advisor.rulebook.records import Schema


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
