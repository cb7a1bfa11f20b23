"""What is said of several files, said once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal

_NUMBERED = re.compile(r"(.*: )([\d,]+(?:\.\d+)?)((?: [A-Z]{3})?)", re.DOTALL)


def each_note_once(notes: Iterable[str], files: Collection[str]) -> Iterator[str]:
    """Each of the notes once: with the files that it names, or their number; a number at its end is added up.

    >>> list(each_note_once(["rows left out: 2", "a: no end", "rows left out: 3", "b: no end", "c"], ["a", "b"]))
    ['rows left out: 5 (2 files)', 'a, b: no end', 'c']
    """
    named: dict[str, list[str]] = {}
    amounts: dict[str, Decimal] = {}
    for note in notes:
        file = next((file for file in files if note.startswith(f"{file}: ")), "")
        text = note.removeprefix(f"{file}: ") if file else note
        numbered = None if file else _NUMBERED.fullmatch(text)
        if numbered:
            text = f"{numbered[1]}{{}}{numbered[3]}"
            amounts[text] = amounts.get(text, Decimal(0)) + Decimal(numbered[2].replace(",", ""))
        named.setdefault(text, []).append(file)
    for text, of_files in named.items():
        said = text.replace("{}", f"{amounts[text]:,f}") if text in amounts else text
        if any(of_files):
            yield f"{', '.join(dict.fromkeys(of_files))}: {said}"
        else:
            yield said if len(of_files) == 1 else f"{said} ({len(of_files):,} files)"
