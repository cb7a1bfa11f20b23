"""Scenario files: reading them from YAML, JSON and standard input, settings on top, and writing them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from advisor.common import yaml_loader as strict_yaml
from advisor.common.diagnostics import HIDDEN, BadInput, Problem, quoted
from advisor.common.files import STANDARD_INPUT, read_text
from advisor.domain.quantity import NotANumber
from advisor.domain.scenario import FIELDS, MAX_ENTRIES, MAX_FILE_BYTES, Scenario, validated, which_field, word

_NEXT_TO_IT = "name the scenario next to it, NAME.scenario.yaml"
_MEMO = re.compile(r"\s*(<!doctype html>|---\s+status:)", re.IGNORECASE)
_KEYS_OF_OTHERS = {
    "portfolio": ("this is the plan of a portfolio, not a scenario", "name the scenario of one workload"),
    "workloads": ("this is a portfolio, not a scenario", "`advisor portfolio` plans it"),
    "schema_version": ("this is the record of a decision, not a scenario", _NEXT_TO_IT),
}
"""Files of other kinds, by a key that only they have."""
Check = Callable[[Scenario], Iterable[Problem]]
"""A further check of a whole scenario: its problems name fields, and get their places here."""


def scenario_text(scenario: Scenario) -> str:
    """The answered fields as a scenario file."""
    return "".join(f"{name}: {_yaml_value(name, value)}\n" for name, value in scenario.answers().items())


def _yaml_value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    spec = FIELDS[name]
    if spec.quantity or spec.choices:
        return str(value)
    import yaml

    return str(yaml.safe_dump(value, default_style='"', allow_unicode=True, width=2**30)).strip()


def read_scenario(path: str, settings: tuple[str, ...] = (), check: Check | None = None) -> Scenario:
    """A scenario file (YAML or JSON; ``-`` is standard input) with ``field=value`` settings on top.

    Raises BadInput with every fault of the file and of the settings.
    """
    file = "standard input" if path == STANDARD_INPUT else path
    return parse_scenario(read_text(path, MAX_FILE_BYTES), file, settings, check)


def parse_scenario(text: str, file: str, settings: tuple[str, ...] = (), check: Check | None = None) -> Scenario:
    """The text of a scenario file, with settings on top. Raises BadInput as ``read_scenario`` does."""
    data, lines, faults = parse_answers(text, file)
    places: dict[str, str] = {}
    for setting in settings:
        try:
            field, data[field] = parse_setting(setting)
            places[field] = _place(setting)
        except BadInput as error:
            faults.extend(error.problems)
    try:
        scenario = validated(data, file, lines)
        if found := list(check(scenario) if check else ()):
            raise BadInput(problem._replace(file=file, line=lines.get(problem.field or "")) for problem in found)
    except BadInput as error:
        found = [
            problem._replace(file=places[problem.field], line=None) if problem.field in places else problem
            for problem in error.problems
        ]
        raise BadInput(sorted([*faults, *found], key=lambda problem: problem.line or MAX_FILE_BYTES)) from None
    if faults:
        raise BadInput(faults)
    return scenario


def is_memo(text: str) -> bool:
    """True for text that looks like a memo, as a page or as Markdown."""
    return _MEMO.match(text) is not None


def parse_answers(text: str, file: str) -> tuple[dict[str, Any], dict[str, int], list[Problem]]:
    """The answers, their lines, and the faults that do not prevent reading them. Raises BadInput."""
    faults: list[Problem] = []
    if is_memo(text):
        raise BadInput(Problem("this is a memo, not a scenario", file, help=_NEXT_TO_IT))
    is_json = text.lstrip().startswith("{")
    data = _parse_json(text, file, faults) if is_json else strict_yaml.load(text, file, faults)
    if data is None:
        help = "write one `field: value` a line; `advisor schema scenario` lists the fields"
        raise BadInput([*faults, Problem("there are no answers here", file=file, help=help)])
    if not isinstance(data, strict_yaml.Mapping):
        help = "write one `field: value` a line, with a colon and a space"
        if isinstance(data, list):
            help = "write the fields of one scenario, not a list"
        raise BadInput([*faults, Problem("this is not a mapping of fields to values", file=file, help=help)])
    for key, (what, help) in _KEYS_OF_OTHERS.items():
        if key in data:
            raise BadInput(Problem(what, file, data.lines[key], help=help))
    if len(data) > MAX_ENTRIES:
        what = f"there are {len(data):,} entries, and a scenario has {len(FIELDS)} fields"
        raise BadInput([*faults, Problem(what, file=file, help="check that this is the right file")])
    return dict(data), dict(data.lines), faults


_JSON_TOKEN = re.compile(r'[{}\[\]]|"(?:[^"\\]|\\.)*"(?P<colon>\s*:)?')
_JSON_FAULTS = {
    "Expecting property name": (
        "a field name in double quotes is missing",
        'write "field": value; a text that starts with a brace is read as JSON',
    ),
    "Expecting ':'": ("a colon is missing after a field name", 'write "field": value'),
    "Expecting ','": ("a comma or a closing bracket is missing", "put a comma between two fields"),
    "Expecting value": ("a value is missing or is not JSON", "write a number, true, false, null, or a text in quotes"),
    "Invalid control character": ("a text contains a control character", "remove it"),
    "Invalid \\": ("a text holds an unknown escape", "write a backslash twice"),
    "Extra data": ("something follows the closing brace", "keep one scenario"),
}


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as it was written, with duplicate keys."""


def _parse_json(text: str, file: str, faults: list[Problem]) -> strict_yaml.Mapping:
    """A JSON object whose numbers are exact. Duplicate keys are added to ``faults``."""
    try:
        data = json.loads(
            text,
            object_pairs_hook=_Pairs,
            parse_float=strict_yaml.scalar,
            parse_int=strict_yaml.scalar,
            parse_constant=Decimal,
        )
    except json.JSONDecodeError as error:
        raise BadInput(_json_fault(error, text, file)) from None
    except RecursionError:
        raise BadInput(Problem("values are nested too deep to be read", file, help="write one value a field")) from None
    answers = strict_yaml.Mapping(1)
    for (name, value), line in zip(data, _json_lines(text), strict=True):
        if name in answers:
            what = f"duplicate key {quoted(name)}, first on line {answers.lines[name]}"
            faults.append(Problem(what, file, line, help="keep one of them", key=name))
        elif HIDDEN.search(name):
            what = f"{quoted(name)} is not a scenario field"
            faults.append(Problem(what, file, line, help=which_field(name), key=name))
        else:
            answers[name] = dict(value) if isinstance(value, _Pairs) else value
            answers.lines[name] = line
    return answers


def _json_lines(text: str) -> list[int]:
    """The line of each key of the outermost object."""
    lines: list[int] = []
    depth, line, counted = 0, 1, 0
    for token in _JSON_TOKEN.finditer(text):
        line += text.count("\n", counted, token.start())
        counted = token.start()
        if token[0] in ("{", "["):
            depth += 1
        elif token[0] in ("}", "]"):
            depth -= 1
        elif token["colon"] and depth == 1:
            lines.append(line)
    return lines


def _json_fault(error: json.JSONDecodeError, text: str, file: str) -> Problem:
    known = (fault for start, fault in _JSON_FAULTS.items() if error.msg.startswith(start))
    what, help = next(known, (error.msg.lower(), 'write "field": value'))
    position, before, after = error.pos, text[: error.pos].rstrip(), text[error.pos :].lstrip()
    illegal = error.msg.startswith("Illegal trailing comma")
    # Python 3.13 points at a trailing comma, the versions before at what follows it.
    if illegal or (before.endswith(",") and after[:1] in ("}", "]")):
        position = position if illegal else len(before) - 1
        what, help = "trailing comma before a closing bracket", "remove the comma"
    elif error.msg.startswith("Unterminated") or text[position : position + 1] == "\n":
        what, help = "a text in quotes does not end on its line", "close the quote"
    elif not after:
        what, help = "the text ends before its closing brace", "close it"
    elif after[0] in "/#":
        what, help = "JSON has no comments", "remove it"
    elif after[0].isdigit() and before[-1:] == "0":
        what, help = "a number starts with a zero", "write it without the leading zero"
    return Problem(f"this is not valid JSON: {what}", file, text.count("\n", 0, position) + 1, help=help)


def _place(setting: str) -> str:
    return f"--set {setting[:60]}{'...' if len(setting) > 60 else ''}"


def parse_setting(setting: str) -> tuple[str, Any]:
    """One ``field=value`` as a person types it. An empty value removes the answer. Raises BadInput."""
    field, equals, text = setting.partition("=")
    field, text = field.strip(), text.strip()
    if not equals or not field:
        raise BadInput(Problem(f"{quoted(setting)} is not field=value", file="--set", help="write --set field=value"))
    if field not in FIELDS:
        raise BadInput(Problem(f"{quoted(field)} is not a scenario field", _place(setting), help=which_field(field)))
    return field, typed_answer(field, text, _place(setting))


def typed_answer(field: str, text: str, where: str) -> Any:
    """An answer as a person types it, for the field it belongs to. Raises BadInput."""
    spec = FIELDS[field]
    if text == "":
        return None
    try:
        if spec.quantity:
            return spec.quantity.parse(text)
        if spec.boolean:
            words = {"true": True, "yes": True, "y": True, "false": False, "no": False, "n": False}
            return word(spec, words.get(text.lower(), text))
        return word(spec, text)
    except NotANumber as error:
        raise BadInput(Problem(str(error), file=where, field=field, help=error.help)) from None
