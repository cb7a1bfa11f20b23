"""JSON from outside: what is not plain JSON of bounded size is refused with its place."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import create_model

from advisor.common.diagnostics import BadInput
from advisor.usage.readers.json_pages import (
    Count,
    Day,
    Dollars,
    JsonPage,
    Moment,
    PageObject,
    Stream,
    UnixSeconds,
    UtcMoment,
    pages,
    parse,
)

SCALARS = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner), max_leaves=9
)


@given(VALUES, st.sampled_from([None, 2]))
def test_a_value_is_what_the_standard_library_reads(value: object, indent: int | None) -> None:
    assert parse(json.dumps(value, indent=indent), "f") == value


@given(
    st.lists(VALUES, min_size=2, max_size=4), st.sampled_from([None, 1]), st.sampled_from(["\n", "\r\n", "\n\n", " "])
)
def test_documents_that_follow_each_other_are_a_stream(values: list[object], indent: int | None, between: str) -> None:
    written = [json.dumps(value, indent=indent) for value in values]
    read = parse(between.join(written), "f")
    assert isinstance(read, Stream)
    assert list(read) == values
    starts = [between.join([*written[:at], ""]).count("\n") + 1 for at in range(len(written))]
    assert read.lines == tuple(starts)


@given(VALUES.filter(lambda value: isinstance(value, (dict, list)) and bool(value)), st.data())
def test_json_cut_off_anywhere_is_refused_with_its_line(value: object, data: st.DataObject) -> None:
    whole = json.dumps(value, indent=1)
    cut = whole[: data.draw(st.integers(1, len(whole) - 1))]
    with pytest.raises(BadInput) as refused:
        parse(cut, "page.json")
    (problem,) = refused.value.problems
    assert problem.file == "page.json"
    assert problem.line is not None
    assert 1 <= problem.line <= cut.count("\n") + 1
    assert problem.help


@given(st.text(alphabet='[]{}",:0123456789.eE+-\\ntrufalsNI \n', max_size=40))
def test_any_text_gives_a_value_or_bad_input(text: str) -> None:
    try:
        parse(text, "f")
    except BadInput:
        return


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("", "the file is empty", None),
        (" \n ", "the file is empty", None),
        ('{"a": 1,\n "a": 2}', "duplicate key `a`", 1),
        ('{"a": 1}\n\n{"b": NaN}', "`NaN` is not a number", 3),
        ('{"a": -Infinity}', "`-Infinity` is not a number", 1),
        ('{"a":\n 1', "the JSON ends in the middle", 2),
        ('{"a":\n "b', "the JSON ends in the middle of a text", 2),
        ("{}\n\n,", "this is not JSON: expecting value", 3),
        ("<html>", "this is not JSON: expecting value", 1),
        ("1" * 41, " is too long", 1),
        ("1" * 5000, " is too long", 1),
        ("1e999999999", "the number `1e999999999` is too long", 1),
        ("1e99999999999999999999999", " is too long", 1),
        ("0." + "1" * 90, " is too long", 1),
        ("{}\n" + "[" * 65, "the JSON is nested more than 64 deep", 2),
        ("[" * 1_000_000, "the JSON is nested more than 64 deep", 1),
        ('{"a":' * 1_000_000, "the JSON is nested more than 64 deep", 1),
    ],
)
def test_what_is_not_plain_json_is_refused(text: str, what: str, line: int | None) -> None:
    with pytest.raises(BadInput) as refused:
        parse(text, "f")
    (problem,) = refused.value.problems
    assert what in problem.what
    assert problem.line == line


def test_brackets_in_texts_do_not_nest() -> None:
    text = json.dumps({"a": ["[" * 200 + '\\"{' * 200 + "\\"]})
    assert parse(text, "f") == json.loads(text)
    assert parse("[" * 64 + "]" * 64, "f")


def test_texts_that_never_end_are_refused_at_once() -> None:
    with pytest.raises(BadInput, match="ends in the middle of a text"):
        parse('{"a": "' + '\\"' * 1_000_000, "f")


def test_pages_name_their_place() -> None:
    assert [part.path for part in pages(parse("{}", "f"), "f")] == [()]
    assert [part.path for part in pages(parse("[{}, {}]", "f"), "f")] == [(0,), (1,)]
    stream = pages(parse("{}\n\n[{}, {}]\n{}", "f"), "f")
    assert [(part.line, part.path) for part in stream] == [(1, ()), (3, (0,)), (3, (1,)), (4, ())]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (
            Count,
            {"0": 0, "100000000": 10**8, "12.0": 12},
            ["-1", "100000001", "1.5", "true", '"1"', "null", "[]", "1e300", "{}"],
        ),
        (
            Dollars,
            {"-1.5": Decimal("-1.5"), '"0.0600000"': Decimal("0.06"), "1e-300": Decimal(0), "100": Decimal(100)},
            ["-100000001", "1e300", "true", '"abc"', '"1e5"', '""', '"NaN"', '" 1"', '"\\u0661"', "null", "[1]"],
        ),
        (
            UnixSeconds,
            {"0": "1970-01-01 00:00:00", "1790812800": "2026-10-01 00:00:00"},
            ["-1", "1790812800000", "1.5", "true", '"1790812800"', "null"],
        ),
        (
            UtcMoment,
            {
                '"2026-10-01T00:00:00Z"': "2026-10-01 00:00:00",
                '"2026-10-01T00:00:00.5-05:00"': "2026-10-01 05:00:00.500000",
                '"2026-10-01 01:02:03"': "2026-10-01 01:02:03",
            },
            ['"yesterday"', "1", "null", '"9999-12-31T23:59:59-05:00"', '"0001-01-01T00:00:00+05:00"', '""'],
        ),
        (Moment, {'"2026-10-01T00:00:00-05:00"': "2026-10-01 00:00:00-05:00"}, ['"2026-13-01"']),
        (
            Day,
            {'"2026-10-01"': "2026-10-01"},
            ['"20261001"', '"2026-W01-1"', '"2026-02-30"', '"0001-01-01"', "null", '"2026-10-01T00:00:00Z"'],
        ),
    ],
)
def test_types_of_values(kind: Any, good: dict[str, object], bad: list[str]) -> None:
    model = create_model("Made", __base__=PageObject, images=(kind, ...))

    def read(text: str) -> Any:
        value = parse(f'{{"images": {text}}}', "f")
        return JsonPage(value, "page.json", 7, (3,)).read(model)

    for text, expected in good.items():
        found = read(text).images
        assert found == expected if not isinstance(expected, str) else str(found) == expected
    for text in bad:
        with pytest.raises(BadInput) as refused:
            read(text)
        (problem,) = refused.value.problems
        assert (problem.file, problem.line, problem.field) == ("page.json", 7, "[3].images")
        assert problem.help
