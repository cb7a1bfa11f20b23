"""Loads a rules folder, checks all of it, also for limits of the rules engine, and reports each fault with its line."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from advisor.common import yaml_loader as strict_yaml
from advisor.common.diagnostics import BadInput, Problem
from advisor.common.files import bundled, is_file, is_folder, read_text
from advisor.domain.offer import Offer
from advisor.domain.scenario import Axis
from advisor.rulebook import builder
from advisor.rulebook.builder import Draft
from advisor.rulebook.conditions import branches
from advisor.rulebook.diagnostics import Code, all_are
from advisor.rulebook.model import Advice, Gate, Preference, Rule, Rulebook

_MAX_FILES = 200
_FILES = ("routes.yaml", "terms.yaml", "preferences.yaml", "advice.yaml")
_COPY_HELP = "a rules folder is complete in itself: start from a copy of the bundled one"
_SPLIT = "split the rule, or say it with fewer alternatives"
MAX_BRANCHES_A_RULE = 32
"""The limits of durable_rules 2.0.28: past them it fails with a bare number, hangs or crashes."""
MAX_PATTERNS_A_RULE = 256
MAX_COMPARISONS_A_BRANCH = 15


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
        raise Code.MISSING_FILE.fault("there is no such rules folder", str(folder), help="check --rules")
    draft = Draft()
    documents = _documents(draft, folder, [name for name in _names(folder) if cases or not _of_cases(name)])
    builder.read_routes(draft, documents["routes.yaml"], str(folder / "routes.yaml"))
    if not draft.problems:
        builder.read_terms(draft, documents["terms.yaml"], str(folder / "terms.yaml"))
    _refuse(draft.problems)
    for name, document in documents.items():
        builder.read_rules(draft, document, str(folder / name), name)
        if _of_cases(name):
            builder.read_cases(draft, document, str(folder / name))
    _refuse(draft.problems)
    builder.check_cases(draft)
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
    """The files of a rules folder. Raises BadInput for missing and for unread ones."""
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
                documents[name] = strict_yaml.load(text, str(folder / name))
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
        builder.read_offers(draft, document, str(folder / name))
    for offer in draft.offers:
        draft.problems += builder.unverifiable(draft, [offer], f"offer `{offer.id}`", str(path))
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


def engine_limits(rulebook: Rulebook) -> Iterator[Problem]:
    """Every rule that is too large for the engine; of how many there are, nothing is too large."""
    traits = rulebook.traits.keys()
    for rule in rulebook.rules.values():
        try:
            found = branches(rule.when, MAX_BRANCHES_A_RULE)
        except ValueError as error:
            yield _too_large(rule, f"rule `{rule.id}` is too large for the engine: {error}")
            continue
        # A trait needs two patterns, one for its value and one for unknown.
        patterns = sum(2 ** sum(not traits.isdisjoint(part.names) for part in branch) for branch in found)
        if max(map(len, found), default=0) > MAX_COMPARISONS_A_BRANCH:
            yield _too_large(rule, f"rule `{rule.id}` compares more than {MAX_COMPARISONS_A_BRANCH} values together")
        elif patterns > MAX_PATTERNS_A_RULE:
            what = f"rule `{rule.id}` has {patterns} alternatives, as each trait that it reads may be unknown"
            yield _too_large(rule, f"{what}, more than the {MAX_PATTERNS_A_RULE} the engine can match")


def _too_large(rule: Rule, what: str) -> Problem:
    return Code.ENGINE_LIMIT.problem(what, rule.file, rule.line, help=_SPLIT)
