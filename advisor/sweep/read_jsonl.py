"""Reads JSON Lines: one object a line, every number as the text it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from io import BufferedIOBase
from pathlib import Path
from typing import Any

from advisor.common import yaml_loader as strict_yaml
from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.domain.scenario import FIELDS
from advisor.sweep.formats import Format, Kind
from advisor.sweep.header import MAX_COLUMNS
from advisor.sweep.source import Source
from advisor.sweep.staging import BATCH, MAX_LINE, Stage, Told, opened

_ONE_EACH = "write one JSON object a line"
_TEXTS = tuple(spec.name for spec in FIELDS.values() if not (spec.quantity or spec.boolean or spec.choices))


class _Number(str):
    """A number as it is written."""


class _Fault(ValueError):
    """What is wrong with one line; ``help`` says what to write."""

    def __init__(self, what: str, help: str = _ONE_EACH) -> None:
        super().__init__(what)
        self.help = help


def jsonl_source(path: Path, kind: Kind, target: Path, told: Told, carry_cells: bool) -> Source:
    """Writes each line, and the cells of its fields, to ``target``; with ``carry_cells`` those of all names.

    A line that is no object is a fault of its own. Raises BadInput for a file whose first line is none.
    """
    with opened(path, kind) as file:
        names = _names(file, str(path))
        cells = names if carry_cells else [name for name in names if name in FIELDS]
        stage = Stage(target, len(cells), raw=True)
        file.seek(0)
        try:
            for line, data in _lines(file):
                try:
                    text, row = _row(data)
                    texts = [_text(row.get(name)) for name in cells]
                    strange = any(type(row.get(name)) not in (str, type(None)) for name in _TEXTS)
                    stage.add(line, texts, strange, text if row else "{}")
                except _Fault as fault:
                    stage.reject(line, str(fault), fault.help, raw=True)
                if stage.rows % BATCH == 0:
                    told(stage.rows)
        finally:
            stage.close()
    columns = dict(zip(cells, stage.columns, strict=True))
    return Source(
        str(path), Format.JSONL, target, tuple(names), tuple(columns.get(name, "") for name in names), stage.rows
    )


def answers_in(line: str) -> dict[str, Any]:
    """The fields of a line that was read before, with exact numbers."""
    row = _DECODER.decode(line)
    return {name: _exactly(value) for name, value in row.items() if name in FIELDS}


def _exactly(value: Any) -> Any:
    if not isinstance(value, _Number):
        return value
    return Decimal(value) if value.lstrip("-") in ("NaN", "Infinity") else strict_yaml.scalar(value)


def _names(file: BufferedIOBase, path: str) -> list[str]:
    """Every name of every object, in the order in which they first appear."""
    names: dict[str, None] = {}
    for number, (line, data) in enumerate(_lines(file)):
        try:
            names |= dict.fromkeys(_row(data)[1])
        except _Fault as fault:
            if number == 0 and not data.removeprefix(b"\xef\xbb\xbf").startswith(b"{"):
                raise BadInput(Problem(f"this is not JSON Lines: {fault}", path, line, help=fault.help)) from None
        if len(names) > MAX_COLUMNS:
            what = f"there are more than {MAX_COLUMNS:,} different names"
            raise BadInput(Problem(what, path, line, help="check that this is the right file"))
    return list(names)


def _lines(file: BufferedIOBase) -> Iterator[tuple[int, bytes]]:
    """Each line that is not blank; of one that is too long a part, which is too long as well."""
    number = 0
    while data := file.readline(MAX_LINE + 1):
        number += 1
        part = data
        while len(part) > MAX_LINE and not part.endswith(b"\n"):
            part = file.readline(MAX_LINE + 1)
        if len(data) > MAX_LINE or (data := data.strip()):
            yield number, data


def _row(data: bytes) -> tuple[str, dict[str, Any]]:
    """A line as text, and the object it holds. Raises _Fault."""
    if len(data) > MAX_LINE:
        raise _Fault(f"the line is longer than {MAX_LINE:,} bytes")
    try:
        text = data.decode("utf-8-sig")
        row = _DECODER.decode(text)
    except UnicodeDecodeError as error:
        raise _Fault(f"byte {quoted(hex(data[error.start]))} is not UTF-8 text", "save the file as UTF-8") from None
    except json.JSONDecodeError as error:
        what = f"this is not valid JSON: {error.msg.lower()} at character {error.colno:,}"
        raise _Fault(what) from None
    except RecursionError:
        raise _Fault("values are nested too deep to be read", "write one value a field") from None
    if not isinstance(row, dict):
        raise _Fault("this is not an object of names and values")
    if "\\ud" in text.lower():
        _refuse_half_characters(row)
    return text, row


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Fault(f"{quoted(twice)} stands twice", "keep one of them")
    return row


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_Number, parse_int=_Number, parse_constant=_Number)


def _refuse_half_characters(row: Mapping[str, Any]) -> None:
    try:
        _json(row).encode()
    except UnicodeEncodeError:
        raise _Fault("a text holds half a character", "write the character itself") from None


def _text(value: Any) -> str | None:
    """A value as a cell: text and numbers as they stand, anything else as JSON."""
    if value is None or isinstance(value, str):
        return value
    return _json(value)


def _json(value: Any) -> str:
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_json(name)}: {_json(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
