"""Every reader there is, and which of them a file is for by its content: one, or an error with the candidates."""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.domain.scenario import Unit
from advisor.tabular.text_files import unpacked
from advisor.usage.input_files import TEXT, Container, Input, Lines, Source, shape_of, stands_in
from advisor.usage.readers.access_log import LOGS, WRAPPED, AccessLog, is_collected, object_of
from advisor.usage.readers.focus import FOCUS, Focus
from advisor.usage.readers.json_pages import HALF_CHARACTER, PageReading, first_in, objects, parse
from advisor.usage.readers.litellm import LITELLM_LOGS, LiteLlmLogs, paged
from advisor.usage.readers.plain import PLAIN, Plain
from advisor.usage.readers.starter_log import STARTER_LOG, StarterLog

TableReader = Focus | LiteLlmLogs | StarterLog | AccessLog | Plain


TABLES: tuple[TableReader, ...] = (FOCUS, LITELLM_LOGS, STARTER_LOG, *LOGS)
PAGES = {
    "openai-usage": "openai",
    "openai-costs": "openai",
    "fal-usage": "fal",
    "fal-billing-events": "fal",
    "replicate-predictions": "replicate",
    "litellm-daily": "litellm",
}
"""The formats of pages of JSON, and the module of ``readers`` that reads each."""
NAMES = (*(reader.name for reader in TABLES), PLAIN, *PAGES)
"""Every source, as ``--format`` takes it."""
OF_SECONDS = ("fal-usage", "fal-billing-events", "replicate-predictions", FOCUS.name, PLAIN)
"""Sources that can count seconds of video."""

MOST_BYTES_OF_PAGES = 64_000_000
MOST_COLUMNS = 2_000
_MOST_LINES = 200
_DELIMITERS = ",;\t|"
_MAY_BE_PAGES = re.compile(r"\s*(\{|\[\s*[{\]])")
_QUOTED = re.compile(r'(^|[,;\t|])"(?:[^"]|"")*')
"""A cell in quotes, within which no sign separates cells."""


class Table(NamedTuple):
    """A file of rows, the name of its format, and its reader."""

    file: str
    name: str
    reader: TableReader
    source: Source


class Pages(NamedTuple):
    """A file of pages, the name of their format, and what was parsed."""

    file: str
    name: str
    document: object

    def read(self, unit: Unit, chosen: Sequence[str]) -> PageReading:
        """Its rows. ``unit`` counts as an image; ``chosen`` are names that make images, if the user selected them."""
        reader = import_module(f"advisor.usage.readers.{PAGES[self.name]}")
        reading: PageReading = reader.read(self.name, self.document, self.file, unit, chosen)
        return reading


Found = Table | Pages
Json = dict[str, object]


def detected(input: Input, format: str | None, plain: Plain | None) -> Found:
    """What the file is. ``format`` narrows the candidates; ``plain`` comes before others where its columns are there.

    Raises BadInput where none fits or several do.
    """
    if format is not None and format not in NAMES:
        help = did_you_mean(format, NAMES) or f"write one of {', '.join(NAMES)}"
        raise BadInput(Problem(f"unknown format {quoted(format)}", "--format", help=help))
    if format == PLAIN and plain is None:
        raise BadInput(Problem("a plain table needs a mapping", "--format", help="add --mapping FILE"))
    sources = tuple(_sources(input))
    readers = [*TABLES, *([plain] if plain else [])]
    tables = [
        Table(input.file, reader.name, reader, source)
        for head in sources
        for reader in readers
        if format in (None, reader.name) and reader.fits(source := _with_late_keys(head, reader))
    ]
    by_line = [one for one in tables if isinstance(one.reader, AccessLog) and one.reader.fits_lines(one.source)]
    tables = [table for table in tables if table not in by_line[1:]]
    for table in tables:
        if plain and table.reader is plain:
            return table._replace(source=replace(table.source, numbers=plain.numbers))
    found: list[Found] = [*tables, *_pages(input, format, tables)]
    if len(found) == 1:
        return found[0]
    if found:
        both = " or ".join(dict.fromkeys(one.name for one in found))
        help = f"choose one, as in --format {found[0].name}"
        raise BadInput(Problem(f"ambiguous file format: {both}", input.file, help=help))
    raise _unknown(input, format, plain, sources)


def _with_late_keys(source: Source, reader: TableReader) -> Source:
    """With keys that the first objects may lack; names that differ in case only are the same.

    Those of a mapping have to occur somewhere in the file, so that one that is misspelt is refused.
    """
    if not source.holds_objects:
        return source
    wanted = reader.optional if isinstance(reader, LiteLlmLogs) else ()
    if isinstance(reader, Plain) and source.has(reader.mapping.columns["at"]):
        wanted = reader.mapping.named

    def occurs(key: str) -> bool:
        return stands_in(source.path, source.packing, json.dumps(key, ensure_ascii=False))

    seen = {column.casefold() for column in source.columns}
    late = [key for key in wanted if key.casefold() not in seen and not source.has(key)]
    if isinstance(reader, Plain) and late:
        nested = [key for key in late if "." in key and all(map(occurs, key.split(".")))]
        late = [key for key in late if key not in nested and occurs(key)]
        outer = (key.partition(".")[0] for key in nested)
        late += dict.fromkeys(column for column in outer if column.casefold() not in seen)
        source = replace(source, shapes=(*source.shapes, frozenset(nested)))
    return replace(source, columns=(*source.columns, *late))


def _unknown(input: Input, format: str | None, plain: Plain | None, sources: Sequence[Source]) -> BadInput:
    if plain is not None and format in (None, PLAIN):
        for source in sources:
            plain.check(source)
    columns = next((source.columns for source in sources if len(source.columns) > 1), ())
    seen = f": its columns are {', '.join(map(quoted, columns[:8]))}" if columns else ""
    if format is not None:
        help = "leave --format out, or check that this is the right file"
        return BadInput(Problem(f"this is not a file of format {quoted(format)}{seen}", input.file, help=help))
    help = f"say what its columns mean with --mapping FILE, or name its format with --format ({', '.join(NAMES)})"
    return BadInput(Problem(f"unrecognised file format{seen}", input.file, help=help))


def _sources(input: Input) -> Iterator[Source]:
    """How the rows may be stored; several if the first bytes allow several."""
    if input.head.startswith(b"PAR1"):
        yield _parquet(input)
        return
    text = _text(input)
    first = text.lstrip()[:1]
    seen = _first_objects(text) if first == "[" else list(_objects(_lines(text, input.whole)))
    if seen:
        yield _of_objects(input, Container.JSON_ARRAY if first == "[" else Container.JSONL, seen)
    if first == "{" or seen:
        yield from paged(_source(input, Container.JSON_ARRAY, ()), text, partial(_all_text, input))
    else:
        yield _with_lines(_source(input, Container.LINES, (TEXT,)), TEXT, _lines(text, input.whole, most=None))
        if header := _header(text):
            names, delimiter = header
            _check_names(list(filter(None, names)), input.file, 1)
            source = _source(input, Container.CSV, tuple(names), delimiter)
            yield replace(source, by_line=source.by_line or text[:1] in ("\r", "\n"))


def _of_objects(input: Input, container: Container, objects: Sequence[dict[str, Any]]) -> Source:
    keys = tuple(dict.fromkeys(key for one in objects for key in one))[:MOST_COLUMNS]
    _check_names(keys, input.file, None)
    source = _source(input, container, keys)
    for column, other in WRAPPED.items():
        if {column, other} <= set(source.columns):
            return _with_lines(source, column, (str(one.get(column) or "") for one in objects))
    return replace(source, shapes=tuple(dict.fromkeys(map(shape_of, objects))))


def _with_lines(source: Source, column: str, lines: Iterable[str]) -> Source:
    """With the lines of a log, and the keys of the objects that they hold."""
    first = tuple(line.rstrip("\r\n") for line in lines)
    collected = column != TEXT or any(map(is_collected, first))
    objects = _objects(filter(None, map(object_of, first)))
    return replace(source, lines=Lines(column, first, collected), shapes=tuple(dict.fromkeys(map(shape_of, objects))))


def _source(input: Input, container: Container, columns: tuple[str, ...], delimiter: str = ",") -> Source:
    by_line = input.long_line and container in (Container.CSV, Container.LINES)
    return Source(input.file, input.path, input.packing, container, columns, delimiter, by_line=by_line)


def _parquet(input: Input) -> Source:
    try:
        with pq.ParquetFile(input.path) as file:
            columns = [field.name for field in file.schema_arrow if not pa.types.is_nested(field.type)]
    except (pa.ArrowException, OSError) as error:
        first = str(error).partition("\n")[0].rstrip(".").lower()
        help = "check that all of it is there"
        raise BadInput(Problem(f"the file cannot be read as Parquet: {first}", input.file, help=help)) from None
    _check_names(columns, input.file, None)
    return _source(input, Container.PARQUET, tuple(columns))


def _check_names(columns: Sequence[str], file: str, line: int | None) -> None:
    halved = next(filter(HALF_CHARACTER.search, columns), None)
    if halved is not None:
        what = f"the name {quoted(halved)} holds half a character"
        raise BadInput(Problem(what, file, line, help="fix the text at its source"))
    if len(columns) > MOST_COLUMNS:
        what = f"there are more than {MOST_COLUMNS:,} columns"
        raise BadInput(Problem(what, file, line, help="check that this is the right file"))
    twice = [name for name in dict.fromkeys(columns) if list(columns).count(name) > 1] if len(columns) < 500 else []
    if twice:
        raise BadInput(Problem(f"duplicate column {quoted(twice[0])}", file, line, help="rename one of them"))


def _text(input: Input) -> str:
    if input.head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise BadInput(Problem("this is UTF-16 text, not UTF-8", input.file, help="save the file as UTF-8"))
    if b"\0" in input.head:
        what = "this is neither text nor Parquet"
        raise BadInput(Problem(what, input.file, help="name a bill or a log; gzip and zstd may stay packed"))
    return input.head.decode("utf-8-sig", errors="replace")


def _lines(text: str, whole: bool, most: int | None = _MOST_LINES) -> Iterator[str]:
    """The first lines that are whole and hold something."""
    lines = text.split("\n")
    yield from [line for line in (lines if whole or len(lines) < 2 else lines[:-1]) if line.strip()][:most]


def _objects(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The objects among the lines; nothing where the first is none."""
    for number, line in enumerate(lines):
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            if number == 0:
                return
            continue
        if isinstance(found, dict):
            yield found


def _first_objects(text: str) -> list[dict[str, Any]]:
    decoder, place, found = json.JSONDecoder(), text.find("[") + 1, list[dict[str, Any]]()
    while len(found) < _MOST_LINES:
        place += len(text[place:]) - len(text[place:].lstrip(" \t\r\n,"))
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            return found
        if not isinstance(value, dict):
            return []
        found.append(value)
    return found


def _header(text: str) -> tuple[list[str], str] | None:
    """The names on the first line that is not blank, of which some may be empty, and their delimiter."""
    line = text.lstrip("\r\n").partition("\n")[0].rstrip("\r")
    delimiter = max(_DELIMITERS, key=_QUOTED.sub(r"\1", line).count)
    try:
        cells = next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None
    return (cells, delimiter) if any(cells) else None


def _pages(input: Input, format: str | None, tables: Sequence[Table]) -> list[Found]:
    """What the readers of pages take it for. Raises BadInput for what is neither JSON nor one of the tables."""
    if input.head.startswith(b"PAR1") or not _MAY_BE_PAGES.match(_text(input)):
        return []
    if format not in (None, *PAGES) or not _may_be_pages(input):
        return []
    try:
        document = parse(_all_text(input), input.file)
    except BadInput:
        if tables:
            return []
        raise
    return [Pages(input.file, name, document) for name in names_of(document) if format in (None, name)]


def _may_be_pages(input: Input) -> bool:
    """False for JSON Lines of which the first are no pages, however long the file is."""
    lines = list(_lines(_text(input), input.whole))
    seen = list(_objects(lines))
    return len(seen) < 2 or len(seen) < len(lines) or bool(names_of(seen))


def _all_text(input: Input) -> str:
    with unpacked(input.path, input.packing) as file:
        data = file.read(MOST_BYTES_OF_PAGES + 1)
    if len(data) > MOST_BYTES_OF_PAGES:
        what = f"pages of JSON have more than {MOST_BYTES_OF_PAGES:,} bytes here"
        raise BadInput(Problem(what, input.file, help="store fewer pages in a file"))
    try:
        return bytes(data).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadInput(Problem("this is not UTF-8 text", input.file, line, help="save the file as UTF-8")) from None


# ---- which pages a document of JSON is, by the keys of the first page that has any

_PREDICTION_KEYS = frozenset({"id", "status", "created_at"})
_MORE_PREDICTION_KEYS = frozenset({"version", "urls", "data_removed"})
"""One of these as well distinguishes a prediction from the objects of other services."""
_OPENAI_KINDS = {"organization.usage.images.result": "openai-usage", "organization.costs.result": "openai-costs"}


def names_of(document: object) -> list[str]:
    """The formats that a document may have: none, one, or several where its pages are empty."""
    pages = list(objects(document))
    found = (_openai(pages), *(one(pages[0]) for one in (_fal, _replicate, _litellm) if pages))
    return [name for name in found if name]


def _openai(pages: Sequence[Json]) -> str | None:
    """Pages with empty buckets alone count as usage: of no images."""
    found = None
    for page in pages:
        data = page.get("data")
        if page.get("object") != "page" or not isinstance(data, list):
            return None
        results = (first_in(bucket, "results") or first_in(bucket, "result") for bucket in data)
        if first := next(filter(None, results), None):
            if "object" in first:
                return next((name for kind, name in _OPENAI_KINDS.items() if kind == first["object"]), None)
            return "openai-costs" if "amount" in first else "openai-usage" if "images" in first else None
        found = "openai-usage"
    return found


def _fal(page: Json) -> str | None:
    if isinstance(page.get("billing_events"), list):
        return "fal-billing-events"
    if isinstance(page.get("time_series"), list):
        bucket = first_in(page, "time_series")
        result = first_in(bucket, "results")
        known = bucket is None or ("bucket" in bucket and (result is None or "quantity" in result))
        return "fal-usage" if known else None
    summary = first_in(page, "summary")
    return "fal-usage" if summary is not None and "endpoint_id" in summary else None


def _replicate(page: Json) -> str | None:
    if not isinstance(page.get("results"), list):
        known = page.keys() >= _PREDICTION_KEYS and bool(page.keys() & _MORE_PREDICTION_KEYS)
    elif first := first_in(page, "results"):
        known = first.keys() >= _PREDICTION_KEYS
    else:
        known = "next" in page and "previous" in page
    return "replicate-predictions" if known else None


def _litellm(page: Json) -> str | None:
    if isinstance(page.get("results"), list):
        first = first_in(page, "results")
        known = {"date", "breakdown"} <= first.keys() if first else "metadata" in page
    else:
        known = {"date", "spend", "successful_requests"} <= page.keys()
    return "litellm-daily" if known else None
