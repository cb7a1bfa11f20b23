"""Loads a rules folder: builds the rulebook from its records, checks all of it, and reports faults with their lines."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar

from advisor.common import yaml_loader
from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.common.files import bundled, check_folder, is_file, is_folder, read_text
from advisor.common.yaml_loader import Mapping, Sequence
from advisor.domain.offer import UNKNOWN, Encoded, Offer, Trait, Unknown
from advisor.domain.quantity import NotANumber
from advisor.domain.scenario import MAX_MONTHLY_COST, Axis, Route, validated
from advisor.rulebook import records
from advisor.rulebook.model import (
    LARGEST,
    Advice,
    All,
    Case,
    Comparison,
    Condition,
    ConditionParser,
    Gate,
    Preference,
    Rule,
    Rulebook,
    engine_limits,
    names_in_order,
)
from advisor.rulebook.records import Code, all_are
from advisor.rulebook.symbols import (
    FIELD_NAMES,
    FIGURES,
    OUTCOME_NAMES,
    RUNNING,
    STANDING_NAMES,
    Name,
    Scope,
    fields_of,
)
from advisor.rulebook.terms import Term, constant_value, parse_term

_MAX_FILES = 200
_FILES = ("routes.yaml", "terms.yaml", "preferences.yaml", "advice.yaml")
_COPY_HELP = "a rules folder is complete in itself: start from a copy of the bundled one"
_RESERVED = frozenset(("all", "any", "not", "id", "sid", "any_fact", *STANDING_NAMES, *OUTCOME_NAMES))
"""Names with another meaning in a `when`, or in the engine."""
NO_LIMIT = int(MAX_MONTHLY_COST.scaleb(8))
_OF_ROUTES = (Scope.NEED, Scope.AMOUNT, Scope.TERM, Scope.CONSTANT)
"""What preferences and advice may read."""
_Form = TypeVar("_Form", bound=records.IdForm)


@dataclass
class Draft:
    """What has been read so far, and every fault found. ``first`` holds the place of each kind and id."""

    problems: list[Problem] = field(default_factory=list)
    names: dict[str, Name] = field(default_factory=lambda: dict(FIELD_NAMES))
    traits: dict[str, Trait] = field(default_factory=dict)
    offers: list[Offer] = field(default_factory=list)
    constants: dict[str, int] = field(default_factory=dict)
    terms: dict[str, Term] = field(default_factory=dict)
    places: dict[str, tuple[str, int]] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)
    first: dict[tuple[str, str], str] = field(default_factory=dict)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Collects the faults raised within, and continues."""
        try:
            yield
        except BadInput as error:
            self.problems.extend(error.problems)

    def each(self, form: type[_Form], data: Any, file: str, read: Callable[[Draft, _Form], None]) -> None:
        """Reads a list of records one by one, so that a faulty record does not hide faults of the next."""
        with self.collecting():
            if not isinstance(data, Sequence):
                help, line = "start each record with `- id:`", getattr(data, "line", None)
                raise Code.WRONG_FORM.fault("this is not a list of records", file, line, help=help)
            for entry, line in zip(data, data.lines, strict=True):
                with self.collecting():
                    record = form.parse(entry, file, line)
                    if first := self.first.get((form.noun, record.id)):
                        what = f"duplicate {form.noun} `{record.id}`, first in {first}"
                        raise record.fault(Code.DUPLICATE_ID, what, "give it a different id", "id")
                    read(self, record)
                    self.first[form.noun, record.id] = f"{file}:{record.line}"

    def named(self, entries: Mapping, file: str, read: Callable[[str, Any, int], None]) -> None:
        """Reads traits, constants or terms one by one; each needs a new name that every backend can use."""
        for name, value in entries.items():
            line = entries.lines[name]
            with self.collecting():
                if name in self.names or name in _RESERVED or name.startswith(records.RESERVED_PREFIX):
                    what = f"the name {quoted(name)} is taken"
                    raise Code.UNUSABLE_NAME.fault(what, file, line, help="choose another name")
                if not re.fullmatch(records.WORD_PATTERN, name):
                    what = f"{quoted(name)} cannot be a name in a rule"
                    help = "start with a small letter, then small letters, digits and `_`"
                    raise Code.UNUSABLE_NAME.fault(what, file, line, help=help)
                read(name, value, line)


def read_routes(draft: Draft, document: Any, file: str) -> None:
    """Reads routes.yaml: the traits, and the offers unless a trait is faulty."""

    def read_trait(name: str, record: Any, line: int) -> None:
        trait = records.TraitForm.parse(record, file, line, f"trait `{name}`")
        values = record["values"]
        like = FIELD_NAMES[values] if isinstance(values, str) else Name(name, Scope.TRAIT, tuple(trait.values))
        draft.names[name] = replace(like, name=name, scope=Scope.TRAIT, may_be_zero=True)
        draft.traits[name] = Trait(name, trait.label, like.options, trait.source)

    with draft.collecting():
        parts = records.RoutesFile.parse(document, file)
        draft.named(parts.traits, file, read_trait)
        if not draft.problems:
            draft.each(records.OfferForm, parts.offers, file, _read_offer)


def read_offers(draft: Draft, document: Any, file: str) -> None:
    """Reads a file of offers."""
    with draft.collecting():
        draft.each(records.OfferForm, records.OffersFile.parse(document, file).offers, file, _read_offer)


def _read_offer(draft: Draft, record: records.OfferForm) -> None:
    unknown = dict.fromkeys(draft.traits, UNKNOWN)
    offer = Offer(record.id, record.route, record.label, {name: str(UNKNOWN) for name in unknown}, unknown)
    draft.offers.append(_with_traits(draft, offer, record.traits, record.file))


def _with_traits(draft: Draft, offer: Offer, traits: Mapping, file: str) -> Offer:
    """The offer with the traits that are stated."""
    records.only_known(traits, draft.traits, file)
    encoded = {name: _trait_value(draft.names[name], value, file, traits.lines[name]) for name, value in traits.items()}
    return offer.with_traits({name: str(value) for name, value in traits.items()}, encoded)


def _trait_value(name: Name, value: Any, file: str, line: int) -> Encoded | Unknown:
    if value == str(UNKNOWN):
        return UNKNOWN
    if name.numeric and value == "none":
        return NO_LIMIT
    try:
        return name.encode(value)
    except NotANumber as error:
        help = f"{error.help}{'' if error.help.endswith('?') else ','} or `unknown`"
        raise Code.WRONG_VALUE.fault(str(error), file, line, name.name, help=help) from None


def read_terms(draft: Draft, document: Any, file: str) -> None:
    """Reads terms.yaml: constants and terms."""

    def read_constant(name: str, value: Any, line: int) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= records.MAX_CONSTANT:
            help = f"write a whole number from 1 to {records.MAX_CONSTANT}"
            raise Code.WRONG_VALUE.fault(f"{quoted(value)} cannot be a constant", file, line, name, help=help)
        draft.constants[name] = value
        draft.places[name] = (file, line)
        draft.names[name] = Name(name, Scope.CONSTANT, places=0, may_be_zero=False)

    def read_term(name: str, text: Any, line: int) -> None:
        others = {other: Name(other, Scope.TERM) for other in parts.terms}
        draft.places[name] = (file, line)
        draft.terms[name] = parse_term(name, text, {**others, **draft.names}, file, line, draft.terms)
        value = constant_value(draft.terms[name].expression, draft.constants)
        if value is not None and abs(value) >= LARGEST:
            what = f"term `{name}` is {value:,}, which is larger than the engine can compare"
            raise Code.ENGINE_LIMIT.fault(what, file, line, help="check the numbers in it")

    with draft.collecting():
        parts = records.TermsFile.parse(document, file)
        if parts.constants:
            draft.named(parts.constants, file, read_constant)
        draft.named(parts.terms, file, read_term)
    draft.names.update((name, term.name) for name, term in draft.terms.items())


def read_rules(draft: Draft, document: Any, file: str, name: str) -> None:
    """Reads a file of rules, where ``name`` is its path in a rules folder."""
    if name.startswith("gates/"):
        draft.each(records.GateForm, document, file, _read_gate)
    elif name == "preferences.yaml":
        draft.each(records.PreferenceForm, document, file, _read_preference)
    elif name == "advice.yaml":
        draft.each(records.AdviceForm, document, file, _read_advice)


def _condition(draft: Draft, rule: records.RuleForm, scopes: Iterable[Scope], more: dict[str, Name]) -> Condition:
    names = {name: known for name, known in draft.names.items() if known.scope in scopes}
    others = {**OUTCOME_NAMES, **STANDING_NAMES, **draft.names}
    return ConditionParser({**names, **more}, rule.file, rule.id, others).parse(rule.when)


def _shared(rule: records.RuleForm) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in ("id", "axis", "because", "source", "file", "line")}


def _read_gate(draft: Draft, rule: records.GateForm) -> None:
    when = _condition(draft, rule, (Scope.NEED, Scope.TRAIT), {})
    if draft.traits.keys().isdisjoint(names_in_order(when)):
        help = "a gate compares a need with a trait of the offer"
        raise rule.fault(Code.GATE_WITHOUT_TRAIT, f"gate `{rule.id}` reads no trait", help, "when")
    gate = Gate(**_shared(rule), when=when, provided=rule.provided or None)
    for trait in _not_verified(gate, draft.offers):
        help = f"`{trait}` is unknown for some offer: add `provided:` with what to verify"
        raise rule.fault(Code.MISSING_PROVIDED, f"gate `{rule.id}` has no `provided`", help)
    draft.rules[rule.id] = gate


def _read_preference(draft: Draft, rule: records.PreferenceForm) -> None:
    if set(rule.prefer) & set(rule.over):
        help = "name each route on one side only"
        raise rule.fault(Code.SELF_PREFERENCE, f"rule `{rule.id}` prefers a route over itself", help, "over")
    whole = _condition(draft, rule, _OF_ROUTES, STANDING_NAMES)
    parts = whole.parts if isinstance(whole, All) else (whole,)
    standing = [part for part in parts if isinstance(part, Comparison) and part.name in STANDING_NAMES]
    rest = tuple(part for part in parts if part not in standing)
    when = rest[0] if len(rest) == 1 else All(rest)
    if any(name in STANDING_NAMES for name in names_in_order(when)):
        help = "a route's name is asked for at the top of `when` only"
        raise rule.fault(Code.MISPLACED_STANDING, f"rule `{rule.id}` asks `running` or `out` too deep", help, "when")
    running = frozenset(Route(part.name) for part in standing if part.right == RUNNING)
    out = frozenset(Route(part.name) for part in standing if part.right != RUNNING)
    draft.rules[rule.id] = Preference(
        **_shared(rule), when=when, prefer=rule.prefer, over=rule.over, running=running, out=out
    )


def _read_advice(draft: Draft, rule: records.AdviceForm) -> None:
    when = _condition(draft, rule, _OF_ROUTES, OUTCOME_NAMES)
    figures = {*FIGURES, *draft.constants}
    try:
        printed = fields_of(rule.advise)
    except ValueError:
        what = f"in rule `{rule.id}`, the advice has an unmatched brace"
        help = "write a figure as {name}, and a brace as two"
        raise rule.fault(Code.UNKNOWN_FIGURE, what, help, "advise") from None
    for name, more in printed:
        if more or name not in figures:
            close = did_you_mean(name, figures) if name not in figures else "write the name alone"
            what = f"in rule `{rule.id}`, {quoted('{' + name + more + '}')} is not a figure"
            known = "figures: " + ", ".join(sorted(figures))
            raise rule.fault(Code.UNKNOWN_FIGURE, what, close or known, "advise")
    draft.rules[rule.id] = Advice(**_shared(rule), when=when, advise=rule.advise)


def read_cases(draft: Draft, document: Any, file: str) -> None:
    """Reads a file of cases."""
    with draft.collecting(), all_are(Code.WRONG_ANSWER):
        parts = records.CasesFile.parse(document, file)
        base = parts.base or Mapping(0)
        validated(base, file, base.lines)
        draft.each(records.CaseForm, parts.cases, file, partial(_read_case, base))


def _read_case(base: Mapping, draft: Draft, case: records.CaseForm) -> None:
    answers = {**base, **case.given}
    with all_are(Code.WRONG_ANSWER):
        validated(answers, case.file, {**dict.fromkeys(base, case.line), **case.given.lines})
    changes = case.offers or {}
    known = [offer.id for offer in draft.offers]
    for id in changes:
        if id not in known:
            what = f"case `{case.id}` changes offer {quoted(id)}, which does not exist"
            help = did_you_mean(id, known) or "name an offer by its `id`"
            raise case.fault(Code.UNKNOWN_KEY, what, help, "offers")
    draft.cases.append(
        Case(
            id=case.id,
            about=tuple(case.about),
            scenario=answers,
            offers=tuple(
                _with_traits(draft, offer, changes[offer.id], case.file) if offer.id in changes else offer
                for offer in draft.offers
            ),
            route=None if case.expect.route == "none" else Route(case.expect.route),
            deciding_axis=case.expect.deciding_axis,
            rules=tuple(case.expect.rules or ()),
            file=case.file,
            line=case.line,
        )
    )


def check_cases(draft: Draft) -> None:
    """Checks that the rules that cases name exist, and that what cases leave unknown can be verified."""
    for case in draft.cases:
        for rule in dict.fromkeys((*case.about, *case.rules)):
            if rule not in draft.rules:
                what = f"case `{case.id}` names rule {quoted(rule)}, which does not exist"
                help = did_you_mean(rule, draft.rules) or "name a rule by its `id`"
                draft.problems.append(Code.UNKNOWN_RULE.problem(what, case.file, case.line, help=help))
        draft.problems += unverifiable(draft, case.offers, f"case `{case.id}`", case.file, case.line)


def unverifiable(
    draft: Draft, offers: Iterable[Offer], who: str, file: str, line: int | None = None
) -> Iterator[Problem]:
    """The traits that are unknown although a gate that reads them does not say what to verify."""
    for gate in draft.rules.values():
        for trait in _not_verified(gate, offers) if isinstance(gate, Gate) else ():
            what = f"{who} leaves `{trait}` unknown, and gate `{gate.id}` has no `provided`"
            help = "state a value, or add `provided:` to the gate with what to verify"
            yield Code.MISSING_PROVIDED.problem(what, file, line, help=help)


def _not_verified(gate: Gate, offers: Iterable[Offer]) -> list[str]:
    names = () if gate.provided else names_in_order(gate.when)
    return [name for name in names if any(isinstance(offer.traits.get(name), Unknown) for offer in offers)]


def load_rulebook(
    folder: str | Path | None = None, offers: str | Path | None = None, *, cases: bool = True
) -> Rulebook:
    """The rulebook in a folder, by default the bundled one. Raises BadInput listing every fault found.

    ``offers`` is a file of offers, or a folder of such files: they compete in place of those in ``routes.yaml``.
    Without ``cases`` the rulebook has no test cases: no decision reads them, and to read them takes longer than all
    rules.
    """
    folder = Path(folder) if folder is not None else bundled("rules")
    if not is_folder(folder):
        raise Code.MISSING_FILE.fault("there is no such rules folder", str(folder), help="check the path")
    draft = Draft()
    documents = _documents(draft, folder, [name for name in _names(folder) if cases or not _of_cases(name)])
    read_routes(draft, documents["routes.yaml"], str(folder / "routes.yaml"))
    if not draft.problems:
        read_terms(draft, documents["terms.yaml"], str(folder / "terms.yaml"))
    _refuse(draft.problems)
    for name, document in documents.items():
        read_rules(draft, document, str(folder / name), name)
        if _of_cases(name):
            read_cases(draft, document, str(folder / name))
    _refuse(draft.problems)
    check_cases(draft)
    _refuse(draft.problems)
    competing = draft.offers if offers is None else _offers(draft, Path(offers))
    rulebook = _finished(draft, documents, tuple(competing))
    _refuse(list(engine_limits(rulebook)))
    return rulebook


@lru_cache(maxsize=1)
def bundled_rulebook() -> Rulebook:
    """The bundled rulebook without its test cases, cached."""
    return load_rulebook(cases=False)


def rulebook_in_use(folder: str | Path | None) -> Rulebook:
    """The bundled rulebook, or that in a folder, whose test cases are checked too. Raises BadInput with every fault."""
    return bundled_rulebook() if folder is None else load_rulebook(folder)


def _of_cases(name: str) -> bool:
    return name.startswith("cases/")


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise BadInput(problems)


def _names(folder: Path) -> list[str]:
    """The files of a rules folder. Raises BadInput for missing and for unread ones, and for what cannot be read."""
    with all_are(Code.UNREADABLE_FILE):
        for part in (folder, folder / "gates", folder / "cases"):
            if is_folder(part):
                check_folder(part)
    if not any(is_file(folder / name) for name in _FILES):
        what = f"there are no rules in this folder: {', '.join(_FILES)} and gates/"
        raise Code.MISSING_FILE.fault(what, str(folder), help=_COPY_HELP)
    missing = [name for name in _FILES if not is_file(folder / name)]
    missing += [] if is_folder(folder / "gates") else ["gates"]
    what = "this part of the rulebook is missing"
    _refuse([Code.MISSING_FILE.problem(what, str(folder / name), help=_COPY_HELP) for name in missing])
    patterns = ("*.yaml", "*/*.yaml", "*.yml", "*/*.yml")
    names = sorted(path.relative_to(folder).as_posix() for pattern in patterns for path in folder.glob(pattern))
    help = "rules are read from gates/*.yaml, preferences.yaml and advice.yaml, cases from cases/*.yaml"
    unread = [name for name in names if name not in _FILES and not re.fullmatch(r"(gates|cases)/[^/]*\.yaml", name)]
    _refuse([Code.UNREAD_FILE.problem("nothing reads this file", str(folder / name), help=help) for name in unread])
    return names


def _documents(draft: Draft, folder: Path, names: list[str]) -> dict[str, Any]:
    if len(names) > _MAX_FILES:
        what = f"there are {len(names):,} files, more than {_MAX_FILES}"
        raise Code.UNREADABLE_FILE.fault(what, str(folder), help="check that this is the right folder")
    documents = {}
    for name in names:
        with draft.collecting():
            with all_are(Code.UNREADABLE_FILE):
                text = read_text(str(folder / name))
            with all_are(Code.INVALID_YAML):
                documents[name] = yaml_loader.load(text, str(folder / name))
    _refuse(draft.problems)
    return documents


def _offers(rules: Draft, path: Path) -> list[Offer]:
    """The offers of a file, or of every file in a folder, with the traits that the rules know."""
    folder = path if is_folder(path) else path.parent
    names = sorted(file.name for file in path.glob("*.yaml")) if is_folder(path) else [path.name]
    if not names:
        raise Code.MISSING_FILE.fault("there are no offers in this folder", str(path), help="name a file of offers")
    draft = Draft(names=rules.names, traits=rules.traits, rules=rules.rules)
    for name, document in _documents(draft, folder, names).items():
        read_offers(draft, document, str(folder / name))
    for offer in draft.offers:
        draft.problems += unverifiable(draft, [offer], f"offer `{offer.id}`", str(path))
    _refuse(draft.problems)
    return draft.offers


def _digest(content: object) -> str:
    """The SHA-256 of some content, independent of white space and of the order of keys."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def _finished(draft: Draft, documents: dict[str, Any], offers: tuple[Offer, ...]) -> Rulebook:
    precedence = list(Axis)
    rules = tuple(sorted(draft.rules.values(), key=lambda rule: precedence.index(rule.axis)))
    return Rulebook(
        traits=draft.traits,
        offers=offers,
        names=draft.names,
        constants=draft.constants,
        terms=draft.terms,
        places=draft.places,
        gates=tuple(rule for rule in rules if isinstance(rule, Gate)),
        preferences=tuple(rule for rule in rules if isinstance(rule, Preference)),
        advice=tuple(rule for rule in rules if isinstance(rule, Advice)),
        cases=tuple(draft.cases),
        digest=_digest({name: document for name, document in documents.items() if not _of_cases(name)}),
        offers_digest=_digest([(offer.id, offer.route, offer.label, offer.stated) for offer in offers]),
    )
