"""Rows of LiteLLM that lie in pages, as `/spend/logs/ui` gives them: `{"data": [...], "page": 1, "total_pages": 3}`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from advisor.usage.readers.json_pages import objects, parse
from advisor.usage.readers.litellm_logs import LITELLM_LOGS, START
from advisor.usage.source import Page, Source

ROWS = "data"
_BEGINS = re.compile(r'\s*\[?\s*\{(?:\s*"\w+"\s*:\s*[^\s"\[\]{},]+\s*,)*\s*"data"\s*:\s*\[\s*')
_SOME = ("request_id", "call_type", "spend", START)
_MOST_MISSING = 5


def paged(source: Source, head: str, text: Callable[[], str]) -> Iterator[Source]:
    """The same with the columns of the rows, where the file consists of such pages. Raises BadInput."""
    begins = _BEGINS.match(head)
    if begins is None or not (_is_row(head, begins.end()) or '"total_pages"' in head):
        return
    pages = list(objects(parse(text(), source.file)))
    lists = [page.get(ROWS) for page in pages]
    rows = [row for rows in lists if isinstance(rows, list) for row in rows]
    if not all(isinstance(rows, list) for rows in lists) or not all(isinstance(row, dict) for row in rows):
        return
    columns = tuple(dict.fromkeys(key for row in rows for key in row)) or _SOME
    yield replace(source, columns=columns, pages=tuple(map(_page, pages)), by_line=True)


def missing_pages(sources: Iterable[Source]) -> list[str]:
    """A note on pages whose numbers show that they exist, and that are in none of the files."""
    seen: dict[tuple[int, int], set[int]] = {}
    for page in (page for source in sources for page in source.pages):
        seen.setdefault((page.rows, page.pages), set()).add(page.number)
    notes = []
    for (rows, pages), numbers in sorted(seen.items()):
        missing = [number for number in range(1, pages + 1) if number not in numbers]
        if missing:
            named = ", ".join(map(str, missing[:_MOST_MISSING])) + (" ..." if len(missing) > _MOST_MISSING else "")
            what = f"of {pages:,} pages with {rows:,} rows, {len(missing):,} are in none of the files"
            notes.append(f"{LITELLM_LOGS.name}: {what}: {named}")
    return notes


def _is_row(head: str, place: int) -> bool:
    try:
        found, _ = json.JSONDecoder().raw_decode(head, place)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and set(_SOME[:3]) <= found.keys()


def _page(page: dict[str, Any]) -> Page:
    def number(key: str) -> int:
        value = page.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10**6 else 0

    return Page(number("page"), number("total_pages"), number("total"))
