"""A validator of JSON Schemas that knows the keywords ours use, and fails on any other: none is taken for granted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | Decimal) and not isinstance(value, bool),
    "null": lambda value: value is None,
}
ANNOTATIONS = {"$schema", "$defs", "title", "description", "default", "axis", "optional", "since_schema_version"}


def same(a: Any, b: Any) -> bool:
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


def valid(value: Any, schema: dict[str, Any], definitions: dict[str, Any]) -> bool:
    """Whether a value satisfies a schema; ``definitions`` are what its references name."""
    known = ((key, rule) for key, rule in schema.items() if key not in ANNOTATIONS)
    return all(_keyword(key, rule, value, schema, definitions) for key, rule in known)


def _keyword(key: str, rule: Any, value: Any, schema: dict[str, Any], definitions: dict[str, Any]) -> bool:
    members = value if isinstance(value, dict) else {}
    items = value if isinstance(value, list) else []
    number = value if TYPES["number"](value) else None
    match key:
        case "$ref":
            return valid(value, definitions[rule.removeprefix("#/$defs/")], definitions)
        case "type":
            return any(TYPES[name](value) for name in ([rule] if isinstance(rule, str) else rule))
        case "enum":
            return any(same(value, option) for option in rule)
        case "const":
            return same(value, rule)
        case "anyOf":
            return any(valid(value, option, definitions) for option in rule)
        case "not":
            return not valid(value, rule, definitions)
        case "properties":
            return all(valid(members[name], part, definitions) for name, part in rule.items() if name in members)
        case "additionalProperties":
            more = [part for name, part in members.items() if name not in schema.get("properties", {})]
            return all(valid(part, rule, definitions) if isinstance(rule, dict) else rule for part in more)
        case "required":
            return not isinstance(value, dict) or all(name in members for name in rule)
        case "propertyNames":
            return all(valid(name, rule, definitions) for name in members)
        case "minProperties":
            return not isinstance(value, dict) or len(members) >= rule
        case "items":
            return all(valid(item, rule, definitions) for item in items)
        case "minItems":
            return not isinstance(value, list) or len(items) >= rule
        case "maxItems":
            return not isinstance(value, list) or len(items) <= rule
        case "uniqueItems":
            return len({json.dumps(item, default=str) for item in items}) == len(items) or not rule
        case "pattern":
            return not isinstance(value, str) or re.search(rule, value) is not None
        case "maxLength":
            return not isinstance(value, str) or len(value) <= rule
        case "minimum":
            return number is None or number >= rule
        case "maximum":
            return number is None or number <= rule
    raise AssertionError(f"the validator does not know {key}")
