"""Reads rules: gates, preferences and advice."""

from __future__ import annotations

from typing import Any

from advisor.common.diagnostics import did_you_mean, quoted
from advisor.common.yaml_loader import Mapping, Sequence
from advisor.domain.offer import Unknown
from advisor.domain.scenario import Axis, Route
from advisor.rulebook.builder import Draft, id_of, one_option, only_known, option_of, text_of
from advisor.rulebook.conditions import All, Comparison, Parser, names_in_order
from advisor.rulebook.diagnostics import Code
from advisor.rulebook.model import Advice, Gate, Preference
from advisor.rulebook.placeholders import FIGURES, fields_of
from advisor.rulebook.symbols import OUTCOME_NAMES, RUNNING, STANDING_NAMES, Name, Scope

_SHARED = {"id", "axis", "when", "because", "source"}


def _rule(draft: Draft, record: Mapping, file: str, more: set[str]) -> dict[str, Any]:
    """The parts every rule has; ``when`` stays raw."""
    id = id_of(record, file)
    only_known(record, _SHARED | more, file)
    whose = f"rule `{id}`"
    if id in draft.rules:
        first = draft.rules[id]
        what = f"rule {quoted(id)} stands twice, first in {first.file}:{first.line}"
        raise Code.DUPLICATE_ID.fault(what, file, record.lines["id"], help="give it an id of its own")
    axis = option_of(record, "axis", tuple(Axis), "an axis", file, whose)
    if not isinstance(record.get("when"), Mapping):
        line = record.lines.get("when", record.line)
        help = "write `when: {name: value}`, or `{}` for always"
        if record.get("when") is None:
            raise Code.MISSING_PART.fault(f"{whose} has no `when`", file, line, help=help)
        raise Code.WRONG_FORM.fault(f"{whose} has a `when` that is not a mapping", file, line, help=help)
    parts = {"because": text_of(record, "because", file, whose), "source": text_of(record, "source", file, whose)}
    return {"id": id, "axis": Axis(axis), **parts, "file": file, "line": record.line}


def names_in(draft: Draft, *scopes: Scope) -> dict[str, Name]:
    return {name: known for name, known in draft.names.items() if known.scope in scopes}


def all_names(draft: Draft) -> dict[str, Name]:
    return {**OUTCOME_NAMES, **STANDING_NAMES, **draft.names}


def read_gate(draft: Draft, record: Mapping, file: str) -> None:
    shared = _rule(draft, record, file, {"eliminate", "provided"})
    if record.get("eliminate") != "offer":
        line = record.lines.get("eliminate", record.line)
        help = "a gate takes out the offers for which its `when` holds: write `eliminate: offer`"
        what = f"gate `{shared['id']}` does not say `eliminate: offer`"
        raise Code.MISSING_PART.fault(what, file, line, help=help)
    names = names_in(draft, Scope.NEED, Scope.TRAIT)
    when = Parser(names, file, shared["id"], all_names(draft)).parse(record["when"])
    traits = [name for name in names_in_order(when) if names[name].scope is Scope.TRAIT]
    if not traits:
        help = "a gate compares a need with a trait of the offer"
        what = f"gate `{shared['id']}` asks about no trait"
        raise Code.GATE_WITHOUT_TRAIT.fault(what, file, record.lines["when"], help=help)
    open_traits = [name for name in traits if any(isinstance(offer.traits[name], Unknown) for offer in draft.offers)]
    provided = text_of(record, "provided", file, f"gate `{shared['id']}`") if "provided" in record else None
    if open_traits and provided is None:
        help = f"`{open_traits[0]}` is unknown for some offer: add `provided:` with what is then to be verified"
        what = f"gate `{shared['id']}` has no `provided`"
        raise Code.MISSING_PROVIDED.fault(what, file, record.line, help=help)
    draft.rules[shared["id"]] = Gate(**shared, when=when, provided=provided)


def read_preference(draft: Draft, record: Mapping, file: str) -> None:
    shared = _rule(draft, record, file, {"prefer", "over"})
    id = shared["id"]
    prefer, over = (_routes(record, key, file, id) for key in ("prefer", "over"))
    if set(prefer) & set(over):
        help = "name each route on one side only"
        raise Code.SELF_PREFERENCE.fault(
            f"rule `{id}` prefers a route over itself", file, record.lines["over"], help=help
        )
    names = {**names_in(draft, Scope.NEED, Scope.AMOUNT, Scope.TERM, Scope.CONSTANT), **STANDING_NAMES}
    whole = Parser(names, file, id, all_names(draft)).parse(record["when"])
    parts = whole.parts if isinstance(whole, All) else (whole,)
    standing = [part for part in parts if isinstance(part, Comparison) and part.name in STANDING_NAMES]
    rest = tuple(part for part in parts if part not in standing)
    when = rest[0] if len(rest) == 1 else All(rest)
    if any(name in STANDING_NAMES for name in names_in_order(when)):
        help = "a route's name is asked for at the top of `when` only"
        what = f"rule `{id}` asks `running` or `out` too deep"
        raise Code.MISPLACED_STANDING.fault(what, file, record.lines["when"], help=help)
    running = frozenset(Route(part.name) for part in standing if part.right == RUNNING)
    out = frozenset(Route(part.name) for part in standing if part.right != RUNNING)
    draft.rules[id] = Preference(**shared, when=when, prefer=prefer, over=over, running=running, out=out)


def _routes(record: Mapping, key: str, file: str, id: str) -> tuple[Route, ...]:
    value = record.get(key)
    line = record.lines.get(key, record.line)
    routes = list(value) if isinstance(value, Sequence) else [value]
    if not routes or routes == [None]:
        help = f"add `{key}:` with one or more of " + ", ".join(Route)
        raise Code.MISSING_PART.fault(f"rule `{id}` has no `{key}`", file, line, help=help)
    return tuple(Route(one_option(route, tuple(Route), "a route", file, line)) for route in routes)


def read_advice(draft: Draft, record: Mapping, file: str) -> None:
    shared = _rule(draft, record, file, {"advise"})
    names = {**names_in(draft, Scope.NEED, Scope.AMOUNT, Scope.TERM, Scope.CONSTANT), **OUTCOME_NAMES}
    when = Parser(names, file, shared["id"], all_names(draft)).parse(record["when"])
    advise = text_of(record, "advise", file, f"rule `{shared['id']}`")
    line = record.lines["advise"]
    figures = {*FIGURES, *draft.constants}
    try:
        printed = fields_of(advise)
    except ValueError:
        what = f"in rule `{shared['id']}`, a brace of the advice is not one of a pair"
        help = "write a figure as {name}, and a brace as two"
        raise Code.UNKNOWN_FIGURE.fault(what, file, line, help=help) from None
    for name, more in printed:
        if more or name not in figures:
            close = did_you_mean(name, figures) if name not in figures else "write the name alone"
            what = f"in rule `{shared['id']}`, {quoted('{' + name + more + '}')} is no figure"
            known = "figures: " + ", ".join(sorted(figures))
            raise Code.UNKNOWN_FIGURE.fault(what, file, line, help=close or known)
    draft.rules[shared["id"]] = Advice(**shared, when=when, advise=advise)
