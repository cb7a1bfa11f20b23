"""The OpenAPI document of the JSON API, from the JSON Schemas that ``advisor schema`` prints."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import advisor
from advisor.domain.record import Decision
from advisor.domain.scenario import MAX_FILE_BYTES, Scenario

DECIDE, DOCUMENT = "/api/decide", "/api/openapi.json"
_SCHEMAS = "#/components/schemas/"
_JSON = "application/json"
_REFUSED = {
    413: f"The body has more than {MAX_FILE_BYTES:,} bytes.",
    415: "The body is not declared as JSON.",
    422: "The body is not a scenario, or the date is no date. Every fault is listed, with its field.",
}


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rent or own?",
            "version": advisor.__version__,
            "description": "Decides between own GPUs, an open-weight API and a closed API for generating images.",
        },
        "paths": {DECIDE: {"post": _decide()}},
        "components": {"schemas": {**_with_parts(Scenario), **_with_parts(Decision), "Errors": _ERRORS}},
    }


def _decide() -> dict[str, Any]:
    day = {
        "name": "date",
        "in": "query",
        "description": "The day of the decision; today by default.",
        "schema": {"type": "string", "format": "date"},
    }
    refused = {str(status): _answer(what, "Errors") for status, what in _REFUSED.items()}
    return {
        "operationId": "decide",
        "summary": "Decide on a scenario",
        "description": "Answers that are not known are left out, or null; the record says what they leave open.",
        "parameters": [day],
        "requestBody": {"required": True, "content": {_JSON: {"schema": {"$ref": _SCHEMAS + "Scenario"}}}},
        "responses": {"200": _answer("The record, as `advisor decide --json` prints it.", "Decision"), **refused},
    }


def _answer(what: str, schema: str) -> dict[str, Any]:
    return {"description": what, "content": {_JSON: {"schema": {"$ref": _SCHEMAS + schema}}}}


def _with_parts(model: type[Scenario] | type[Decision]) -> dict[str, Any]:
    """The schema of a model and those of its parts, by name."""
    schema = model.model_json_schema(ref_template=_SCHEMAS + "{model}")
    return {**schema.pop("$defs", {}), model.__name__: schema}


_TEXT_OR_NULL = {"anyOf": [{"type": "string"}, {"type": "null"}]}
_ERRORS: dict[str, Any] = {
    "title": "Errors",
    "type": "object",
    "required": ["errors"],
    "additionalProperties": False,
    "properties": {
        "errors": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["field", "message", "help"],
                "additionalProperties": False,
                "properties": {"field": _TEXT_OR_NULL, "message": {"type": "string"}, "help": _TEXT_OR_NULL},
            },
        }
    },
}
