r"""Inputs of many wrong shapes, made from tables: what each command is called with, and the files it finds.

A table has one entry a line, a name and what stands in the file, with Python's escapes. In command lines SCENARIO,
RECORD, MEMO, PAGE, RULES and TEMPLATES stand for what is right; in csv HEADER and ROW.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.sweep.sweeping import PLAIN

ROOT = Path(__file__).parents[2]
Files = Mapping[str, str | bytes | None]
"""Names and contents; None is a folder."""


@dataclass(frozen=True)
class Shape:
    """One call, with the files it finds."""

    name: str
    arguments: list[str]
    files: Files = field(default_factory=dict)
    standard_input: bytes = b""


def unescaped(text: str) -> str:
    """The text, with Python's escapes read."""
    return text.encode("latin-1", "backslashreplace").decode("unicode_escape")


def table(text: str) -> dict[str, str]:
    """The entries of a table."""
    lines = (line.strip().partition(" ") for line in text.strip().splitlines())
    return {name: unescaped(value.strip()) for name, _, value in lines}


def replaced(text: str, change: str) -> str:
    """The text with ``old > new`` done."""
    old, _, new = change.partition(" > ")
    return text.replace(old, new)


VALUES = r"""
''|" "|'0'|+0|-0.0|0e0|1e-7|1e999|1e-999|.|-|+|--1|1-|1e|0b1|0o7|1:30|1:30:15|2026-01-01|2026-01-01T00:00:00Z|!!int 5
!!float 5|!!binary aGk=|!!set {a}|[]|{}|[[]]|{a: {b: 1}}|[1, 2]|? a|&a 5|*a|>\n  x|"\\x00"|"\\uD800"|'it''s'|Yes|TRUE|y
on|0.1.2|1,5|0,042|\uff15|\u00bd|\u221e|\u0665|1_0|$5|5 # a note|# a note|'5'|"5e3"|NULL|nil|none|~ ~|%5|@5|`5`|5 5
9007199254740993|18446744073709551616|0.1e1|1E+2|1d|5f|0x1p3|1__0|\U0001f4a9
"""
"""Each is the value of a field of every kind, at once."""
FIELDS = ("monthly_images", "open_price", "residency", "indemnity_required", "title", "payback_limit_months")

DOCUMENTS = table(r"""
    only-a-brace.json {
    only-a-bracket.json [
    a-number.json {5}
    null null
    text "text"
    directive %YAML 1.1\n---\nresidency: anywhere\n
    tag-directive %TAG ! tag:x,2000:\n---\na: !b c\n
    many-dots ...\n...\n
    carriage-returns residency: anywhere\rlatency: never\r
    tabs \tresidency:\tx
    form-feed residency: anywhere\f\n
    next-line residency: x\x85latency: y\n
    vertical-tab a:\x0bb\n
    complex-key ? [a, b]\n: c\n
    key-without-value ? residency\n
    empty-key : 5\n
    list-of-maps - a: 1\n- b: 2\n
    json-lines {"a": 1}\n{"b": 2}\n
    json-in-yaml - {\n
    json-and-more.json {"latency": "x"} trailing
    bom-twice \ufeff\ufeffa: 1
    comment.json {"a": 1 /* x */}
    nan.json {"monthly_images": NaN}
    infinite.json {"open_price": -Infinity}
    plus.json {"open_price": +1}
    point.json {"open_price": .5}
    hexadecimal.json {"open_price": 0x5}
    exponent.json {"open_price": 1e}
    big.json {"monthly_images": 1e400}
    single.json {'a': 1}
    key.json {a: 1}
    colon.json {"a":: 1}
    empty-key.json {"": 1}
    null-key.json {null: 1}
    escape.json {"title": "\\q"}
    half.json {"title": "\\ud83d"}
    raw-tab.json {"title": "a\tb"}
    nul.json {"title": "a\\u0000"}
    csv residency,latency\nanywhere,tolerant\n
    html <html></html>
    xml <?xml version='1.0'?><a/>
    shell #!/bin/sh\nexit 1\n
    ini [scenario]\nresidency = anywhere\n
    toml residency = "anywhere"\n
    env residency=anywhere\n
    record {"schema_version": 1}
    flow-open {residency: anywhere
    flow-mixed [a: b, c}
    quote-open title: 'a\nb: c\n
    same-line a: b: c
    dash -
    question ?
    reversed \u202eresidency: anywhere\n
    hidden resi\u200bdency: anywhere\n
    homoglyph r\u0435sidency: anywhere\n
    rules - id: x\n  axis: cost\n
    memo ---\nstatus: proposed\n---\n# x\n
    mapping meter: fal\ncolumns: {at: a}\n
    merge <<: {a: 1}\n
""") | {
    "deep.json": '{"title": ' + '{"a":' * 200 + "1" + "}" * 201,
    "long-line": "title: " + "x" * 150_000,
    "many-lines": "\n" * 100_000 + "x",
    "many-fields": "".join(f"f{n}: 1\n" for n in range(250)),
}


def scenario_shapes() -> Iterator[Shape]:
    """Scenario files."""
    for number, escaped in enumerate(VALUES.strip().replace("\n", "|").split("|")):
        value = unescaped(escaped)
        text = "".join(f"{name}: {value}\n" for name in FIELDS)
        yield Shape(f"value-{number}", ["decide", "x.yaml"], {"x.yaml": text})
        yield Shape(f"set-{number}", ["decide", "SCENARIO", *(w for f in FIELDS for w in ("--set", f"{f}={value}"))])
    for number, (name, text) in enumerate(DOCUMENTS.items()):
        file = name if name.endswith(".json") else f"{name}.yaml"
        yield Shape(f"document-{name}", ["decide", file], {file: text})
        if number % 4 == 0:
            yield Shape(f"document-{name}-piped", ["explain", "-"], {}, text.encode("utf-8", "surrogatepass"))


def _record_texts(record: str) -> Iterator[tuple[str, str]]:
    data = json.loads(record)
    for key in data:
        yield f"without-{key}", json.dumps({name: value for name, value in data.items() if name != key})
    for key in ("status", "route", "scenario", "decided_on", "rulebook_digest", "trace", "migration"):
        others: tuple[Any, ...] = ("", [], {}, None, [None], "9" * 300)
        for number, wrong in enumerate(others):
            yield f"{key}-{number}", json.dumps({**data, key: wrong})
    for number, value in enumerate(("2026-02-30", "0000-00-00", "2026-1-1", "99999-01-01", "2026-01-01T00:00", "now")):
        yield f"date-{number}", json.dumps({**data, "decided_on": value})
    for number, value in enumerate(("abc", "-1", "1e999", "NaN", "", "0,042", "9" * 400, "1/2")):
        yield f"crossover-{number}", json.dumps({**data, "crossovers": dict.fromkeys(data["crossovers"], value)})
        yield f"price-{number}", json.dumps({**data, "scenario": {**data["scenario"], "open_price": value}})
    for number, share in enumerate((0.01, 0.1, 0.5, 0.9, 0.99)):
        yield f"cut-{number}", record[: int(len(record) * share)]
    yield "doubled", record * 2
    yield "in-a-list", f'[{{"schema_version": 1}}, {record}]'
    yield "version-of-tomorrow", json.dumps({"schema_version": 3, "anything": None})
    yield "deep", '{"schema_version": 1, "scenario": ' + "[" * 50_000 + "]" * 50_000 + "}"
    yield "half-a-character", record.replace("open_weight_api", "\\ud800", 1)
    yield "a-nul", record.replace("open_weight_api", "\\u0000", 1)
    yield "nan", record.replace('"settled": true', '"settled": NaN', 1)
    yield "other-route", record.replace('"route": "open_weight_api"', '"route": "self_host"')
    yield "more", record.replace('"schema_version"', '"more": 1, "schema_version"', 1)


def record_shapes(record: str) -> Iterator[Shape]:
    """Records, read by each command in turn."""
    commands = (
        ["verify", "x.decision.json"],
        ["explain", "x.decision.json"],
        ["monitor", "usage.csv", "--decision", "x.decision.json", "--no-history"],
        ["recheck", "."],
        ["rules", "diff", "RULES", "RULES", "--records", "."],
    )
    usage = "date,images,cost\n2026-01-05,5,1\n"
    for number, (name, text) in enumerate(_record_texts(record)):
        # The comparison of rulebooks takes seconds: once in a while is enough.
        command = commands[number % 4] if number % 25 else commands[4]
        yield Shape(f"{name}-{command[0]}", command, {"x.decision.json": text, "usage.csv": usage})


MEMOS = table(r"""
    status-a-list status: proposed > status: [a, b]
    status-empty status: proposed > status:
    supersedes-a-map status: proposed > status: proposed\nsupersedes: {a: b}
    supersedes-itself status: proposed > status: proposed\nsupersedes: x.memo.md
    supersedes-a-nul status: proposed > status: proposed\nsupersedes: "a\\0b"
    front-matter-open \n---\n > \n
    front-matter-twice ---\n > ---\n---\n
    windows \n > \r\n
    old-apple \n > \r
    fence-open \n```\n > \n
    fence-of-tildes ``` > ~~~
    date-gone # date: > # day:
    date-wrong # date: 20 > # date: 99
    digest-short sha256: > sha256:0\n#
    version # advisor:  > # advisor: v
    scenario-gone residency: > x:
    nul status > sta\0tus
    bom ---\n > \ufeff---\n
""") | {"status-long": "status: proposed > status: " + "x" * 5_000}
"""What in a memo is replaced, and by what."""


def memo_shapes(memo: str, page: str) -> Iterator[Shape]:
    """Memos and pages."""
    lines = memo.splitlines(keepends=True)
    for number in range(0, len(lines), max(1, len(lines) // 15)):
        without = "".join(lines[:number] + lines[number + 1 :])
        yield Shape(f"memo-without-{number}", ["verify", "x.memo.md"], {"x.memo.md": without})
        yield Shape(f"memo-cut-{number}", ["recheck", "."], {"x.memo.md": "".join(lines[:number])})
    for number in range(0, len(page), len(page) // 8):
        yield Shape(f"page-cut-{number}", ["verify", "x.memo.html"], {"x.memo.html": page[:number]})
        yield Shape(f"page-twice-{number}", ["recheck", "."], {"x.memo.html": page[:number] + page})
    for number, (name, change) in enumerate(MEMOS.items()):
        superseding = ["decide", "SCENARIO", "--out", "out", "--supersedes", "x.memo.md"]
        command = ["verify", "x.memo.md"] if number % 3 else superseding
        yield Shape(f"memo-{name}", command, {"x.memo.md": replaced(memo, change)})


def _parquet(columns: dict[str, Any] | pa.Table, **options: Any) -> bytes:
    data = io.BytesIO()
    pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), data, **options)
    return data.getvalue()


TABLES = table(r"""
    blank.csv \n\n\n
    blanks.csv \x20\n
    header-only.csv HEADER\n
    no-end.csv HEADER\nROW
    bom.csv \ufeffHEADER\nROW\n
    bom-twice.csv \ufeff\ufeffHEADER\nROW\n
    bom-within.csv HEADER\n\ufeffROW\n
    tabs.csv latency\ttitle\n
    bars.csv latency|title\n
    nul.csv HEADER\n\0\n
    one-quote.csv "
    quotes.csv HEADER\n\x22\x22\x22\x22\n
    crlf.csv HEADER\r\nROW\r\n
    mixed.csv HEADER\nROW\r\nROW\n
    excel.csv sep=,\nHEADER\nROW\n
    comment.csv # a note\nHEADER\nROW\n
    json.csv {"latency": "tolerant"}\n
    ragged.csv HEADER\n,\nROW,\n,,,,\n
    control.csv HEADER\n\x1b[31m\n
    surrogate.csv HEADER\n\ud800\n
    case.csv Latency,QUALITY\ntolerant,x\n
    spaced.csv latency, quality\ntolerant, x\n
    list.jsonl []\n
    null.jsonl null\n
    text.jsonl "a"\n
    array.jsonl [{"latency": "tolerant"}]
    spread.jsonl {\n"latency":\n"tolerant"\n}\n
    empty.jsonl
    blank.jsonl \n\n
    empty-object.jsonl {}\n
    many.jsonl {"latency": "x"} {"latency": "y"}\n
    nan.jsonl {"open_price": NaN}\n
    bom.jsonl \ufeff{"latency": "tolerant"}\n
    doubles.jsonl {"latency": "tolerant", "latency": "tolerant"}\n
    case.jsonl {"latency": "x", "Latency": "y"}\n
    result.jsonl {"latency": "x", "route": 1}\n
    half.jsonl {"latency": "\\ud800"}\n
    nul.jsonl {"latency": "\\u0000"}\n
    nul-name.jsonl {"latency": "x", "\\u0000": 1}\n
    empty-name.jsonl {"": 1, "latency": "x"}\n
    exponent.jsonl {"monthly_images": 1e999999999}\n
    minus.jsonl {"open_price": -0}\n
    not.csv.gz latency\n
    not.jsonl.gz {}
    empty.csv.gz
    empty.parquet
    magic.parquet PAR1
    text.parquet PAR1 text PAR1
    csv.parquet HEADER\nROW\n
""")


def sweep_shapes() -> Iterator[Shape]:
    """Tables of scenarios."""
    header, row = ",".join(PLAIN), ",".join(PLAIN.values())
    plain = _parquet({name: [value] for name, value in PLAIN.items()})
    tables: dict[str, str | bytes] = {
        **{name: text.replace("HEADER", header).replace("ROW", row) for name, text in TABLES.items()},
        "latin.csv": b"title,latency\ncaf\xe9,tolerant\n",
        "utf-16.jsonl": '{"latency": 1}'.encode("utf-16"),
        "deep.jsonl": '{"latency": ' + "[" * 5_000 + "]" * 5_000 + "}\n",
        "huge.jsonl": '{"monthly_images": ' + "9" * 5_000 + "}\n",
        "cut.csv.gz": gzip.compress(header.encode() * 99)[:40],
        "twice.csv.gz": gzip.compress(gzip.compress(header.encode())),
        "trailing.jsonl.gz": gzip.compress(b'{"latency": "tolerant"}\n') + b"junk",
        "bomb.csv.gz": gzip.compress(b"x" * 3_000_000),
        "head.parquet": plain[:-30],
        "tail.parquet": plain[30:],
        "zeros.parquet": plain[:4] + bytes(len(plain) - 12) + plain[-8:],
        "no-rows.parquet": _parquet({name: pa.array([], pa.string()) for name in PLAIN}),
        "no-columns.parquet": _parquet({}),
        "other.parquet": _parquet({"a": [1]}),
        "nested.parquet": _parquet({"scenario": [PLAIN]}),
        "result.parquet": _parquet({"latency": ["tolerant"], "route": ["x"]}),
        "empty-name.parquet": _parquet({"latency": ["tolerant"], "": [1]}),
        "lz4.parquet": _parquet({"latency": ["x"] * 9}, compression="lz4"),
        "old.parquet": _parquet({"latency": ["x"]}, version="1.0"),
        "twice.parquet": _parquet(pa.Table.from_arrays([pa.array(["tolerant"])] * 2, names=["latency"] * 2)),
        "nulls.parquet": _parquet(dict.fromkeys(PLAIN, pa.nulls(2))),
    }
    for number, (name, data) in enumerate(tables.items()):
        out = ("o.csv", "o.jsonl", "o.parquet")[number % 3]
        reading = ["--reading", "run"] if number % 4 == 3 else []
        yield Shape(f"sweep-{name}", ["sweep", name, "--out", out, *reading], {name: data})
