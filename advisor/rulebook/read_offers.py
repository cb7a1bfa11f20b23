"""Reads routes.yaml and terms.yaml: traits, offers, constants and terms."""

from __future__ import annotations

from typing import Any

from advisor.common.diagnostics import did_you_mean, quoted
from advisor.common.yaml_loader import Mapping, Sequence
from advisor.domain.offer import UNKNOWN, Encoded, Offer, Trait, Unknown
from advisor.domain.quantity import NotANumber
from advisor.domain.scenario import MAX_MONTHLY_COST, Route
from advisor.rulebook.builder import Draft, check_new_name, id_of, only_known, option_of, parts_of, text_of
from advisor.rulebook.conditions import LARGEST
from advisor.rulebook.diagnostics import Code
from advisor.rulebook.symbols import Name, Scope
from advisor.rulebook.terms import constant_value, parse_term

_NO_LIMIT = int(MAX_MONTHLY_COST.scaleb(8))


def read_routes(draft: Draft, document: Any, file: str) -> None:
    parts = parts_of(document, {"traits": Mapping, "offers": Sequence}, set(), file)
    for name, record in parts["traits"].items():
        with draft.collecting():
            _read_trait(draft, name, record, file, parts["traits"].lines[name])
    if draft.problems:
        return
    draft.each(parts["offers"], file, lambda record, file: _read_offer(draft, record, file))
    if not draft.offers and not draft.problems:
        help = "add at least one record that starts with `- id:`"
        draft.problems.append(Code.MISSING_PART.problem("there is no offer", file, document.lines["offers"], help=help))


def _read_trait(draft: Draft, name: str, record: Any, file: str, line: int) -> None:
    whose = f"trait {quoted(name)}"
    if not isinstance(record, Mapping):
        raise Code.WRONG_FORM.fault(f"{whose} is not a record", file, line, help="it needs label, values and source")
    only_known(record, {"label", "values", "source"}, file)
    check_new_name(draft, name, file, line)
    values = record.get("values")
    line = record.lines.get("values", line)
    if isinstance(values, str) and values in draft.names:
        like = draft.names[values]
        known = Name(name, Scope.TRAIT, like.options, like.ordered, like.boolean, like.places)
    elif isinstance(values, str):
        help = did_you_mean(values, draft.names) or "name a scenario field, or list the words"
        raise Code.UNKNOWN_NAME.fault(f"{quoted(values)} is not a scenario field", file, line, "values", help=help)
    elif not isinstance(values, Sequence) or not values or not all(isinstance(value, str) for value in values):
        help = "list its words, or name a scenario field"
        raise Code.MISSING_PART.fault(f"{whose} has no `values`", file, line, help=help)
    elif len(set(values)) < len(values):
        raise Code.DUPLICATE_ID.fault(
            f"a word stands twice in {quoted(values)}", file, line, "values", help="list each once"
        )
    elif "unknown" in values:
        help = "leave it out: every trait may be unknown"
        raise Code.UNUSABLE_NAME.fault("`unknown` cannot be listed", file, line, "values", help=help)
    else:
        known = Name(name, Scope.TRAIT, tuple(values))
    draft.names[name] = known
    label, source = text_of(record, "label", file, whose), text_of(record, "source", file, whose)
    draft.traits[name] = Trait(name, label, known.options, source)


def _read_offer(draft: Draft, record: Mapping, file: str) -> None:
    only_known(record, {"id", "route", "label", "traits"}, file)
    id = id_of(record, file)
    whose = f"offer `{id}`"
    route = Route(option_of(record, "route", tuple(Route), "a route", file, whose))
    if any(offer.id == id for offer in draft.offers):
        what = f"offer {quoted(id)} stands twice"
        raise Code.DUPLICATE_ID.fault(what, file, record.lines["id"], help="give it an id of its own")
    stated = record.get("traits")
    if not isinstance(stated, Mapping):
        line = record.lines.get("traits", record.line)
        help = "add `traits:` with a value for each"
        raise Code.MISSING_PART.fault(f"{whose} has no `traits`", file, line, help=help)
    only_known(stated, set(draft.traits), file)
    missing = [name for name in draft.traits if name not in stated]
    if missing:
        help = "write `unknown` where nobody has established it"
        names = ", ".join(f"`{name}`" for name in missing)
        raise Code.MISSING_PART.fault(f"{whose} does not state {names}", file, stated.line, help=help)
    encoded = {name: trait_value(draft.names[name], stated, file) for name in draft.traits}
    words = {name: str(value) for name, value in stated.items()}
    draft.offers.append(Offer(id, route, text_of(record, "label", file, whose), words, encoded))


def trait_value(name: Name, stated: Mapping, file: str) -> Encoded | Unknown:
    value = stated[name.name]
    if value == "unknown":
        return UNKNOWN
    if name.numeric and value == "none":
        return _NO_LIMIT
    try:
        return name.encode(value)
    except NotANumber as error:
        help = f"{error.help}{'' if error.help.endswith('?') else ','} or `unknown`"
        raise Code.WRONG_VALUE.fault(str(error), file, stated.lines[name.name], name.name, help=help) from None


def read_terms(draft: Draft, document: Any, file: str) -> None:
    with draft.collecting():
        parts = parts_of(document, {"terms": Mapping}, {"constants"}, file)
        constants = Mapping(parts.line)
        if parts.get("constants") is not None:
            constants = parts_of(document, {"constants": Mapping}, {"terms"}, file)["constants"]
        for name, value in constants.items():
            with draft.collecting():
                _read_constant(draft, name, value, file, constants.lines[name])
        terms = parts["terms"]
        others = {name: Name(name, Scope.TERM) for name in terms}
        for name, text in terms.items():
            with draft.collecting():
                check_new_name(draft, name, file, terms.lines[name])
                draft.places[name] = (file, terms.lines[name])
                draft.terms[name] = parse_term(name, text, {**others, **draft.names}, file, terms.lines[name])
                value = constant_value(draft.terms[name].expression, draft.constants)
                if value is not None and abs(value) >= LARGEST:
                    what = f"term `{name}` comes to {value:,}, which is larger than the engine can compare"
                    raise Code.ENGINE_LIMIT.fault(what, file, terms.lines[name], help="check the numbers in it")
    draft.names.update((name, term.name) for name, term in draft.terms.items())


def _read_constant(draft: Draft, name: str, value: Any, file: str, line: int) -> None:
    check_new_name(draft, name, file, line)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**9:
        help = "write a whole number from 1 to 999999999"
        raise Code.WRONG_VALUE.fault(f"{quoted(value)} cannot be a constant", file, line, name, help=help)
    draft.constants[name] = value
    draft.places[name] = (file, line)
    draft.names[name] = Name(name, Scope.CONSTANT, places=0, may_be_zero=False)
