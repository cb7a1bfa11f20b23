"""YAML as people expect it: 1.2 scalars, exact decimals, no duplicate keys, no aliases, no tags, and line numbers.

PyYAML's own constructors follow YAML 1.1 (`no` is false, `010` is 8, `1e6` is a string, duplicate keys overwrite
silently), so only its parser is used and the values are built here.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import yaml

from advisor.errors import BadInput, Problem, quoted

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,4})?")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_MAX_DIGITS = 100
_MAX_DEPTH = 30
_PLAIN_TAGS = tuple(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "timestamp"))
_MERGE_TAGS = ("tag:yaml.org,2002:merge", "tag:yaml.org,2002:value")
_COLLECTION_TAGS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


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


def load(text: str, file: str) -> Any:
    """Parses one YAML document; ``file`` names it in errors. Raises BadInput with file and line."""
    if deepest_bracket(text) > _MAX_DEPTH:
        raise BadInput(Problem(f"brackets are nested deeper than {_MAX_DEPTH} levels", file=file))
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = (error.problem or error.context or "it cannot be parsed").lower()
        more = "one document only" if "single document" in what or "but found another" in what else None
        raise BadInput(
            Problem(
                f"this is not valid YAML: {what}",
                file=file,
                line=mark.line + 1 if mark else None,
                help=more or "write one `field: value` a line",
            )
        ) from None
    except yaml.YAMLError as error:
        position = getattr(error, "position", None)
        line = text.count("\n", 0, position) + 1 if isinstance(position, int) else None
        raise BadInput(
            Problem("a control character stands in the text", file=file, line=line, help="remove it")
        ) from None
    except RecursionError:
        raise BadInput(Problem(f"values are nested deeper than {_MAX_DEPTH} levels", file=file)) from None
    finally:
        loader.dispose()
    return None if node is None else _build(node, file, set(), 0)


def deepest_bracket(text: str) -> int:
    """How deep flow brackets nest, counted roughly before any parser recurses over them."""
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        depth = max(0, depth + (1 if bracket in "[{" else -1))
        deepest = max(deepest, depth)
    return deepest


def _build(node: Any, file: str, seen: set[int], depth: int) -> Any:
    line = node.start_mark.line + 1
    if id(node) in seen:
        raise BadInput(Problem("aliases are not allowed here", file=file, line=line, help="write the value out"))
    seen.add(id(node))
    if depth > _MAX_DEPTH:
        raise BadInput(Problem(f"values are nested deeper than {_MAX_DEPTH} levels", file=file, line=line))
    if node.tag not in (*_PLAIN_TAGS, *_MERGE_TAGS, *_COLLECTION_TAGS):
        raise BadInput(
            Problem(f"the tag {quoted(node.tag)} is not allowed here", file=file, line=line, help="remove it")
        )
    if isinstance(node, yaml.MappingNode):
        return _build_mapping(node, file, seen, depth)
    if isinstance(node, yaml.SequenceNode):
        items = Sequence(line)
        for child in node.value:
            items.append(_build(child, file, seen, depth + 1))
            items.lines.append(child.start_mark.line + 1)
        return items
    return node.value if node.style in ("'", '"', "|", ">") else scalar(node.value, file, line)


def _build_mapping(node: Any, file: str, seen: set[int], depth: int) -> Mapping:
    mapping = Mapping(node.start_mark.line + 1)
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise BadInput(Problem("a name must be a plain word", file=file, line=line))
        key = key_node.value
        if key in mapping:
            first = mapping.lines[key]
            raise BadInput(
                Problem(
                    f"{quoted(key)} stands twice, first on line {first}", file=file, line=line, help="keep one of them"
                )
            )
        mapping[key] = _build(value_node, file, seen, depth + 1)
        mapping.lines[key] = line
    return mapping


def scalar(text: str, file: str, line: int) -> Any:
    """The value of an unquoted scalar: true, false, null, an int, a Decimal, else the text itself."""
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if len(text) > _MAX_DIGITS:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _LEADING_ZERO.fullmatch(text):
        raise BadInput(
            Problem(
                f"{quoted(text)} starts with a zero, which some programs read as octal",
                file=file,
                line=line,
                help="write the number without the leading zero",
            )
        )
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    return text
