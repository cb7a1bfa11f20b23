"""Inputs of many wrong shapes, made from tables: what each command is called with, and the files it finds.

A shape is its command line and the files beside it (text, bytes, or None for a folder). Words in capitals stand for what
is there already: SCENARIO, RECORD, MEMO, PAGE, RULES and TEMPLATES.
"""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.sweep.sweeping import PLAIN

ROOT = Path(__file__).parents[2]
File = str | bytes | None


@dataclass(frozen=True)
class Shape:
    """One call."""

    name: str
    arguments: list[str]
    files: dict[str, File] = field(default_factory=dict)
    standard_input: bytes = b""


VALUES = (
    *(
        "''",
        '" "',
        "'0'",
        "+0",
        "-0.0",
        "0e0",
        "1e-7",
        "1e999",
        "1e-999",
        ".",
        "-",
        "+",
        "--1",
        "1-",
        "1e",
        "0b1",
        "0o7",
    ),
    *("1:30", "1:30:15", "2026-01-01", "2026-01-01T00:00:00Z", "!!int 5", "!!float 5", "!!binary aGk=", "!!set {a}"),
    *(
        "[]",
        "{}",
        "[[]]",
        "{a: {b: 1}}",
        "[1, 2]",
        "? a",
        "&a 5",
        "*a",
        "|",
        ">\n  x",
        "|\n  5\n",
        '"\\x00"',
        '"\\uD800"',
    ),
    *(
        "'it''s'",
        "Yes",
        "TRUE",
        "y",
        "on",
        "0.1.2",
        "1,5",
        "0,042",
        "\uff15",
        "\u00bd",
        "\u221e",
        "\u0665",
        "1_0",
        "$5",
    ),
    *("5 # a note", "# a note", "'5'", '"5e3"', "NULL", "nil", "none", "~ ~", "%5", "@5", "`5`", "5 5", "'\u200b5'"),
    *("9007199254740993", "18446744073709551616", "0.1e1", "1E+2", "1d", "5f", "0x1p3", "1__0", "\U0001f4a9"),
)
"""Each is the value of a field of every kind, at once."""
FIELDS = ("monthly_images", "open_price", "residency", "indemnity_required", "title", "payback_limit_months")

DOCUMENTS = {
    **{"only-a-brace.json": "{", "only-a-bracket.json": "[", "a-number.json": "{5}", "null": "null", "text": '"text"'},
    **{"directive": "%YAML 1.1\n---\nresidency: anywhere\n", "tag-directive": "%TAG ! tag:x,2000:\n---\na: !b c\n"},
    **{
        "many-dots": "...\n...\n",
        "carriage-returns": "residency: anywhere\rlatency: never\r",
        "tabs": "\tresidency:\tx",
    },
    **{
        "form-feed": "residency: anywhere\f\n",
        "next-line": "residency: x\x85latency: y\n",
        "vertical-tab": "a:\x0bb\n",
    },
    **{
        "complex-key": "? [a, b]\n: c\n",
        "key-without-value": "? residency\n",
        "empty-key": ": 5\n",
        "list-of-maps": "- a: 1\n- b: 2\n",
    },
    **{
        "json-lines": '{"a": 1}\n{"b": 2}\n',
        "json-in-yaml": "- {\n",
        "json-and-more.json": '{"latency": "x"} trailing',
        "bom-twice": "\ufeff\ufeffa: 1",
    },
    **{
        "json-comment.json": '{"a": 1 /* x */}',
        "json-nan.json": '{"monthly_images": NaN}',
        "json-inf.json": '{"open_price": -Infinity}',
    },
    **{
        "json-plus.json": '{"open_price": +1}',
        "json-dot.json": '{"open_price": .5}',
        "json-hex.json": '{"open_price": 0x5}',
        "json-exp.json": '{"open_price": 1e}',
    },
    **{
        "json-big.json": '{"monthly_images": 1e400}',
        "json-single.json": "{'a': 1}",
        "json-key.json": "{a: 1}",
        "json-colon.json": '{"a":: 1}',
    },
    **{
        "json-empty-key.json": '{"": 1}',
        "json-null-key.json": "{null: 1}",
        "json-deep.json": '{"title": ' + '{"a":' * 200 + "1" + "}" * 201,
    },
    **{
        "json-escape.json": '{"title": "\\q"}',
        "json-half.json": '{"title": "\\ud83d"}',
        "json-raw-tab.json": '{"title": "a\tb"}',
        "json-nul.json": '{"title": "a\\u0000"}',
    },
    **{
        "csv": "residency,latency\nanywhere,tolerant\n",
        "html": "<html></html>",
        "xml": "<?xml version='1.0'?><a/>",
        "shell": "#!/bin/sh\nexit 1\n",
    },
    **{
        "ini": "[scenario]\nresidency = anywhere\n",
        "toml": 'residency = "anywhere"\n',
        "env": "residency=anywhere\n",
        "record": '{"schema_version": 1}',
    },
    **{
        "flow-open": "{residency: anywhere",
        "flow-mixed": "[a: b, c}",
        "quote-open": "title: 'a\nb: c\n",
        "same-line": "a: b: c",
        "dash": "-",
        "question": "?",
    },
    **{
        "long-line": "title: " + "x" * 150_000,
        "many-lines": "\n" * 100_000 + "x",
        "many-fields": "".join(f"f{n}: 1\n" for n in range(250)),
    },
    **{
        "reversed": "\u202eresidency: anywhere\n",
        "hidden": "resi\u200bdency: anywhere\n",
        "homoglyph": "r\u0435sidency: anywhere\n",
    },
    **{
        "rules": "- id: x\n  axis: cost\n",
        "memo": "---\nstatus: proposed\n---\n# x\n",
        "mapping": "meter: fal\ncolumns: {at: a}\n",
        "merge": "<<: {a: 1}\n",
    },
}


def scenario_shapes() -> Iterator[Shape]:
    """Scenario files."""
    for number, value in enumerate(VALUES):
        text = "".join(f"{name}: {value}\n" for name in FIELDS)
        yield Shape(f"value-{number}", ["decide", "x.yaml"], {"x.yaml": text})
        yield Shape(f"set-{number}", ["decide", "SCENARIO", *(w for f in FIELDS for w in ("--set", f"{f}={value}"))])
    for name, text in DOCUMENTS.items():
        file = name if name.endswith(".json") else f"{name}.yaml"
        yield Shape(f"document-{name}", ["decide", file], {file: text})
        yield Shape(f"document-{name}-piped", ["explain", "-"], {}, text.encode("utf-8", "surrogatepass"))


def _record_texts(record: str) -> Iterator[tuple[str, str]]:
    data = json.loads(record)
    for key in data:
        yield f"without-{key}", json.dumps({name: value for name, value in data.items() if name != key})
    for key in (
        "status",
        "route",
        "scenario",
        "decided_on",
        "advisor_version",
        "rulebook_digest",
        "trace",
        "migration",
    ):
        for number, value in enumerate(("", "x", 0, [], {}, None, [None], {"a": {}}, "9" * 300)):
            yield f"{key}-{number}", json.dumps({**data, key: value})
    for number, value in enumerate(
        ("2026-02-30", "0000-00-00", "2026-1-1", "99999-01-01", "2026-01-01T00:00", "\ud800", "now")
    ):
        yield f"date-{number}", json.dumps({**data, "decided_on": value})
    for number, value in enumerate(("abc", "-1", "1e999", "NaN", "", "0,042", "9" * 400, "1/2")):
        crossovers = {"open_weight_api": value, "closed_api": value}
        yield f"crossover-{number}", json.dumps({**data, "crossovers": crossovers})
        yield f"price-{number}", json.dumps({**data, "scenario": {**data["scenario"], "open_price": value}})
    for number, share in enumerate((0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99)):
        yield f"cut-{number}", record[: int(len(record) * share)]
    yield "doubled", record * 2
    yield "in-a-list", f'[{{"schema_version": 1}}, {record}]'
    yield "version-of-tomorrow", json.dumps({"schema_version": 2, "anything": None})
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
        data = text.encode("utf-8", "surrogatepass")
        # The comparison of rulebooks takes seconds: once in a while is enough.
        command = commands[number % 4] if number % 25 else commands[4]
        yield Shape(f"{name}-{command[0]}", command, {"x.decision.json": data, "usage.csv": usage})


def memo_shapes(memo: str, page: str) -> Iterator[Shape]:
    """Memos and pages."""
    lines = memo.splitlines(keepends=True)
    for number in range(0, len(lines), max(1, len(lines) // 25)):
        yield Shape(
            f"memo-without-{number}",
            ["verify", "x.memo.md"],
            {"x.memo.md": "".join(lines[:number] + lines[number + 1 :])},
        )
        yield Shape(f"memo-cut-{number}", ["recheck", "."], {"x.memo.md": "".join(lines[:number])})
    for number in range(0, len(page), len(page) // 12):
        yield Shape(f"page-cut-{number}", ["verify", "x.memo.html"], {"x.memo.html": page[:number]})
        yield Shape(f"page-twice-{number}", ["recheck", "."], {"x.memo.html": page[:number] + page})
    replaced = {
        "status-a-list": ("status: proposed", "status: [a, b]"),
        "status-empty": ("status: proposed", "status:"),
        "status-long": ("status: proposed", "status: " + "x" * 5_000),
        "supersedes-a-map": ("status: proposed", "status: proposed\nsupersedes: {a: b}"),
        "supersedes-itself": ("status: proposed", "status: proposed\nsupersedes: x.memo.md"),
        "supersedes-a-nul": ("status: proposed", 'status: proposed\nsupersedes: "a\\0b"'),
        "front-matter-open": ("\n---\n", "\n"),
        "front-matter-twice": ("---\n", "---\n---\n"),
        "windows": ("\n", "\r\n"),
        "old-apple": ("\n", "\r"),
        "fence-open": ("\n```\n", "\n"),
        "fence-of-tildes": ("```", "~~~"),
        "date-gone": ("# date:", "# day:"),
        "date-wrong": ("# date: 20", "# date: 99"),
        "digest-short": ("sha256:", "sha256:0\n#"),
        "version-odd": ("# advisor: ", "# advisor: v"),
        "scenario-gone": ("residency:", "x:"),
        "nul": ("status", "sta\0tus"),
        "bom": ("---\n", "\ufeff---\n"),
    }
    for name, (old, new) in replaced.items():
        yield Shape(f"memo-{name}", ["verify", "x.memo.md"], {"x.memo.md": memo.replace(old, new)})
        yield Shape(
            f"memo-{name}-superseded",
            ["decide", "SCENARIO", "--out", "out", "--supersedes", "x.memo.md"],
            {"x.memo.md": memo.replace(old, new)},
        )


def _parquet(columns: dict[str, Any], **options: Any) -> bytes:
    data = io.BytesIO()
    pq.write_table(pa.table(columns), data, **options)
    return data.getvalue()


def sweep_shapes() -> Iterator[Shape]:
    """Tables of scenarios."""
    header, row = ",".join(PLAIN), ",".join(PLAIN.values())
    plain = _parquet({name: [value] for name, value in PLAIN.items()})
    texts: dict[str, File] = {
        **{
            "blank.csv": "\n\n\n",
            "blanks.csv": "   \n",
            "header-only.csv": f"{header}\n",
            "no-end.csv": f"{header}\n{row}",
        },
        **{
            "quoted-header.csv": '"' + '","'.join(PLAIN) + f'"\n{row}\n',
            "spaced.csv": header.replace(",", ", ") + f"\n{row}\n",
        },
        **{
            "bom.csv": f"\ufeff{header}\n{row}\n",
            "bom-twice.csv": f"\ufeff\ufeff{header}\n{row}\n",
            "bom-within.csv": f"{header}\n\ufeff{row}\n",
        },
        **{
            "tabs.csv": header.replace(",", "\t") + "\n",
            "bars.csv": header.replace(",", "|") + "\n",
            "nul.csv": f"{header}\n\0\n",
        },
        **{
            "one-quote.csv": '"',
            "quotes.csv": f'{header}\n""""\n',
            "crlf.csv": f"{header}\r\n{row}\r\n",
            "mixed.csv": f"{header}\n{row}\r\n{row}\n",
        },
        **{
            "excel.csv": f"sep=,\n{header}\n{row}\n",
            "comment.csv": f"# a note\n{header}\n{row}\n",
            "case.csv": f"{header.upper()}\n{row}\n",
        },
        **{
            "latin.csv": f"title,{header}\n".encode() + b"caf\xe9," + row.encode() + b"\n",
            "json.csv": '{"latency": "tolerant"}\n',
        },
        **{
            "ragged.csv": f"{header}\n,\n{row},\n,,,,\n",
            "control.csv": f"{header}\n\x1b[31m\n",
            "surrogate.csv": header.encode() + b"\n\xed\xa0\x80\n",
        },
        **{
            "list.jsonl": "[]\n",
            "null.jsonl": "null\n",
            "text.jsonl": '"a"\n',
            "array.jsonl": '[{"latency": "tolerant"}]',
            "spread.jsonl": '{\n"latency":\n"tolerant"\n}\n',
        },
        **{
            "empty.jsonl": "",
            "blank.jsonl": "\n\n",
            "empty-object.jsonl": "{}\n",
            "many.jsonl": '{"latency": "x"} {"latency": "y"}\n',
            "nan.jsonl": '{"open_price": NaN}\n',
        },
        **{
            "deep.jsonl": '{"latency": ' + "[" * 5_000 + "]" * 5_000 + "}\n",
            "bom.jsonl": '\ufeff{"latency": "tolerant"}\n',
            "utf16.jsonl": '{"latency": 1}'.encode("utf-16"),
        },
        **{
            "doubles.jsonl": '{"latency": "tolerant", "latency": "tolerant"}\n',
            "case.jsonl": '{"latency": "x", "Latency": "y"}\n',
            "result.jsonl": '{"latency": "x", "route": 1}\n',
        },
        **{
            "half.jsonl": '{"latency": "\\ud800"}\n',
            "nul.jsonl": '{"latency": "\\u0000"}\n',
            "nul-name.jsonl": '{"latency": "x", "\\u0000": 1}\n',
            "empty-name.jsonl": '{"": 1, "latency": "x"}\n',
        },
        **{
            "huge.jsonl": '{"monthly_images": ' + "9" * 5_000 + "}\n",
            "exponent.jsonl": '{"monthly_images": 1e999999999}\n',
            "minus.jsonl": '{"open_price": -0}\n',
        },
        **{
            "not.csv.gz": "latency\n",
            "cut.csv.gz": gzip.compress(header.encode() * 99)[:40],
            "empty.csv.gz": b"",
            "twice.csv.gz": gzip.compress(gzip.compress(header.encode())),
        },
        **{
            "not.jsonl.gz": "{}",
            "trailing.jsonl.gz": gzip.compress(b'{"latency": "tolerant"}\n') + b"junk",
            "bomb.csv.gz": gzip.compress(b"x" * 3_000_000),
        },
        **{
            "empty.parquet": b"",
            "magic.parquet": b"PAR1",
            "text.parquet": "PAR1 text PAR1",
            "head.parquet": plain[:-30],
            "tail.parquet": plain[30:],
            "zeros.parquet": plain[:4] + bytes(len(plain) - 12) + plain[-8:],
        },
        **{
            "no-rows.parquet": _parquet({name: pa.array([], pa.string()) for name in PLAIN}),
            "no-columns.parquet": _parquet({}),
            "csv.parquet": f"{header}\n{row}\n",
        },
        **{
            "other.parquet": _parquet({"a": [1]}),
            "nested.parquet": _parquet({"scenario": [PLAIN]}),
            "result.parquet": _parquet({"latency": ["tolerant"], "route": ["x"]}),
        },
        **{
            "empty-name.parquet": _parquet({"latency": ["tolerant"], "": [1]}),
            "lz4.parquet": _parquet({"latency": ["x"] * 9}, compression="lz4"),
            "old.parquet": _parquet({"latency": ["x"]}, version="1.0"),
        },
        **{"twice.parquet": _parquet_twice(), "nulls.parquet": _parquet(dict.fromkeys(PLAIN, pa.nulls(2)))},
    }
    for number, (name, data) in enumerate(texts.items()):
        out = ("o.csv", "o.jsonl", "o.parquet")[number % 3]
        reading = ["--reading", "run"] if number % 4 == 3 else []
        yield Shape(f"sweep-{name}", ["sweep", name, "--out", out, *reading], {name: data})


def _parquet_twice() -> bytes:
    data = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([pa.array(["tolerant"])] * 2, names=["latency", "latency"]), data)
    return data.getvalue()


def rule_shapes() -> Iterator[Shape]:
    """Folders of rules, each with one file changed; ``rules/X`` is written over a copy of the bundled ones."""
    wrong = {
        **{
            "empty": "",
            "null": "null\n",
            "number": "5\n",
            "text": "text\n",
            "list": "[]\n",
            "map": "{}\n",
            "list-of-null": "- null\n",
        },
        **{
            "list-of-lists": "- []\n",
            "numbers": "- 1\n- 2\n",
            "deep": "- " * 200,
            "binary": b"\x89PNG\0",
            "utf-16": "a: b".encode("utf-16"),
        },
        **{
            "python": "- !!python/object/apply:os.system [true]\n",
            "unknown": "a: b\n",
            "keys": "1: 2\n",
            "dates": "- 2026-01-01\n",
            "alias": "- &a x\n- *a\n",
        },
        **{
            "record-of-null": "- id: null\n  axis: null\n  when: null\n",
            "json": '{"a": [1, 2]}',
            "long": "- id: " + "x" * 100_000 + "\n",
        },
        **{"ids": "- {id: a}\n" * 300, "name-a-list": "? [a]\n: b\n", "tab": "\t- a\n", "folder": None},
    }
    for number, (name, data) in enumerate(wrong.items()):
        for place, file in enumerate(
            ("routes.yaml", "terms.yaml", "preferences.yaml", "advice.yaml", "gates/control.yaml", "cases/control.yaml")
        ):
            if (number + place) % 2:
                verb = ("check", "test", "show")[(number + place) % 3]
                yield Shape(f"rules-{file}-{name}", ["rules", verb, "--rules", "rules"], {f"rules/{file}": data})
    for name, old, new in (
        ("axis", "axis: control", "axis: colour"),
        ("id-twice", "id: ", "id: same # "),
        ("when-a-list", "when: {", "when: [{"),
        ("source-gone", "source:", "sauce:"),
        ("because-a-number", "because: ", "because: 5 # "),
        ("eliminate", "eliminate: offer", "eliminate: everything"),
    ):
        text = (ROOT / "rules" / "gates" / "control.yaml").read_text()
        yield Shape(
            f"rules-gate-{name}",
            ["decide", "SCENARIO", "--rules", "rules"],
            {"rules/gates/control.yaml": text.replace(old, new)},
        )


def template_shapes() -> Iterator[Shape]:
    """Folders of templates, each with one file changed."""
    wrong = {
        **{
            "empty": "",
            "binary": b"\xff\xfe",
            "open-tag": "{{",
            "open-block": "{% if x %}",
            "unknown-tag": "{% what %}",
            "unknown-filter": "{{ 1 | nothing }}",
        },
        **{
            "undefined": "{{ nothing.of.this }}",
            "call": "{{ decision() }}",
            "escape": "{{ ''.__class__.__mro__ }}",
            "include": "{% include '../../etc/passwd' %}",
        },
        **{
            "include-itself": "{% include 'FILE' %}",
            "extends-itself": "{% extends 'FILE' %}",
            "import": "{% import 'nowhere' as x %}",
            "zero": "{{ 1 / 0 }}",
            "type": "{{ 'a' + 1 }}",
        },
        **{
            "nul": "a\0b",
            "folder": None,
            "unpack": "{% for a, b in [1] %}{% endfor %}",
            "index": "{{ [][5] }}",
            "format": "{{ '%d' % 'x' }}",
        },
    }
    for name, data in wrong.items():
        for file, command in (
            ("memo.md.j2", ["decide", "SCENARIO"]),
            ("page.html.j2", ["decide", "SCENARIO", "--format", "html"]),
            ("summary.txt.j2", ["decide", "SCENARIO", "--out", "out"]),
            ("explain.txt.j2", ["explain", "SCENARIO"]),
        ):
            text = data.replace("FILE", file) if isinstance(data, str) else data
            yield Shape(f"template-{file}-{name}", [*command, "--templates", "templates"], {f"templates/{file}": text})
    for name, text in (
        ("text", "text"),
        ("list", "- a\n"),
        ("null", ""),
        ("numbers", "quality: 5\n"),
        ("asks-a-list", "quality: {ask: [a]}\n"),
    ):
        yield Shape(
            f"questions-{name}", ["decide", "SCENARIO", "--templates", "templates"], {"templates/questions.yaml": text}
        )


USAGE = {
    **{
        "a.csv": "",
        "b.csv": "a,b\n1,2\n",
        "c.csv": "date,images,cost\n",
        "d.csv": "date,images,cost\nx,y,z\n",
        "e.csv": 'date,images,cost\n"',
        "f.csv": "date;images;cost\n1;2;3\n",
    },
    **{
        "g.json": "{",
        "h.json": "[]",
        "i.json": "{}",
        "j.json": '{"data": null}',
        "k.json": '{"data": [null]}',
        "l.json": '{"object": "page", "data": [{"results": [5]}]}',
    },
    **{
        "m.jsonl": "{}\n{}\n",
        "n.jsonl": "[1]\n",
        "o.jsonl": '{"a": 1}\n{"a"',
        "p.log": "GET /\n",
        "q.log": "\x1b[31m\n",
        "r.txt": "hello\n",
    },
    **{
        "s.parquet": b"PAR1",
        "t.csv.gz": b"\x1f\x8b",
        "u.zip": b"PK\x03\x04",
        "v.csv": "date,images,cost\n2026-01-01,1e999,1\n",
        "w.csv": "date,images,cost\n2026-01-01,-5,1\n",
    },
    **{"x.csv": b"\xff\xfe", "y.csv": "date,date,cost\n1,2,3\n", "z.csv": "date,images,cost\n2026-13-45,1,1\n"},
}
MAPPINGS = {
    **{
        "empty": "",
        "list": "[]",
        "text": "x",
        "no-columns": "meter: fal\n",
        "columns-a-list": "columns: [a]\n",
        "unknown": "columns: {at: date}\nwhat: 5\n",
        "at-a-number": "columns: {at: 5}\n",
    },
    **{
        "no-such-column": "columns: {at: when}\n",
        "time": "columns: {at: date}\ntime: '%Q'\n",
        "time-empty": "columns: {at: date}\ntime: ''\n",
        "zone": "columns: {at: date}\ntimezone: Mars/Olympus\n",
    },
    **{
        "zone-a-path": "columns: {at: date}\ntimezone: ../../etc/passwd\n",
        "zone-far": "columns: {at: date}\ntimezone: '+99:00'\n",
        "currency": "columns: {at: date}\ncurrency: dollars\n",
        "unit": "columns: {at: date}\nunit: pounds\n",
    },
    **{
        "where-a-list": "columns: {at: date}\nwhere: [a]\n",
        "where-nothing": "columns: {at: date}\nwhere: {images: []}\n",
        "twice": "columns: {at: date, images: date}\n",
        "meter-a-list": "meter: [a]\ncolumns: {at: date}\n",
        "binary": b"\0",
    },
}


def monitor_shapes() -> Iterator[Shape]:
    """Usage files, mappings, histories and options of the monitor."""
    usage: dict[str, File] = {"usage.csv": "date,images,cost\n2026-01-05,5,1\n"}
    for name, data in USAGE.items():
        yield Shape(f"usage-{name}", ["monitor", name, "--decision", "RECORD", "--no-history"], {name: data})
    for name, data in MAPPINGS.items():
        command = ["monitor", "usage.csv", "--decision", "RECORD", "--no-history", "--mapping", "m.yaml"]
        yield Shape(f"mapping-{name}", command, {**usage, "m.yaml": data})
    options = {
        **{
            "--format": "csv",
            "--only": "a",
            "--request-path": "[",
            "--history": "folder",
            "--rate": "EUR",
            "--covers": "2026",
            "--range": "open_price=1..2",
        },
        **{
            "--images-per-request": "0",
            "--megapixels-per-image": "a..b",
            "--price-per-image": "2..1",
            "--stable-months": "0",
            "--margin": "-1",
            "--most-variation": "x",
        },
        **{
            "--clear-months": "1.5",
            "--clear-below": "0,9",
            "--date": "2026-02-30",
            "--images-from": "nobody",
            "--cost-from": "",
            "--html": "folder",
            "--memo": "usage.csv",
        },
        **{
            "--on": "mars://",
            "--mapping": "folder",
            "--watch": "nowhere",
            "--route": "self_host",
            "--master": "local",
            "--rejects": "usage.csv",
        },
    }
    for option, value in options.items():
        command = ["monitor", *(["usage.csv"] if option != "--watch" else []), "--decision", "RECORD"]
        yield Shape(f"monitor{option}", [*command, option, value], {**usage, "folder": None})


COMMAND_LINES = """
    decide||decide SCENARIO --format|decide SCENARIO --format pdf|decide SCENARIO --json --format md|decide SCENARIO --pdf
    decide SCENARIO --out ""|decide SCENARIO --supersedes x|decide SCENARIO --out o --supersedes RECORD|decide SCENARIO --out o --supersedes -
    decide SCENARIO --date 2026|decide SCENARIO --date -1|decide SCENARIO --date 2026-W01-1|decide SCENARIO --date 20260101|decide SCENARIO --date ٢٠٢٦-٠١-٠١
    decide SCENARIO --set|decide SCENARIO --set =|decide SCENARIO --set ==|decide SCENARIO --set title|decide SCENARIO --set "quality = frontier only"
    decide SCENARIO --set unit=pixel|decide SCENARIO --set current_route=cloud|decide SCENARIO --set monthly_images_high=1|decide SCENARIO --out - --json
    decide SCENARIO --out o --out|decide SCENARIO SCENARIO|decide --set title=x|decide -- -|decide @SCENARIO|decide SCENARIO --rules ""
    decide MEMO|decide RECORD|decide PAGE|decide RULES|decide TEMPLATES|decide /dev/null|decide /dev/full|decide http://localhost/x.yaml|decide ~/nowhere
    explain|explain MEMO|explain PAGE|explain SCENARIO --why-not|explain SCENARIO --why-not mars|explain SCENARIO --why-not self_host --set residency=|explain RULES
    verify|verify SCENARIO|verify RULES|verify -|verify MEMO MEMO|verify MEMO --rules TEMPLATES|verify MEMO --templates RULES|verify /dev/null
    recheck|recheck MEMO|recheck nowhere|recheck . --rules nowhere|recheck ""|cost --price 0.03|cost --price x --gpu-hour 1 --images-per-hour 1 --overhead 1
    cost --price 0,03 --gpu-hour 1 --images-per-hour 1 --overhead 1|cost --price 1 --gpu-hour 1 --images-per-hour 0 --overhead 1|cost --price "" --gpu-hour 1 --images-per-hour 1 --overhead 1
    cost --price nan --gpu-hour 1 --images-per-hour 1 --overhead 1|cost --price 1 --gpu-hour 1 --images-per-hour 1 --overhead -1|cost --price 1 --gpu-hour 1 --images-per-hour 1 --overhead 1 --volume 1.5
    sweep|sweep SCENARIO --out o.csv|sweep RECORD --out o.csv|sweep nowhere.csv --out o.csv|sweep nowhere.csv|sweep MEMO --out MEMO
    monitor|monitor nowhere.csv --decision nowhere|monitor --decision MEMO|monitor --decision SCENARIO|monitor RECORD --decision RECORD|monitor "*.nothing" --decision RECORD
    rules|rules show --rule|rules show --rule nothing|rules coverage --rule nothing|rules mutate --rule nothing|rules prove --only nothing|rules diff|rules diff RULES|rules diff RULES nowhere
    rules diff RULES RULES --records nowhere|rules check nowhere|rules test --rules SCENARIO|schema|schema memo|schema scenario decision|interview --resume|interview --name a/b
    interview --name ""|interview --answers nowhere|interview --answers MEMO|interview --set x=1|interview --out SCENARIO --resume|interview --name x --rules nowhere|help|-x|--|--versions|"decide "
"""


def command_shapes() -> Iterator[Shape]:
    """Command lines."""
    import shlex

    lines = [line for row in COMMAND_LINES.strip().splitlines() for line in row.strip().split("|")]
    for line in dict.fromkeys(lines):
        yield Shape(f"line-{re.sub('[^a-z0-9.-]+', '-', line.lower())}", shlex.split(line))


def shapes(record: str, memo: str, page: str) -> Iterator[Shape]:
    """All of them."""
    yield from scenario_shapes()
    yield from record_shapes(record)
    yield from memo_shapes(memo, page)
    yield from sweep_shapes()
    yield from rule_shapes()
    yield from template_shapes()
    yield from monitor_shapes()
    yield from command_shapes()
