"""YAML as people expect it: 1.2 scalars, exact decimals, no duplicate keys, no aliases, no tags, and line numbers.

PyYAML's own constructors follow YAML 1.1 (`no` is false, `010` is 8, `1e6` is a string, duplicate keys overwrite
silently), and composing its nodes recurses in C until the process crashes. So only its event parser is used, and the
values are built here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import yaml

from advisor.common.diagnostics import BadInput, Problem, quoted

MAX_DIGITS = 100
"""A longer number stays text: no quantity has as many digits."""
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,4})?")
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_CONSTANTS = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
_MAX_DEPTH = 30
_MAX_NAME = 1000


class Mapping(dict[str, Any]):
    """A mapping that knows the line it starts on and the line of each key."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


class Sequence(list[Any]):
    """A list that knows the line it starts on and the line of each item."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


def load(text: str, file: str, faults: list[Problem] | None = None) -> Any:
    """Parses one YAML document; ``file`` names it in errors. Raises BadInput with file and line.

    With ``faults``, those that do not stop the parser (a duplicate key, an alias, a tag) are added to it
    instead, so that a caller can report them together with its own.
    """
    unreadable = _UNREADABLE.search(text)
    if unreadable:
        what = f"the character U+{ord(unreadable[0]):04X} cannot be part of a text"
        raise BadInput(Problem(what, file, text.count("\n", 0, unreadable.start()) + 1, help="remove it"))
    found: list[Problem] = []
    try:
        value = _DocumentBuilder(yaml.parse(text, Loader=_Loader), file, found).document()
    except yaml.YAMLError as error:
        raise BadInput([*found, _syntax_fault(error, text, file)]) from None
    except BadInput as error:
        raise BadInput([*found, *error.problems]) from None
    if faults is not None:
        faults += found
    elif found:
        raise BadInput(found)
    return value


class _DocumentBuilder:
    """Builds values from parser events. Faults that leave the rest readable are collected, others raised."""

    def __init__(self, events: Iterator[Any], file: str, faults: list[Problem]) -> None:
        self._events, self._file, self._faults = events, file, faults
        self._anchors: set[str | None] = set()

    def document(self) -> Any:
        next(self._events)
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        value = self._value(next(self._events), 0)
        next(self._events)
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            what = "a second document starts here"
            raise BadInput(Problem(what, self._file, _line(after), help="keep one document, without `---` lines"))
        return value

    def _fault(self, what: str, event: Any, help: str) -> None:
        self._faults.append(Problem(what, self._file, _line(event), help=help))

    def _value(self, event: Any, depth: int) -> Any:
        if event.anchor is not None:
            self._refuse_sharing(event)
        if isinstance(event, yaml.AliasEvent):
            return None
        if event.tag is not None:
            tag = quoted(event.tag.replace("tag:yaml.org,2002:", "!!"))
            self._fault(f"the tag {tag} is not allowed here", event, "remove it, or put the text in quotes")
        if isinstance(event, yaml.ScalarEvent):
            return event.value if event.style in ("'", '"', "|", ">") else scalar(event.value)
        if depth == _MAX_DEPTH:
            what = f"values are nested deeper than {_MAX_DEPTH} levels"
            raise BadInput(Problem(what, self._file, _line(event), help="flatten it"))
        return self._mapping(event, depth) if isinstance(event, yaml.MappingStartEvent) else self._list(event, depth)

    def _refuse_sharing(self, event: Any) -> None:
        """Reports each name once, because a few lines can hold a million uses."""
        if event.anchor in self._anchors:
            return
        self._anchors.add(event.anchor)
        kind, sign = ("alias", "*") if isinstance(event, yaml.AliasEvent) else ("anchor", "&")
        help = "write the value out wherever it is used, or put the text in quotes"
        self._fault(f"the {kind} {quoted(f'{sign}{event.anchor}')} is not allowed here", event, help)

    def _list(self, start: Any, depth: int) -> Sequence:
        items = Sequence(_line(start))
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, depth + 1))
            items.lines.append(_line(event))
        return items

    def _mapping(self, start: Any, depth: int) -> Mapping:
        mapping = Mapping(_line(start))
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            self._value(event, depth + 1)
            value = self._value(next(self._events), depth + 1)
            if isinstance(event, yaml.AliasEvent):
                continue
            if not isinstance(event, yaml.ScalarEvent):
                self._fault("a list or a mapping is used as a key", event, "write `name: value`")
            elif event.value == "<<":
                self._fault("the merge key `<<` is not allowed here", event, "write the fields out")
            elif not event.value:
                self._fault("a name is missing before the colon", event, "write `name: value`")
            elif event.value in mapping:
                first = mapping.lines[event.value]
                self._fault(f"duplicate key {quoted(event.value)}, first on line {first}", event, "keep one of them")
            else:
                mapping[event.value] = value
                mapping.lines[event.value] = _line(event)
        return mapping


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def scalar(text: str) -> Any:
    """The value of an unquoted scalar: true, false, null, an int, a Decimal, else the text itself.

    A number with a leading zero stays text, because some programs read it as octal.

    >>> scalar("600"), scalar("1.20"), scalar("no"), scalar("010")
    (600, Decimal('1.20'), 'no', '010')
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if len(text) > MAX_DIGITS:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text


_TAB, _INDENT = "a tab is used in place of spaces", "indent with spaces"
_QUOTES = "put the text in quotes"
_WORDING = {
    "found a tab character that violates indentation": (_TAB, _INDENT),
    "found a tab character where an indentation space is expected": (_TAB, _INDENT),
    "found unexpected end of stream": ("a quote is opened here and never closed", "close it"),
    "found unexpected document indicator": ("a quote is opened here and never closed", "close it"),
    "did not find expected ',' or ']'": ("a `[` is opened here and never closed, or a comma is missing", "close it"),
    "did not find expected ',' or '}'": ("a `{` is opened here and never closed, or a comma is missing", "close it"),
    "found unknown escape character": (
        "a text in double quotes holds an unknown escape",
        "write a backslash twice, or use single quotes",
    ),
    "found invalid Unicode character escape code": ("an escape names half a character", "write the character itself"),
    "did not find expected hexdecimal number": ("an escape is incomplete", "write the character itself"),
    "mapping values are not allowed in this context": (
        "unexpected colon",
        "start every field at the same column, and put a text that holds `: ` in quotes",
    ),
    "did not find expected key": ("the line does not read `name: value`", "start every field at the same column"),
    "could not find expected ':'": ("the line does not read `name: value`", "write a colon and a space after the name"),
    "did not find expected '-' indicator": ("this does not continue the list above", "start every item with `- `"),
    "block sequence entries are not allowed in this context": ("a list cannot start here", "start it on its own line"),
    "did not find expected node content": ("a value is missing", "write the value, or leave the line out"),
    "did not find expected <document start>": (
        "this line does not fit the lines above it",
        "start every field at the same column, and keep one document",
    ),
    "did not find expected alphabetic or numeric character": ("a value starts with `&` or `*`", _QUOTES),
    "found undefined tag handle": ("a value starts with `!`", _QUOTES),
}
_EARLIER = ("found unexpected", "did not find expected ','", "could not find expected ':'")
"""Reported where it began (where the quote was opened), not where the parser noticed it."""


def _syntax_fault(error: yaml.YAMLError, text: str, file: str) -> Problem:
    if not isinstance(error, yaml.MarkedYAMLError):
        return Problem("this is not valid YAML", file)
    problem = str(error.problem or error.context or "it cannot be parsed")
    mark = error.problem_mark or error.context_mark
    if problem.startswith(_EARLIER):
        mark = error.context_mark or mark
    line = mark.line + 1 if mark else None
    what, help = _WORDING.get(problem, (problem.lower(), "write one `name: value` a line"))
    row = [*text.splitlines(), ""][mark.line] if mark else ""
    if problem == "found character that cannot start any token" and mark:
        character = row[mark.column : mark.column + 1]
        what, help = (_TAB, _INDENT) if character == "\t" else (f"a value starts with {quoted(character)}", _QUOTES)
    elif problem == "did not find expected key" and mark and row[: mark.column].rstrip()[-1:] in ("'", '"'):
        what, help = "something follows a closing quote", "put the whole text in quotes, and other quotes within it"
    elif problem == "mapping values are not allowed in this context" and mark and mark.column > _MAX_NAME:
        what, help = f"a name is longer than {_MAX_NAME:,} characters", "write `name: value`"
    return Problem(f"this is not valid YAML: {what}", file, line, help=help)
