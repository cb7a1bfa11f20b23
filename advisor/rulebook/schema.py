"""The JSON Schema of the files in a rules folder: the forms of ``records``, and the conditions of rules.

A folder defines its traits, terms and constants, so the schema leaves their names and values open. What no schema can
express, such as whether a comparison is exact, is checked by ``advisor rules check``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from advisor.domain.scenario import Scenario
from advisor.rulebook import records
from advisor.rulebook.model import NEGATED
from advisor.rulebook.records import REF, SCALAR, WORD_PATTERN, Schema, list_of, ref
from advisor.rulebook.symbols import FIELD_NAMES, OUTCOME_NAMES, STANDING_NAMES, Name, Scope

_NEEDS = {name: known for name, known in FIELD_NAMES.items() if known.scope is Scope.NEED}
_AMOUNTS = {name: known for name, known in FIELD_NAMES.items() if known.scope is Scope.AMOUNT}


_LISTS: dict[str, type[BaseModel]] = {
    "gates": records.GateForm,
    "preferences": records.PreferenceForm,
    "advice": records.AdviceForm,
}
_MAPPINGS: dict[str, type[BaseModel]] = {
    "routes": records.RoutesFile,
    "terms": records.TermsFile,
    "cases": records.CasesFile,
}
_OTHERS = (records.TraitForm, records.OfferForm, records.CaseForm, Scenario)


def rules_schema() -> Schema:
    """One schema (draft 2020-12) that every file of a rules folder satisfies; ``$defs`` holds each kind of file."""
    files = {f"{kind}_file": list_of(form.__name__) for kind, form in _LISTS.items()}
    files |= {f"{kind}_file": ref(form.__name__) for kind, form in _MAPPINGS.items()}
    models: list[type[BaseModel]] = [*_LISTS.values(), *_MAPPINGS.values(), *_OTHERS]
    _, forms = models_json_schema([(model, "validation") for model in models])
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A file of a rules folder",
        "description": "gates/*.yaml, preferences.yaml, advice.yaml, routes.yaml, terms.yaml and cases/*.yaml",
        "anyOf": [ref(name) for name in files],
        "$defs": {**forms["$defs"], **files, **_conditions()},
    }
    resolved: Schema = json.loads(json.dumps(schema).replace(f'"{REF}":', '"$ref":'))
    return resolved


def _conditions() -> dict[str, Schema]:
    """The conditions of each kind of rule. Any other name is a trait, a term or a constant."""
    preference = {**_NEEDS, **_AMOUNTS}
    advice = {**preference, **OUTCOME_NAMES}
    known = {**FIELD_NAMES, **OUTCOME_NAMES, **STANDING_NAMES}
    return {
        "gate_condition": _condition("gate_condition", _NEEDS, known),
        "preference_condition": _condition("preference_condition", preference, known),
        "preference_when": _condition("preference_condition", {**preference, **STANDING_NAMES}, known),
        "advice_condition": _condition("advice_condition", advice, known),
        **{_asked_as(name): _asked(name) for name in (*advice.values(), *STANDING_NAMES.values())},
        "asked_own_name": _value(SCALAR, ordered=SCALAR),
    }


def _condition(within: str, names: Mapping[str, Name], known: Iterable[str]) -> Schema:
    parts = {"type": "array", "minItems": 1, "items": _some(ref(within))}
    return {
        "type": "object",
        "properties": {
            **{name: ref(_asked_as(of)) for name, of in names.items()},
            "all": parts,
            "any": parts,
            "not": _some(ref(within)),
        },
        "propertyNames": {"pattern": WORD_PATTERN, "not": {"enum": [name for name in known if name not in names]}},
        "additionalProperties": ref("asked_own_name"),
    }


def _asked_as(name: Name) -> str:
    return "asked_amount" if name.numeric else f"asked_{name.scope}_{name.name}"


def _asked(name: Name) -> Schema:
    """What a name may be compared with: one value, one of several, or a comparison."""
    if name.numeric:
        return _operators({"type": ["string", "number"]}, None)
    literal: Schema = {"type": "boolean"} if name.boolean else {"enum": list(name.options)}
    return _value(literal, {"type": "string"} if name.ordered else None)


def _value(literal: Schema, ordered: Schema | None) -> Schema:
    several = {"type": "array", "minItems": 1, "items": literal}
    return {"anyOf": [literal, several, _operators(ordered, {"anyOf": [literal, several]})]}


def _operators(right: Schema | None, refused: Schema | None) -> Schema:
    """The operators and their operands; ``not`` also takes operators."""
    ordered = dict.fromkeys(NEGATED, right) if right else {}
    again = {"type": "object", "minProperties": 1, "propertyNames": {"enum": [*ordered, "not"]}}
    negated = {"anyOf": [refused, again]} if refused else again
    return _some({"type": "object", "properties": {**ordered, "not": negated}, "additionalProperties": False})


def _some(schema: Schema) -> Schema:
    return {**schema, "minProperties": 1}
