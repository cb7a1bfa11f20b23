"""Loads a rules folder, checks all of it, and reports every fault with file and line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any

from advisor import strict_yaml
from advisor.errors import BadInput, Problem, did_you_mean, quoted
from advisor.files import bundled, read_text
from advisor.offers import UNKNOWN, Encoded, Offer, Trait, Unknown
from advisor.quantity import NotANumber
from advisor.rulebook.conditions import All, Comparison, Parser, names_in_order
from advisor.rulebook.limits import engine_limits
from advisor.rulebook.model import Advice, Case, Gate, Preference, Rule, Rulebook
from advisor.rulebook.names import FIELD_NAMES, OUTCOME_NAMES, RUNNING, STANDING_NAMES, Name, Scope
from advisor.rulebook.terms import Term, parse_term
from advisor.scenario import FIELDS, MAX_MONTHLY_COST, Axis, Route
from advisor.strict_yaml import Mapping, Sequence

FIGURES = frozenset(
    ("closed_saving", "crossover", "few_step_crossover", "gpu_month", "payback_limit_months", "payback_months", "units")
)
"""What {name} in an advice may print, besides the constants."""
_MAX_FILES = 200
_SHARED = {"id", "axis", "when", "because", "source"}
_NO_LIMIT = int(MAX_MONTHLY_COST.scaleb(8))


@dataclass
class _Draft:
    """What has been read so far, and every fault found on the way."""

    folder: Path
    problems: list[Problem] = field(default_factory=list)
    names: dict[str, Name] = field(default_factory=lambda: dict(FIELD_NAMES))
    traits: dict[str, Trait] = field(default_factory=dict)
    offers: list[Offer] = field(default_factory=list)
    constants: dict[str, int] = field(default_factory=dict)
    terms: dict[str, Term] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)

    def each(self, data: Any, file: str, read: Callable[[Mapping, str], None]) -> None:
        """Reads a list of records one by one, so that one faulty record does not hide the next."""
        if not isinstance(data, Sequence):
            self.problems.append(Problem("this is not a list of records", file, help="start each record with `- id:`"))
            return
        for record, line in zip(data, data.lines, strict=True):
            try:
                if not isinstance(record, Mapping):
                    raise BadInput(Problem("this is not a record", file, line, help="start each record with `- id:`"))
                read(record, file)
            except BadInput as error:
                self.problems.extend(error.problems)


def load_rulebook(folder: str | Path | None = None) -> Rulebook:
    """The rulebook in a folder, the bundled one without. Raises BadInput listing every fault found."""
    return _load(Path(folder) if folder is not None else bundled("rules"))


@lru_cache(maxsize=1)
def bundled_rulebook() -> Rulebook:
    """The rulebook that came with the program, loaded once."""
    return load_rulebook()


def _load(folder: Path) -> Rulebook:
    if not folder.is_dir():
        raise BadInput(Problem("there is no such rules folder", file=str(folder), help="check --rules"))
    draft = _Draft(folder)
    documents = dict(_documents(folder))
    for file in ("routes.yaml", "terms.yaml", "preferences.yaml", "advice.yaml"):
        if file not in documents:
            raise BadInput(Problem("this file of the rulebook is missing", file=str(folder / file)))
    _read_routes(draft, documents["routes.yaml"], str(folder / "routes.yaml"))
    _read_terms(draft, documents["terms.yaml"], str(folder / "terms.yaml"))
    if draft.problems:
        raise BadInput(draft.problems)
    for name, document in documents.items():
        file = str(folder / name)
        if name.startswith("gates/"):
            draft.each(document, file, lambda record, file: _read_gate(draft, record, file))
        elif name == "preferences.yaml":
            draft.each(document, file, lambda record, file: _read_preference(draft, record, file))
        elif name == "advice.yaml":
            draft.each(document, file, lambda record, file: _read_advice(draft, record, file))
        elif name.startswith("cases/"):
            _read_cases(draft, document, file)
    for case in draft.cases:
        _check_case(draft, case)
    if draft.problems:
        raise BadInput(draft.problems)
    return _finished(draft, documents)


def _documents(folder: Path) -> Iterator[tuple[str, Any]]:
    files = sorted((*folder.glob("*.yaml"), *folder.glob("gates/*.yaml"), *folder.glob("cases/*.yaml")))
    if len(files) > _MAX_FILES:
        raise BadInput(Problem(f"there are more than {_MAX_FILES} rule files", file=str(folder)))
    for path in files:
        yield path.relative_to(folder).as_posix(), strict_yaml.load(read_text(str(path)), str(path))


def _finished(draft: _Draft, documents: dict[str, Any]) -> Rulebook:
    precedence = list(Axis)
    rules = tuple(sorted(draft.rules.values(), key=lambda rule: precedence.index(rule.axis)))
    ruling = {name: document for name, document in documents.items() if not name.startswith("cases/")}
    canonical = json.dumps(ruling, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    rulebook = Rulebook(
        traits=draft.traits,
        offers=tuple(draft.offers),
        names=draft.names,
        constants=draft.constants,
        terms=draft.terms,
        gates=tuple(rule for rule in rules if isinstance(rule, Gate)),
        preferences=tuple(rule for rule in rules if isinstance(rule, Preference)),
        advice=tuple(rule for rule in rules if isinstance(rule, Advice)),
        cases=tuple(draft.cases),
        digest="sha256:" + hashlib.sha256(canonical.encode()).hexdigest(),
    )
    problems = list(engine_limits(rulebook))
    if problems:
        raise BadInput(problems)
    return rulebook


def _text(record: Mapping, key: str, file: str, rule: str | None = None) -> str:
    value = record.get(key)
    line = record.lines.get(key, record.line)
    whose = f"rule `{rule}` has" if rule else "this record has"
    if not isinstance(value, str) or not value.strip():
        raise BadInput(Problem(f"{whose} no `{key}`", file, line, help=f"add `{key}:` with a line of text"))
    return value


def _only(record: Mapping, allowed: set[str], file: str) -> None:
    for key in record:
        if key not in allowed:
            help = did_you_mean(key, allowed) or "allowed here: " + ", ".join(sorted(allowed))
            raise BadInput(Problem(f"{quoted(key)} is not known here", file, record.lines[key], help=help))


def _one(value: Any, options: tuple[str, ...], what: str, file: str, line: int) -> str:
    if value not in options:
        help = did_you_mean(str(value), options) or "one of " + ", ".join(options)
        raise BadInput(Problem(f"{quoted(value)} is not {what}", file, line, help=help))
    return str(value)


def _read_routes(draft: _Draft, document: Any, file: str) -> None:
    if not isinstance(document, Mapping):
        raise BadInput(Problem("this file needs `traits` and `offers`", file))
    _only(document, {"traits", "offers"}, file)
    traits = document.get("traits")
    if not isinstance(traits, Mapping) or not isinstance(document.get("offers"), Sequence):
        raise BadInput(Problem("this file needs `traits` and `offers`", file, document.line))
    for name, record in traits.items():
        try:
            _read_trait(draft, name, record, file, traits.lines[name])
        except BadInput as error:
            draft.problems.extend(error.problems)
    draft.each(document["offers"], file, lambda record, file: _read_offer(draft, record, file))
    if not draft.offers and not draft.problems:
        draft.problems.append(Problem("there is no offer", file, document.lines["offers"]))


def _read_trait(draft: _Draft, name: str, record: Any, file: str, line: int) -> None:
    if not isinstance(record, Mapping):
        raise BadInput(Problem(f"trait `{name}` needs label, values and source", file, line))
    _only(record, {"label", "values", "source"}, file)
    values = record.get("values")
    if name in draft.names:
        raise BadInput(Problem(f"trait {quoted(name)} has the name of a scenario field", file, line))
    if isinstance(values, str) and values in draft.names:
        like = draft.names[values]
        known = Name(name, Scope.TRAIT, like.options, like.ordered, like.boolean, like.places)
    elif isinstance(values, Sequence) and values and all(isinstance(value, str) for value in values):
        known = Name(name, Scope.TRAIT, tuple(values))
    else:
        raise BadInput(Problem(f"trait `{name}` needs `values`: a list, or a scenario field", file, line))
    draft.names[name] = known
    draft.traits[name] = Trait(name, _text(record, "label", file), known.options, _text(record, "source", file))


def _read_offer(draft: _Draft, record: Mapping, file: str) -> None:
    _only(record, {"id", "route", "label", "traits"}, file)
    id = _text(record, "id", file)
    route = Route(_one(record.get("route"), tuple(Route), "a route", file, record.lines.get("route", record.line)))
    if any(offer.id == id for offer in draft.offers):
        raise BadInput(Problem(f"offer {quoted(id)} stands twice", file, record.lines["id"]))
    stated = record.get("traits")
    if not isinstance(stated, Mapping):
        raise BadInput(Problem(f"offer `{id}` has no `traits`", file, record.line))
    _only(stated, set(draft.traits), file)
    missing = [name for name in draft.traits if name not in stated]
    if missing:
        help = "write `unknown` where nobody has established it"
        raise BadInput(Problem(f"offer `{id}` does not state `{missing[0]}`", file, stated.line, help=help))
    encoded = {name: _trait_value(draft.names[name], stated, file) for name in draft.traits}
    words = {name: str(value) for name, value in stated.items()}
    draft.offers.append(Offer(id, route, _text(record, "label", file), words, encoded))


def _trait_value(name: Name, stated: Mapping, file: str) -> Encoded | Unknown:
    value = stated[name.name]
    if value == "unknown":
        return UNKNOWN
    if name.numeric and value == "none":
        return _NO_LIMIT
    try:
        return name.encode(value)
    except NotANumber as error:
        raise BadInput(Problem(str(error), file, stated.lines[name.name], name.name, error.help)) from None


def _read_terms(draft: _Draft, document: Any, file: str) -> None:
    if not isinstance(document, Mapping) or not isinstance(document.get("terms"), Mapping):
        raise BadInput(Problem("this file needs `terms`", file))
    _only(document, {"constants", "terms"}, file)
    constants = document.get("constants") or Mapping(document.line)
    for name, value in constants.items():
        line = constants.lines[name]
        if name in draft.names or isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**9:
            draft.problems.append(Problem(f"constant {quoted(name)} needs a new name and a whole number", file, line))
            continue
        draft.constants[name] = value
        draft.names[name] = Name(name, Scope.CONSTANT, places=0, may_be_zero=False)
    for name, text in document["terms"].items():
        line = document["terms"].lines[name]
        try:
            if name in draft.names or not name.isidentifier():
                raise BadInput(Problem(f"{quoted(name)} cannot be the name of a term", file, line))
            draft.terms[name] = parse_term(name, text, draft.names, file, line)
        except BadInput as error:
            draft.problems.extend(error.problems)
    draft.names.update((name, term.name) for name, term in draft.terms.items())


def _rule(draft: _Draft, record: Mapping, file: str, more: set[str]) -> dict[str, Any]:
    """The parts every rule has; ``when`` stays raw."""
    id = _text(record, "id", file)
    _only(record, _SHARED | more, file)
    if id in draft.rules:
        first = draft.rules[id]
        what = f"rule {quoted(id)} stands twice, first in {first.file}:{first.line}"
        raise BadInput(Problem(what, file, record.lines["id"], help="give it an id of its own"))
    axis = _one(record.get("axis"), tuple(Axis), "an axis", file, record.lines.get("axis", record.line))
    if not isinstance(record.get("when"), Mapping):
        raise BadInput(Problem(f"rule `{id}` has no `when`", file, record.line, help="write `when: {}` for always"))
    parts = {"because": _text(record, "because", file, id), "source": _text(record, "source", file, id)}
    return {"id": id, "axis": Axis(axis), **parts, "file": file, "line": record.line}


def _names(draft: _Draft, *scopes: Scope) -> dict[str, Name]:
    return {name: known for name, known in draft.names.items() if known.scope in scopes}


def _read_gate(draft: _Draft, record: Mapping, file: str) -> None:
    shared = _rule(draft, record, file, {"eliminate", "provided"})
    if record.get("eliminate") != "offer":
        line = record.lines.get("eliminate", record.line)
        raise BadInput(Problem(f"gate `{shared['id']}` needs `eliminate: offer`", file, line))
    names = _names(draft, Scope.NEED, Scope.TRAIT)
    when = Parser(names, file, shared["id"]).parse(record["when"])
    traits = [name for name in names_in_order(when) if names[name].scope is Scope.TRAIT]
    if not traits:
        help = "a gate compares a need with a trait of the offer"
        raise BadInput(Problem(f"gate `{shared['id']}` asks about no trait", file, record.lines["when"], help=help))
    open_traits = [name for name in traits if any(isinstance(offer.traits[name], Unknown) for offer in draft.offers)]
    provided = _text(record, "provided", file, shared["id"]) if "provided" in record else None
    if open_traits and provided is None:
        help = f"`{open_traits[0]}` is unknown for some offer: add the sentence to verify"
        raise BadInput(Problem(f"gate `{shared['id']}` has no `provided`", file, record.line, help=help))
    draft.rules[shared["id"]] = Gate(**shared, when=when, provided=provided)


def _read_preference(draft: _Draft, record: Mapping, file: str) -> None:
    shared = _rule(draft, record, file, {"prefer", "over"})
    id = shared["id"]
    prefer, over = (_routes(record, key, file, id) for key in ("prefer", "over"))
    if set(prefer) & set(over):
        raise BadInput(Problem(f"rule `{id}` prefers a route over itself", file, record.lines["over"]))
    names = {**_names(draft, Scope.NEED, Scope.AMOUNT, Scope.TERM, Scope.CONSTANT), **STANDING_NAMES}
    whole = Parser(names, file, id).parse(record["when"])
    parts = whole.parts if isinstance(whole, All) else (whole,)
    standing = [part for part in parts if isinstance(part, Comparison) and part.name in STANDING_NAMES]
    rest = tuple(part for part in parts if part not in standing)
    when = rest[0] if len(rest) == 1 else All(rest)
    if any(name in STANDING_NAMES for name in names_in_order(when)):
        help = "a route's name is asked for at the top of `when` only"
        raise BadInput(Problem(f"rule `{id}` asks `running` or `out` too deep", file, record.lines["when"], help=help))
    running = frozenset(Route(part.name) for part in standing if part.right == RUNNING)
    out = frozenset(Route(part.name) for part in standing if part.right != RUNNING)
    draft.rules[id] = Preference(**shared, when=when, prefer=prefer, over=over, running=running, out=out)


def _routes(record: Mapping, key: str, file: str, id: str) -> tuple[Route, ...]:
    value = record.get(key)
    line = record.lines.get(key, record.line)
    routes = list(value) if isinstance(value, Sequence) else [value]
    if not routes or routes == [None]:
        raise BadInput(Problem(f"rule `{id}` has no `{key}`", file, line, help=f"add `{key}:` with a route"))
    return tuple(Route(_one(route, tuple(Route), "a route", file, line)) for route in routes)


def _read_advice(draft: _Draft, record: Mapping, file: str) -> None:
    shared = _rule(draft, record, file, {"advise"})
    names = {**_names(draft, Scope.NEED, Scope.AMOUNT, Scope.TERM, Scope.CONSTANT), **OUTCOME_NAMES}
    when = Parser(names, file, shared["id"]).parse(record["when"])
    advise = _text(record, "advise", file, shared["id"])
    line = record.lines["advise"]
    figures = FIGURES | set(draft.constants)
    try:
        parsed = [(name, bool(spec or conversion)) for _, name, spec, conversion in Formatter().parse(advise)]
    except ValueError as error:
        raise BadInput(Problem(f"in rule `{shared['id']}`, {error}".lower(), file, line)) from None
    for name, formatted in parsed:
        if name is not None and (formatted or name not in figures):
            help = did_you_mean(name, figures) or "figures: " + ", ".join(sorted(figures))
            what = f"in rule `{shared['id']}`, {quoted('{' + name + '}')} is no figure"
            raise BadInput(Problem(what, file, line, help=help))
    draft.rules[shared["id"]] = Advice(**shared, when=when, advise=advise)


def _read_cases(draft: _Draft, document: Any, file: str) -> None:
    if not isinstance(document, Mapping) or not isinstance(document.get("cases"), Sequence):
        draft.problems.append(Problem("this file needs `cases`", file))
        return
    base = document.get("base") or Mapping(document.line)
    draft.each(document["cases"], file, lambda record, file: _read_case(draft, base, record, file))


def _read_case(draft: _Draft, base: Mapping, record: Mapping, file: str) -> None:
    _only(record, {"id", "about", "given", "expect"}, file)
    id = _text(record, "id", file)
    given, expect, about = record.get("given"), record.get("expect"), record.get("about")
    if not isinstance(given, Mapping) or not isinstance(expect, Mapping) or not isinstance(about, Sequence):
        raise BadInput(Problem(f"case `{id}` needs about, given and expect", file, record.line))
    _only(expect, {"route", "deciding_axis", "rules"}, file)
    _only(given, set(FIELDS), file)
    line = expect.line
    route, axis = expect.get("route"), expect.get("deciding_axis")
    draft.cases.append(
        Case(
            id=id,
            about=tuple(map(str, about)),
            scenario={**base, **given},
            route=None if route == "none" else Route(_one(route, tuple(Route), "a route or none", file, line)),
            deciding_axis=None if axis is None else Axis(_one(axis, tuple(Axis), "an axis", file, line)),
            rules=tuple(map(str, expect.get("rules") or ())),
            file=file,
            line=record.line,
        )
    )


def _check_case(draft: _Draft, case: Case) -> None:
    for rule in (*case.about, *case.rules):
        if rule not in draft.rules:
            what = f"case `{case.id}` names rule {quoted(rule)}, which does not exist"
            draft.problems.append(Problem(what, case.file, case.line, help=did_you_mean(rule, draft.rules)))
    if not all(isinstance(value, str | int | Decimal) for value in case.scenario.values()):
        draft.problems.append(Problem(f"case `{case.id}` holds a value of an unknown kind", case.file, case.line))
