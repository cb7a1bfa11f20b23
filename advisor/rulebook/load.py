"""Loads a rules folder, checks all of it, and reports every fault with file and line."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any

from advisor import strict_yaml
from advisor.errors import BadInput, Problem, did_you_mean, quoted
from advisor.files import bundled, is_file, is_folder, read_text
from advisor.offers import UNKNOWN, Encoded, Offer, Trait, Unknown
from advisor.quantity import NotANumber
from advisor.rulebook.conditions import All, Comparison, Parser, names_in_order
from advisor.rulebook.limits import engine_limits
from advisor.rulebook.model import Advice, Case, Gate, Preference, Rule, Rulebook
from advisor.rulebook.names import FIELD_NAMES, OUTCOME_NAMES, RUNNING, STANDING_NAMES, Name, Scope
from advisor.rulebook.terms import Term, parse_term
from advisor.scenario import MAX_MONTHLY_COST, Axis, Route, validated
from advisor.strict_yaml import Mapping, Sequence

FIGURES = frozenset(
    ("closed_saving", "crossover", "few_step_crossover", "gpu_month", "payback_limit_months", "payback_months", "units")
)
"""What {name} in an advice may print, besides the constants."""
_MAX_FILES = 200
_SHARED = {"id", "axis", "when", "because", "source"}
_NO_LIMIT = int(MAX_MONTHLY_COST.scaleb(8))
_FILES = ("routes.yaml", "terms.yaml", "preferences.yaml", "advice.yaml")
_COPY = "a rules folder is complete in itself: start from a copy of the bundled one"
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,79}")
_WORD = re.compile(r"[a-z][a-z0-9_]{0,79}")
_RESERVED = frozenset(("all", "any", "not", "id", "sid", "any_fact", *STANDING_NAMES, *OUTCOME_NAMES))
"""Names that mean something else in a `when`, or to the engine."""
_ENGINES_OWN = "unknown_"
"""The engine reading marks with this what is not known, in front of a rule's id or a trait's name."""


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
            line = getattr(data, "line", None)
            help = "start each record with `- id:`"
            self.problems.append(Problem("this is not a list of records", file, line, help=help))
            return
        for record, line in zip(data, data.lines, strict=True):
            with self.collecting():
                if not isinstance(record, Mapping):
                    raise BadInput(Problem("this is not a record", file, line, help="start each record with `- id:`"))
                read(record, file)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Keeps the faults raised within, and goes on."""
        try:
            yield
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
    if not is_folder(folder):
        raise BadInput(Problem("there is no such rules folder", file=str(folder), help="check --rules"))
    draft = _Draft(folder)
    documents = _documents(draft)
    _read_routes(draft, documents["routes.yaml"], str(folder / "routes.yaml"))
    if not draft.problems:
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
    _check_cases(draft)
    if draft.problems:
        raise BadInput(draft.problems)
    return _finished(draft, documents)


def _documents(draft: _Draft) -> dict[str, Any]:
    folder = draft.folder
    if not any(is_file(folder / name) for name in _FILES):
        what = f"there are no rules in this folder: {', '.join(_FILES)} and gates/"
        raise BadInput(Problem(what, str(folder), help=_COPY))
    missing = [name for name in _FILES if not is_file(folder / name)]
    missing += [] if is_folder(folder / "gates") else ["gates"]
    if missing:
        raise BadInput(
            Problem("this part of the rulebook is missing", str(folder / name), help=_COPY) for name in missing
        )
    here = (*folder.glob("*.yaml"), *folder.glob("*/*.yaml"), *folder.glob("*.yml"), *folder.glob("*/*.yml"))
    names = sorted(path.relative_to(folder).as_posix() for path in here)
    if len(names) > _MAX_FILES:
        what = f"there are {len(names):,} files, more than {_MAX_FILES}"
        raise BadInput(Problem(what, str(folder), help="check that this is the right folder"))
    documents = {}
    for name in names:
        file = str(folder / name)
        with draft.collecting():
            if name not in _FILES and not re.fullmatch(r"(gates|cases)/[^/]*\.yaml", name):
                help = "rules stand in gates/*.yaml, preferences.yaml and advice.yaml, cases in cases/*.yaml"
                raise BadInput(Problem("nothing reads this file", file, help=help))
            documents[name] = strict_yaml.load(read_text(file), file)
    if draft.problems:
        raise BadInput(draft.problems)
    return documents


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


def _text(record: Mapping, key: str, file: str, whose: str = "this record") -> str:
    value = record.get(key)
    line = record.lines.get(key, record.line)
    help = f"add `{key}:` with a line of text"
    if value is None or (isinstance(value, str) and not value.strip()):
        raise BadInput(Problem(f"{whose} has no `{key}`", file, line, help=help))
    if not isinstance(value, str):
        raise BadInput(Problem(f"{quoted(value)} is not text", file, line, key, "put the text in quotes"))
    return value


def _id(record: Mapping, file: str) -> str:
    id = _text(record, "id", file)
    if not _ID.fullmatch(id) or id.startswith(_ENGINES_OWN):
        help = "start with a letter, then letters, digits, `-`, `_` and `.`"
        if id.startswith(_ENGINES_OWN):
            help = f"the engine marks rules of its own with `{_ENGINES_OWN}`"
        raise BadInput(Problem(f"{quoted(id)} cannot be an id", file, record.lines["id"], help=help))
    return id


def _new_name(draft: _Draft, name: str, file: str, line: int) -> None:
    """A trait, a constant or a term needs a name of its own that every reading can use."""
    if name in draft.names or name in _RESERVED or name.startswith(_ENGINES_OWN):
        raise BadInput(Problem(f"the name {quoted(name)} is taken", file, line, help="give it another one"))
    if not _WORD.fullmatch(name):
        help = "start with a small letter, then small letters, digits and `_`"
        raise BadInput(Problem(f"{quoted(name)} cannot be a name in a rule", file, line, help=help))


def _only(record: Mapping, allowed: set[str], file: str) -> None:
    for key in record:
        if key not in allowed:
            help = did_you_mean(key, allowed) or "allowed here: " + ", ".join(sorted(allowed))
            raise BadInput(Problem(f"{quoted(key)} is not known here", file, record.lines[key], help=help))


def _one(value: Any, options: tuple[str, ...], what: str, file: str, line: int) -> str:
    if value not in options:
        help = (did_you_mean(value, options) if isinstance(value, str) else None) or "one of " + ", ".join(options)
        raise BadInput(Problem(f"{quoted(value)} is not {what}", file, line, help=help))
    return str(value)


def _one_of(record: Mapping, key: str, options: tuple[str, ...], what: str, file: str, whose: str) -> str:
    line = record.lines.get(key, record.line)
    if record.get(key) is None:
        help = f"add `{key}:` with one of " + ", ".join(options)
        raise BadInput(Problem(f"{whose} has no `{key}`", file, line, help=help))
    return _one(record[key], options, what, file, line)


def _read_routes(draft: _Draft, document: Any, file: str) -> None:
    parts = _parts(document, {"traits": Mapping, "offers": Sequence}, set(), file)
    for name, record in parts["traits"].items():
        with draft.collecting():
            _read_trait(draft, name, record, file, parts["traits"].lines[name])
    if draft.problems:
        return
    draft.each(parts["offers"], file, lambda record, file: _read_offer(draft, record, file))
    if not draft.offers and not draft.problems:
        help = "add at least one record that starts with `- id:`"
        draft.problems.append(Problem("there is no offer", file, document.lines["offers"], help=help))


def _parts(document: Any, needed: dict[str, type], more: set[str], file: str) -> Mapping:
    """A file that is a mapping of named parts, each of its kind."""
    names = " and ".join(f"`{name}:`" for name in needed)
    if not isinstance(document, Mapping):
        raise BadInput(Problem(f"this file needs {names}", file, help=_COPY))
    _only(document, set(needed) | more, file)
    for name, kind in needed.items():
        if document.get(name) is None:
            raise BadInput(Problem(f"there is no `{name}:`", file, document.line, help=f"this file needs {names}"))
        if not isinstance(document[name], kind):
            what = "a mapping of names" if kind is Mapping else "a list of records"
            help = "write `name: value` a line" if kind is Mapping else "start each record with `- id:`"
            raise BadInput(Problem(f"`{name}` is not {what}", file, document.lines[name], help=help))
    return document


def _read_trait(draft: _Draft, name: str, record: Any, file: str, line: int) -> None:
    whose = f"trait {quoted(name)}"
    if not isinstance(record, Mapping):
        raise BadInput(Problem(f"{whose} is not a record", file, line, help="it needs label, values and source"))
    _only(record, {"label", "values", "source"}, file)
    _new_name(draft, name, file, line)
    values = record.get("values")
    line = record.lines.get("values", line)
    if isinstance(values, str) and values in draft.names:
        like = draft.names[values]
        known = Name(name, Scope.TRAIT, like.options, like.ordered, like.boolean, like.places)
    elif isinstance(values, str):
        help = did_you_mean(values, draft.names) or "name a scenario field, or list the words"
        raise BadInput(Problem(f"{quoted(values)} is not a scenario field", file, line, "values", help))
    elif not isinstance(values, Sequence) or not values or not all(isinstance(value, str) for value in values):
        raise BadInput(Problem(f"{whose} has no `values`", file, line, help="list its words, or name a scenario field"))
    elif len(set(values)) < len(values):
        raise BadInput(Problem(f"a word stands twice in {quoted(values)}", file, line, "values", "list each once"))
    elif "unknown" in values:
        help = "leave it out: every trait may be unknown"
        raise BadInput(Problem("`unknown` cannot be listed", file, line, "values", help))
    else:
        known = Name(name, Scope.TRAIT, tuple(values))
    draft.names[name] = known
    label, source = _text(record, "label", file, whose), _text(record, "source", file, whose)
    draft.traits[name] = Trait(name, label, known.options, source)


def _read_offer(draft: _Draft, record: Mapping, file: str) -> None:
    _only(record, {"id", "route", "label", "traits"}, file)
    id = _id(record, file)
    whose = f"offer `{id}`"
    route = Route(_one_of(record, "route", tuple(Route), "a route", file, whose))
    if any(offer.id == id for offer in draft.offers):
        what = f"offer {quoted(id)} stands twice"
        raise BadInput(Problem(what, file, record.lines["id"], help="give it an id of its own"))
    stated = record.get("traits")
    if not isinstance(stated, Mapping):
        line = record.lines.get("traits", record.line)
        raise BadInput(Problem(f"{whose} has no `traits`", file, line, help="add `traits:` with a value for each"))
    _only(stated, set(draft.traits), file)
    missing = [name for name in draft.traits if name not in stated]
    if missing:
        help = "write `unknown` where nobody has established it"
        names = ", ".join(f"`{name}`" for name in missing)
        raise BadInput(Problem(f"{whose} does not state {names}", file, stated.line, help=help))
    encoded = {name: _trait_value(draft.names[name], stated, file) for name in draft.traits}
    words = {name: str(value) for name, value in stated.items()}
    draft.offers.append(Offer(id, route, _text(record, "label", file, whose), words, encoded))


def _trait_value(name: Name, stated: Mapping, file: str) -> Encoded | Unknown:
    value = stated[name.name]
    if value == "unknown":
        return UNKNOWN
    if name.numeric and value == "none":
        return _NO_LIMIT
    try:
        return name.encode(value)
    except NotANumber as error:
        help = f"{error.help}{'' if error.help.endswith('?') else ','} or `unknown`"
        raise BadInput(Problem(str(error), file, stated.lines[name.name], name.name, help)) from None


def _read_terms(draft: _Draft, document: Any, file: str) -> None:
    with draft.collecting():
        parts = _parts(document, {"terms": Mapping}, {"constants"}, file)
        constants = Mapping(parts.line)
        if parts.get("constants") is not None:
            constants = _parts(document, {"constants": Mapping}, {"terms"}, file)["constants"]
        for name, value in constants.items():
            with draft.collecting():
                _read_constant(draft, name, value, file, constants.lines[name])
        terms = parts["terms"]
        others = {name: Name(name, Scope.TERM) for name in terms}
        for name, text in terms.items():
            with draft.collecting():
                _new_name(draft, name, file, terms.lines[name])
                draft.terms[name] = parse_term(name, text, {**others, **draft.names}, file, terms.lines[name])
    draft.names.update((name, term.name) for name, term in draft.terms.items())


def _read_constant(draft: _Draft, name: str, value: Any, file: str, line: int) -> None:
    _new_name(draft, name, file, line)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**9:
        help = "write a whole number from 1 to 999999999"
        raise BadInput(Problem(f"{quoted(value)} cannot be a constant", file, line, name, help))
    draft.constants[name] = value
    draft.names[name] = Name(name, Scope.CONSTANT, places=0, may_be_zero=False)


def _rule(draft: _Draft, record: Mapping, file: str, more: set[str]) -> dict[str, Any]:
    """The parts every rule has; ``when`` stays raw."""
    id = _id(record, file)
    _only(record, _SHARED | more, file)
    whose = f"rule `{id}`"
    if id in draft.rules:
        first = draft.rules[id]
        what = f"rule {quoted(id)} stands twice, first in {first.file}:{first.line}"
        raise BadInput(Problem(what, file, record.lines["id"], help="give it an id of its own"))
    axis = _one_of(record, "axis", tuple(Axis), "an axis", file, whose)
    if not isinstance(record.get("when"), Mapping):
        line = record.lines.get("when", record.line)
        what = "has no `when`" if record.get("when") is None else "has a `when` that is not a mapping"
        raise BadInput(Problem(f"{whose} {what}", file, line, help="write `when: {name: value}`, or `{}` for always"))
    parts = {"because": _text(record, "because", file, whose), "source": _text(record, "source", file, whose)}
    return {"id": id, "axis": Axis(axis), **parts, "file": file, "line": record.line}


def _names(draft: _Draft, *scopes: Scope) -> dict[str, Name]:
    return {name: known for name, known in draft.names.items() if known.scope in scopes}


def _all_names(draft: _Draft) -> dict[str, Name]:
    return {**OUTCOME_NAMES, **STANDING_NAMES, **draft.names}


def _read_gate(draft: _Draft, record: Mapping, file: str) -> None:
    shared = _rule(draft, record, file, {"eliminate", "provided"})
    if record.get("eliminate") != "offer":
        line = record.lines.get("eliminate", record.line)
        help = "a gate takes out the offers for which its `when` holds: write `eliminate: offer`"
        raise BadInput(Problem(f"gate `{shared['id']}` does not say `eliminate: offer`", file, line, help=help))
    names = _names(draft, Scope.NEED, Scope.TRAIT)
    when = Parser(names, file, shared["id"], _all_names(draft)).parse(record["when"])
    traits = [name for name in names_in_order(when) if names[name].scope is Scope.TRAIT]
    if not traits:
        help = "a gate compares a need with a trait of the offer"
        raise BadInput(Problem(f"gate `{shared['id']}` asks about no trait", file, record.lines["when"], help=help))
    open_traits = [name for name in traits if any(isinstance(offer.traits[name], Unknown) for offer in draft.offers)]
    provided = _text(record, "provided", file, f"gate `{shared['id']}`") if "provided" in record else None
    if open_traits and provided is None:
        help = f"`{open_traits[0]}` is unknown for some offer: add `provided:` with what is then to be verified"
        raise BadInput(Problem(f"gate `{shared['id']}` has no `provided`", file, record.line, help=help))
    draft.rules[shared["id"]] = Gate(**shared, when=when, provided=provided)


def _read_preference(draft: _Draft, record: Mapping, file: str) -> None:
    shared = _rule(draft, record, file, {"prefer", "over"})
    id = shared["id"]
    prefer, over = (_routes(record, key, file, id) for key in ("prefer", "over"))
    if set(prefer) & set(over):
        help = "name each route on one side only"
        raise BadInput(Problem(f"rule `{id}` prefers a route over itself", file, record.lines["over"], help=help))
    names = {**_names(draft, Scope.NEED, Scope.AMOUNT, Scope.TERM, Scope.CONSTANT), **STANDING_NAMES}
    whole = Parser(names, file, id, _all_names(draft)).parse(record["when"])
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
        help = f"add `{key}:` with one or more of " + ", ".join(Route)
        raise BadInput(Problem(f"rule `{id}` has no `{key}`", file, line, help=help))
    return tuple(Route(_one(route, tuple(Route), "a route", file, line)) for route in routes)


def _read_advice(draft: _Draft, record: Mapping, file: str) -> None:
    shared = _rule(draft, record, file, {"advise"})
    names = {**_names(draft, Scope.NEED, Scope.AMOUNT, Scope.TERM, Scope.CONSTANT), **OUTCOME_NAMES}
    when = Parser(names, file, shared["id"], _all_names(draft)).parse(record["when"])
    advise = _text(record, "advise", file, f"rule `{shared['id']}`")
    line = record.lines["advise"]
    figures = FIGURES | set(draft.constants)
    try:
        parsed = [
            (name, (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else ""))
            for _, name, spec, conversion in Formatter().parse(advise)
        ]
    except ValueError:
        what = f"in rule `{shared['id']}`, a brace of the advice is not one of a pair"
        raise BadInput(Problem(what, file, line, help="write a figure as {name}, and a brace as two")) from None
    for name, more in parsed:
        if name is not None and (more or name not in figures):
            help = did_you_mean(name, figures) if name not in figures else "write the name alone"
            what = f"in rule `{shared['id']}`, {quoted('{' + name + more + '}')} is no figure"
            raise BadInput(Problem(what, file, line, help=help or "figures: " + ", ".join(sorted(figures))))
    draft.rules[shared["id"]] = Advice(**shared, when=when, advise=advise)


def _read_cases(draft: _Draft, document: Any, file: str) -> None:
    with draft.collecting():
        parts = _parts(document, {"cases": Sequence}, {"base"}, file)
        base = Mapping(document.line)
        if parts.get("base") is not None:
            base = _parts(document, {"base": Mapping}, {"cases"}, file)["base"]
            validated(base, file, base.lines)
        draft.each(parts["cases"], file, lambda record, file: _read_case(draft, base, record, file))


def _read_case(draft: _Draft, base: Mapping, record: Mapping, file: str) -> None:
    _only(record, {"id", "about", "given", "expect"}, file)
    whose = f"case `{_id(record, file)}`"
    kinds = {"about": (Sequence, "a list of rules"), "given": (Mapping, "fields"), "expect": (Mapping, "an outcome")}
    for key, (kind, what) in kinds.items():
        if not isinstance(record.get(key), kind):
            line = record.lines.get(key, record.line)
            raise BadInput(Problem(f"{whose} has no `{key}`", file, line, help=f"add `{key}:` with {what}"))
    given, expect = record["given"], record["expect"]
    _only(expect, {"route", "deciding_axis", "rules"}, file)
    rules = expect.get("rules")
    if rules is not None and not isinstance(rules, Sequence):
        raise BadInput(
            Problem(f"{whose} needs a list of `rules`", file, expect.lines["rules"], help="write `[id, id]`")
        )
    validated({**base, **given}, file, {**dict.fromkeys(base, record.line), **given.lines})
    route = _one_of(expect, "route", (*Route, "none"), "a route", file, whose)
    axis = expect.get("deciding_axis")
    line = expect.lines.get("deciding_axis", expect.line)
    draft.cases.append(
        Case(
            id=record["id"],
            about=tuple(map(str, record["about"])),
            scenario={**base, **given},
            route=None if route == "none" else Route(route),
            deciding_axis=None if axis is None else Axis(_one(axis, tuple(Axis), "an axis", file, line)),
            rules=tuple(map(str, rules or ())),
            file=file,
            line=record.line,
        )
    )


def _check_cases(draft: _Draft) -> None:
    """Every rule a case names exists, and no two cases share an id. Faulty rules are told first."""
    seen: dict[str, Case] = {}
    for case in draft.cases:
        first = seen.setdefault(case.id, case)
        if first is not case:
            what = f"case `{case.id}` stands twice, first in {first.file}:{first.line}"
            draft.problems.append(Problem(what, case.file, case.line, help="give it an id of its own"))
    if draft.problems:
        return
    for case in draft.cases:
        for rule in dict.fromkeys((*case.about, *case.rules)):
            if rule not in draft.rules:
                what = f"case `{case.id}` names rule {quoted(rule)}, which does not exist"
                help = did_you_mean(rule, draft.rules) or "name a rule by its `id`"
                draft.problems.append(Problem(what, case.file, case.line, help=help))
