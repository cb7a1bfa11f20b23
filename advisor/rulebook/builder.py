"""A rulebook while it is being read: what there is so far, every fault found, and the readers of single entries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.common.yaml_loader import Mapping, Sequence
from advisor.domain.offer import Offer, Trait
from advisor.rulebook.diagnostics import Code
from advisor.rulebook.model import Case, Rule
from advisor.rulebook.symbols import FIELD_NAMES, OUTCOME_NAMES, STANDING_NAMES, Name
from advisor.rulebook.terms import Term

COPY_HELP = "a rules folder is complete in itself: start from a copy of the bundled one"
ID_PATTERN = "[A-Za-z][A-Za-z0-9_.-]{0,79}"
WORD_PATTERN = "[a-z][a-z0-9_]{0,79}"
_RESERVED = frozenset(("all", "any", "not", "id", "sid", "any_fact", *STANDING_NAMES, *OUTCOME_NAMES))
"""Names that mean something else in a `when`, or to the engine."""
_ENGINES_OWN = "unknown_"
"""The engine reading marks with this what is not known, in front of a rule's id or a trait's name."""


@dataclass
class Draft:
    """What has been read so far, and every fault found on the way."""

    folder: Path
    problems: list[Problem] = field(default_factory=list)
    names: dict[str, Name] = field(default_factory=lambda: dict(FIELD_NAMES))
    traits: dict[str, Trait] = field(default_factory=dict)
    offers: list[Offer] = field(default_factory=list)
    constants: dict[str, int] = field(default_factory=dict)
    terms: dict[str, Term] = field(default_factory=dict)
    places: dict[str, tuple[str, int]] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)

    def each(self, data: Any, file: str, read: Callable[[Mapping, str], None]) -> None:
        """Reads a list of records one by one, so that one faulty record does not hide the next."""
        if not isinstance(data, Sequence):
            line = getattr(data, "line", None)
            help = "start each record with `- id:`"
            self.problems.append(Code.WRONG_FORM.problem("this is not a list of records", file, line, help=help))
            return
        for record, line in zip(data, data.lines, strict=True):
            with self.collecting():
                if not isinstance(record, Mapping):
                    raise Code.WRONG_FORM.fault(
                        "this is not a record", file, line, help="start each record with `- id:`"
                    )
                read(record, file)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Keeps the faults raised within, and goes on."""
        try:
            yield
        except BadInput as error:
            self.problems.extend(error.problems)


def text_of(record: Mapping, key: str, file: str, whose: str = "this record") -> str:
    value = record.get(key)
    line = record.lines.get(key, record.line)
    help = f"add `{key}:` with a line of text"
    if value is None or (isinstance(value, str) and not value.strip()):
        raise Code.MISSING_PART.fault(f"{whose} has no `{key}`", file, line, help=help)
    if not isinstance(value, str):
        raise Code.WRONG_FORM.fault(f"{quoted(value)} is not text", file, line, key, help="put the text in quotes")
    return value


def id_of(record: Mapping, file: str) -> str:
    id = text_of(record, "id", file)
    if not re.fullmatch(ID_PATTERN, id) or id.startswith(_ENGINES_OWN):
        help = "start with a letter, then letters, digits, `-`, `_` and `.`"
        if id.startswith(_ENGINES_OWN):
            help = f"the engine marks rules of its own with `{_ENGINES_OWN}`"
        raise Code.UNUSABLE_NAME.fault(f"{quoted(id)} cannot be an id", file, record.lines["id"], help=help)
    return id


def check_new_name(draft: Draft, name: str, file: str, line: int) -> None:
    """A trait, a constant or a term needs a name of its own that every reading can use."""
    if name in draft.names or name in _RESERVED or name.startswith(_ENGINES_OWN):
        raise Code.UNUSABLE_NAME.fault(f"the name {quoted(name)} is taken", file, line, help="give it another one")
    if not re.fullmatch(WORD_PATTERN, name):
        help = "start with a small letter, then small letters, digits and `_`"
        raise Code.UNUSABLE_NAME.fault(f"{quoted(name)} cannot be a name in a rule", file, line, help=help)


def only_known(record: Mapping, allowed: set[str], file: str) -> None:
    for key in record:
        if key not in allowed:
            help = did_you_mean(key, allowed) or "allowed here: " + ", ".join(sorted(allowed))
            raise Code.UNKNOWN_KEY.fault(f"{quoted(key)} is not known here", file, record.lines[key], help=help)


def one_option(value: Any, options: tuple[str, ...], what: str, file: str, line: int) -> str:
    if value not in options:
        help = (did_you_mean(value, options) if isinstance(value, str) else None) or "one of " + ", ".join(options)
        raise Code.WRONG_VALUE.fault(f"{quoted(value)} is not {what}", file, line, help=help)
    return str(value)


def option_of(record: Mapping, key: str, options: tuple[str, ...], what: str, file: str, whose: str) -> str:
    line = record.lines.get(key, record.line)
    if record.get(key) is None:
        help = f"add `{key}:` with one of " + ", ".join(options)
        raise Code.MISSING_PART.fault(f"{whose} has no `{key}`", file, line, help=help)
    return one_option(record[key], options, what, file, line)


def parts_of(document: Any, needed: dict[str, type], more: set[str], file: str) -> Mapping:
    """A file that is a mapping of named parts, each of its kind."""
    names = " and ".join(f"`{name}:`" for name in needed)
    if not isinstance(document, Mapping):
        raise Code.WRONG_FORM.fault(f"this file needs {names}", file, help=COPY_HELP)
    only_known(document, set(needed) | more, file)
    for name, kind in needed.items():
        if document.get(name) is None:
            raise Code.MISSING_PART.fault(
                f"there is no `{name}:`", file, document.line, help=f"this file needs {names}"
            )
        if not isinstance(document[name], kind):
            what = "a mapping of names" if kind is Mapping else "a list of records"
            help = "write `name: value` a line" if kind is Mapping else "start each record with `- id:`"
            raise Code.WRONG_FORM.fault(f"`{name}` is not {what}", file, document.lines[name], help=help)
    return document
