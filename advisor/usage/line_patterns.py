"""Regular expressions of the user, by RE2 alone: its time grows with the length of a line, whatever the pattern."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

MOST_CHARACTERS = 1_000
_OTHER_NAMES = re.compile(r"(?<!\\)\(\?<\w+>")


def groups_of(pattern: str) -> tuple[str, ...]:
    """The names of the groups, in their order. Raises ValueError with what is wrong, in words."""
    if len(pattern) > MOST_CHARACTERS:
        raise ValueError(f"the pattern is longer than {MOST_CHARACTERS:,} characters")
    if _OTHER_NAMES.search(pattern):
        raise ValueError("names of groups are written as `(?P<name>...)`")
    try:
        groups = pc.extract_regex(pa.array([""]), pattern).type
    except (pa.ArrowException, UnicodeError) as error:
        what = str(error).partition("\n")[0].removeprefix("Invalid regular expression: ")
        unnamed = "a group has no name: write `(?P<name>...)`, or `(?:...)` for a group that nothing is read from"
        raise ValueError(unnamed if "unnamed" in what else f"invalid regular expression: {what}") from None
    names = [groups.field(number).name for number in range(groups.num_fields)]
    if not names:
        raise ValueError("the pattern has no group with a name, such as `(?P<at>...)`")
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(f"duplicate group `{twice[0]}`")
    return tuple(names)


def fitting(pattern: str, lines: Sequence[str]) -> list[bool]:
    """Which of the lines fit."""
    found: list[bool] = pc.match_substring_regex(pa.array(lines, pa.string()), pattern).to_pylist()
    return found
