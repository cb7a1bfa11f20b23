"""Loads a rules folder, checks all of it, and reports every fault with file and line."""

from __future__ import annotations

import hashlib
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from advisor.common import yaml_loader as strict_yaml
from advisor.common.diagnostics import BadInput
from advisor.common.files import bundled, is_file, is_folder, read_text
from advisor.domain.scenario import Axis
from advisor.rulebook.builder import COPY_HELP, Draft
from advisor.rulebook.diagnostics import Code, all_are
from advisor.rulebook.engine_limits import engine_limits
from advisor.rulebook.model import Advice, Gate, Preference, Rulebook
from advisor.rulebook.read_cases import check_cases, read_cases
from advisor.rulebook.read_offers import read_routes, read_terms
from advisor.rulebook.read_rules import read_advice, read_gate, read_preference

_MAX_FILES = 200
_FILES = ("routes.yaml", "terms.yaml", "preferences.yaml", "advice.yaml")


def load_rulebook(folder: str | Path | None = None) -> Rulebook:
    """The rulebook in a folder, the bundled one without. Raises BadInput listing every fault found."""
    return _load(Path(folder) if folder is not None else bundled("rules"))


@lru_cache(maxsize=1)
def bundled_rulebook() -> Rulebook:
    """The rulebook that came with the program, loaded once."""
    return load_rulebook()


def _load(folder: Path) -> Rulebook:
    if not is_folder(folder):
        raise Code.MISSING_FILE.fault("there is no such rules folder", str(folder), help="check --rules")
    draft = Draft(folder)
    documents = _documents(draft)
    read_routes(draft, documents["routes.yaml"], str(folder / "routes.yaml"))
    if not draft.problems:
        read_terms(draft, documents["terms.yaml"], str(folder / "terms.yaml"))
    if draft.problems:
        raise BadInput(draft.problems)
    for name, document in documents.items():
        file = str(folder / name)
        if name.startswith("gates/"):
            draft.each(document, file, lambda record, file: read_gate(draft, record, file))
        elif name == "preferences.yaml":
            draft.each(document, file, lambda record, file: read_preference(draft, record, file))
        elif name == "advice.yaml":
            draft.each(document, file, lambda record, file: read_advice(draft, record, file))
        elif name.startswith("cases/"):
            read_cases(draft, document, file)
    check_cases(draft)
    if draft.problems:
        raise BadInput(draft.problems)
    return _finished(draft, documents)


def _documents(draft: Draft) -> dict[str, Any]:
    folder = draft.folder
    if not any(is_file(folder / name) for name in _FILES):
        what = f"there are no rules in this folder: {', '.join(_FILES)} and gates/"
        raise Code.MISSING_FILE.fault(what, str(folder), help=COPY_HELP)
    missing = [name for name in _FILES if not is_file(folder / name)]
    missing += [] if is_folder(folder / "gates") else ["gates"]
    if missing:
        raise BadInput(
            Code.MISSING_FILE.problem("this part of the rulebook is missing", str(folder / name), help=COPY_HELP)
            for name in missing
        )
    here = (*folder.glob("*.yaml"), *folder.glob("*/*.yaml"), *folder.glob("*.yml"), *folder.glob("*/*.yml"))
    names = sorted(path.relative_to(folder).as_posix() for path in here)
    if len(names) > _MAX_FILES:
        what = f"there are {len(names):,} files, more than {_MAX_FILES}"
        raise Code.UNREADABLE_FILE.fault(what, str(folder), help="check that this is the right folder")
    documents = {}
    for name in names:
        file = str(folder / name)
        with draft.collecting():
            if name not in _FILES and not re.fullmatch(r"(gates|cases)/[^/]*\.yaml", name):
                help = "rules stand in gates/*.yaml, preferences.yaml and advice.yaml, cases in cases/*.yaml"
                raise Code.UNREAD_FILE.fault("nothing reads this file", file, help=help)
            with all_are(Code.UNREADABLE_FILE):
                text = read_text(file)
            with all_are(Code.INVALID_YAML):
                documents[name] = strict_yaml.load(text, file)
    if draft.problems:
        raise BadInput(draft.problems)
    return documents


def _finished(draft: Draft, documents: dict[str, Any]) -> Rulebook:
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
        places=draft.places,
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
