"""A damaged catalogue file is refused with its place, or it still loads; it never ends in any other error."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from advisor.catalogue.entries import LISTS
from advisor.catalogue.loader import parse_lists
from advisor.common import yaml_loader
from advisor.common.diagnostics import BadInput, Problem
from advisor.common.files import bundled

BLOCKS = {
    name: (bundled("catalogue") / f"{name}.yaml").read_text(encoding="utf-8").partition(f"\n{name}:\n")[2].split("\n\n")
    for name in LISTS
}
"""The text of each entry."""
VALUES = st.sampled_from(
    [
        *(
            "",
            "0",
            "-1",
            "1e999",
            "[]",
            "{}",
            "[[a]]",
            "[{a: b}]",
            "{a: {b: c}}",
            "null",
            "true",
            "no",
            "unknown",
            "none",
        ),
        *(".inf", "'x", "é", "2026-02-30", "a--b", "1" * 101, "- a", "0.0000001"),
    ]
)


def faults_of(text: str, name: str) -> tuple[Problem, ...]:
    try:
        parse_lists(yaml_loader.load(text, "damaged.yaml"), "damaged.yaml", {name: LISTS[name]})
    except BadInput as error:
        return tuple(error.problems)
    return ()


def test_each_entry_loads_before_it_is_damaged() -> None:
    for name, blocks in BLOCKS.items():
        assert len(blocks) >= 5
        assert [
            faults_of(f"{name}:\n{block}\n", name) for block in blocks if faults_of(f"{name}:\n{block}\n", name)
        ] == []


@given(name=st.sampled_from(sorted(LISTS)), data=st.data(), value=VALUES)
def test_an_entry_with_one_value_replaced_is_refused_with_its_place_or_loads(
    name: str, data: st.DataObject, value: str
) -> None:
    lines = data.draw(st.sampled_from(BLOCKS[name])).splitlines()
    place = data.draw(st.integers(0, len(lines) - 1))
    before, colon, _ = lines[place].partition(": ")
    lines[place] = f"{before.removesuffix(':')}{colon or ': '}{value}"
    for problem in faults_of("\n".join((f"{name}:", *lines)), name):
        assert problem.file == "damaged.yaml"
        assert problem.line
        assert problem.help


def test_every_field_of_every_list_says_what_to_write() -> None:
    said = {
        f"{name}.{field}: {fault.help}"
        for name, form in LISTS.items()
        for field in form.model_fields
        for value in ("maybe", "''", "{}", "[[a]]")
        for fault in faults_of(f"{name}:\n  - {field}: {value}\n", name)
    }
    assert len(said) > 100
    assert [help for help in said if help.endswith(" None")] == []
