"""The JSON Schema of the files in a rules folder, made from the names and options that the rules are read with.

Traits, terms and constants are a folder's own, so their names and values stay open. What no schema can say, such as
whether a comparison is exact, ``advisor rules check`` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from advisor.domain.scenario import Axis, Route, Scenario
from advisor.rulebook.builder import ID_PATTERN, WORD_PATTERN
from advisor.rulebook.conditions import NEGATED
from advisor.rulebook.symbols import FIELD_NAMES, OUTCOME_NAMES, STANDING_NAMES, Name, Scope
from advisor.rulebook.terms import MAX_LENGTH

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "pattern": r"\S"}
_SCALAR: Schema = {"type": ["string", "number", "boolean"]}
_NEEDS = {name: known for name, known in FIELD_NAMES.items() if known.scope is Scope.NEED}
_AMOUNTS = {name: known for name, known in FIELD_NAMES.items() if known.scope is Scope.AMOUNT}


def rules_schema() -> Schema:
    """One schema (draft 2020-12) that every file of a rules folder satisfies; ``$defs`` holds each kind of file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A file of a rules folder",
        "description": "gates/*.yaml, preferences.yaml, advice.yaml, routes.yaml, terms.yaml and cases/*.yaml",
        "anyOf": [_ref(name) for name in _files()],
        "$defs": {**_scenario(), **_files(), **_records(), **_conditions()},
    }


def _files() -> dict[str, Schema]:
    return {
        "gates_file": _list("gate"),
        "preferences_file": _list("preference"),
        "advice_file": _list("advice"),
        "routes_file": _record(
            {"traits": _named("trait"), "offers": {"type": "array", "minItems": 1, "items": _ref("offer")}}
        ),
        "terms_file": _record({"terms": _named("term")}, {"constants": _or_null(_named("constant"))}),
        "cases_file": _record({"cases": _list("case")}, {"base": _or_null(_ref("scenario"))}),
    }


def _records() -> dict[str, Schema]:
    rule = {"id": _ref("id"), "axis": {"enum": list(Axis)}, "because": _TEXT, "source": _TEXT}
    routes = {"anyOf": [_ref("route"), {"type": "array", "minItems": 1, "items": _ref("route")}]}
    expect = _record(
        {"route": {"enum": [*Route, "none"]}},
        {"deciding_axis": {"enum": [*Axis, None]}, "rules": _or_null(_list("id"))},
    )
    traits = {"type": "object", "propertyNames": _ref("name"), "additionalProperties": _SCALAR}
    offers = {"type": "object", "additionalProperties": traits}
    return {
        "id": {"type": "string", "pattern": f"^{ID_PATTERN}$"},
        "name": {"type": "string", "pattern": f"^{WORD_PATTERN}$"},
        "route": {"enum": list(Route)},
        "gate": _record(
            {**rule, "when": _some(_ref("gate_condition")), "eliminate": {"const": "offer"}}, {"provided": _TEXT}
        ),
        "preference": _record({**rule, "when": _ref("preference_when"), "prefer": routes, "over": routes}),
        "advice": _record({**rule, "when": _ref("advice_condition"), "advise": _TEXT}),
        "trait": _record(
            {
                "label": _TEXT,
                "values": {
                    "anyOf": [
                        {"enum": list(FIELD_NAMES)},
                        {
                            "type": "array",
                            "minItems": 1,
                            "uniqueItems": True,
                            "items": {"type": "string", "not": {"const": "unknown"}},
                        },
                    ]
                },
                "source": _TEXT,
            }
        ),
        "offer": _record({"id": _ref("id"), "route": _ref("route"), "label": _TEXT, "traits": traits}),
        "constant": {"type": "integer", "minimum": 1, "maximum": 10**9 - 1},
        "term": {"type": "string", "maxLength": MAX_LENGTH, "pattern": r"^[a-z0-9_+*/() -]+$"},
        "case": _record(
            {
                "id": _ref("id"),
                "about": _list("id"),
                "given": _ref("scenario"),
                "expect": expect,
            },
            {"offers": _or_null(offers)},
        ),
    }


def _conditions() -> dict[str, Schema]:
    """What each kind of rule may ask for. A name nobody knows here is a trait, a term or a constant."""
    preference = {**_NEEDS, **_AMOUNTS}
    advice = {**preference, **OUTCOME_NAMES}
    known = {**FIELD_NAMES, **OUTCOME_NAMES, **STANDING_NAMES}
    return {
        "gate_condition": _condition("gate_condition", _NEEDS, known),
        "preference_condition": _condition("preference_condition", preference, known),
        "preference_when": _condition("preference_condition", {**preference, **STANDING_NAMES}, known),
        "advice_condition": _condition("advice_condition", advice, known),
        **{_asked_as(name): _asked(name) for name in (*advice.values(), *STANDING_NAMES.values())},
        "asked_own_name": _value(_SCALAR, ordered=_SCALAR),
    }


def _condition(within: str, names: Mapping[str, Name], known: Iterable[str]) -> Schema:
    parts = {"type": "array", "minItems": 1, "items": _some(_ref(within))}
    return {
        "type": "object",
        "properties": {
            **{name: _ref(_asked_as(of)) for name, of in names.items()},
            "all": parts,
            "any": parts,
            "not": _some(_ref(within)),
        },
        "propertyNames": {**_ref("name"), "not": {"enum": [name for name in known if name not in names]}},
        "additionalProperties": _ref("asked_own_name"),
    }


def _asked_as(name: Name) -> str:
    if name.numeric:
        return "asked_amount"
    return f"asked_{name.scope}_{name.name}"


def _asked(name: Name) -> Schema:
    """What a name may be asked for: one value, one of several, or a comparison."""
    if name.numeric:
        return _operators({"type": ["string", "number"]}, None)
    literal: Schema = {"type": "boolean"} if name.boolean else {"enum": list(name.options)}
    return _value(literal, {"type": "string"} if name.ordered else None)


def _value(literal: Schema, ordered: Schema | None) -> Schema:
    several = {"type": "array", "minItems": 1, "items": literal}
    return {"anyOf": [literal, several, _operators(ordered, {"anyOf": [literal, several]})]}


def _operators(right: Schema | None, refused: Schema | None) -> Schema:
    """The operators with what may stand on their right; ``not`` also takes operators."""
    ordered = dict.fromkeys(NEGATED, right) if right else {}
    again = {"type": "object", "minProperties": 1, "propertyNames": {"enum": [*ordered, "not"]}}
    negated = {"anyOf": [refused, again]} if refused else again
    return _some({"type": "object", "properties": {**ordered, "not": negated}, "additionalProperties": False})


def _scenario() -> dict[str, Schema]:
    schema = Scenario.model_json_schema()
    return {**schema.pop("$defs"), "scenario": schema}


def _record(needed: dict[str, Schema], more: dict[str, Schema] | None = None) -> Schema:
    properties = {**needed, **(more or {})}
    return {"type": "object", "properties": properties, "required": list(needed), "additionalProperties": False}


def _named(of: str) -> Schema:
    return {"type": "object", "propertyNames": _ref("name"), "additionalProperties": _ref(of)}


def _list(of: str) -> Schema:
    return {"type": "array", "items": _ref(of)}


def _some(schema: Schema) -> Schema:
    return {**schema, "minProperties": 1}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}
