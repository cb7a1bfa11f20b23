"""LiteLLM's table of spend logs, exported as CSV, Parquet, JSON Lines or one JSON array.

Its rows may also lie in pages, as `/spend/logs/ui` gives them: `{"data": [...], "page": 1, "total_pages": 3}`.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import ibis

from advisor.common.diagnostics import BadInput, Problem
from advisor.usage.dates import Columns
from advisor.usage.input_files import Page, Source
from advisor.usage.model import GATEWAY, Basis, ReadOptions
from advisor.usage.normalise import Cells, Fault, Remark, Shaped, all_of, currency_faults, number_faults, stamp_faults
from advisor.usage.readers.image_names import check_known, makes_images, path_pattern
from advisor.usage.readers.json_pages import objects, parse

CALL_TYPES = tuple(f"{a}image_{what}" for what in ("generation", "edit", "variation") for a in ("", "a"))
START = "startTime"
_IDENTIFYING = ("request_id", "call_type", "spend")
_NAMES = ("call_type", "model")
_ESTIMATES = "the cost is LiteLLM's own estimate, which is known to be wrong for some image models"
_ROWS = "data"
_BEGINS = re.compile(r'\s*\[?\s*\{(?:\s*"\w+"\s*:\s*[^\s"\[\]{},]+\s*,)*\s*"data"\s*:\s*\[\s*')
_SOME = (*_IDENTIFYING, START)
_MOST_MISSING = 5


@dataclass(frozen=True)
class LiteLlmLogs:
    """Requests for images that succeeded and were not answered from the cache, with what LiteLLM thinks they cost.

    Where it knows no price it writes nothing or zero: then no cost is known.
    """

    name: str = "litellm-logs"
    periods: Columns = ((START, "endTime"), ("completionStartTime", None))
    optional: tuple[str, ...] = ("status", "cache_hit")
    """Columns that decide whether a row counts, and that may first occur far into the file."""

    def fits(self, source: Source) -> bool:
        """Whether these are columns of the table."""
        return set(_IDENTIFYING) <= set(source.columns)

    def shaped(self, cells: Cells, options: ReadOptions) -> Shaped:
        """Raises BadInput for a file in which no row says when it was."""
        if not cells.has(START):
            what = f"the rows have no `{START}`, so they cannot be dated"
            raise BadInput(Problem(what, cells.source.file, help=f"export the table with its column `{START}`"))
        status = ibis.coalesce(cells.text("status"), "success").lower()
        cached = ibis.coalesce(cells.text("cache_hit"), "false").lower()
        answered = all_of([status == "success", ~cached.isin(("true", "t"))])
        counted = all_of([answered, _of_images(cells, options.makes_images)])
        spend = cells.number("spend")
        at, cost, identity = cells.stamp(START), spend.nullif(0), cells.text("request_id")
        usd = ibis.ifelse(cost.notnull(), "USD", ibis.null("string"))
        return Shaped(
            cells,
            counted,
            at,
            GATEWAY,
            Basis.REQUESTS,
            requests=1,
            cost=cost,
            currency=usd,
            identity=identity,
            unique=True,
            faults=(
                *stamp_faults(at, cells.stated(START), options),
                *number_faults(spend, cells.stated("spend"), counted, "cost"),
                *currency_faults(usd, "spend", counted & cost.notnull(), options),
                Fault("the id is empty", cells.stated("request_id"), counted & identity.isnull()),
            ),
            counts="requests for images that succeeded and were not answered from the cache",
            notes=(f"{self.name}: {_ESTIMATES}; a provider's invoice is better",),
            remarks=() if options.makes_images else (_others(cells, answered & ~counted),),
        )


def _of_images(cells: Cells, chosen: Sequence[str]) -> Any:
    """Whether a request is one for images by its kind, or by the names that the user chose."""
    if not chosen:
        return cells.text("call_type").isin(CALL_TYPES)
    names = [cells.text(name).fill_null("").lower() for name in _NAMES]
    return ibis.or_(*(name.re_search(path_pattern(wanted.lower())) for name in names for wanted in chosen))


def _others(cells: Cells, others: Any) -> Remark:
    """Refuses unrecognised kinds of requests, and those of another kind to models of images."""
    rows = cells.table.select(others=others, **{name: cells.text(name).fill_null("") for name in _NAMES})
    kinds = rows.filter(rows.others).select(*_NAMES).distinct()

    def notes(found: list[dict[str, Any]]) -> list[str]:
        unknown = [
            " by ".join(filter(None, (row["model"], row["call_type"]))) or "a request without a kind and a model"
            for row in found
            if makes_images([row["call_type"], row["model"]]) is not False or makes_images([row["model"]])
        ]
        check_known(unknown, "it is not known whether these made images", cells.source.file)
        return []

    return kinds, notes


LITELLM_LOGS = LiteLlmLogs()


# ---- rows in pages


def paged(source: Source, head: str, text: Callable[[], str]) -> Iterator[Source]:
    """The same with the columns of the rows, where the file consists of such pages. Raises BadInput."""
    begins = _BEGINS.match(head)
    if begins is None:
        return
    try:
        first, _ = json.JSONDecoder().raw_decode(head, begins.end())
    except (ValueError, RecursionError):
        first = None
    if not (isinstance(first, dict) and set(_IDENTIFYING) <= first.keys()) and '"total_pages"' not in head:
        return
    pages = list(objects(parse(text(), source.file)))
    lists = [page.get(_ROWS) for page in pages]
    rows = [row for rows in lists if isinstance(rows, list) for row in rows]
    if not all(isinstance(rows, list) for rows in lists) or not all(isinstance(row, dict) for row in rows):
        return
    columns = tuple(dict.fromkeys(key for row in rows for key in row)) or _SOME
    yield replace(source, columns=columns, pages=tuple(map(_page, pages)), by_line=True)


def missing_pages(sources: Iterable[Source]) -> list[str]:
    """A note on pages whose numbers show that they exist, and that are in none of the files."""
    seen: dict[tuple[int, int], set[int]] = defaultdict(set)
    for page in (page for source in sources for page in source.pages):
        seen[page.rows, page.pages].add(page.number)
    notes = []
    for (rows, pages), numbers in sorted(seen.items()):
        missing = [number for number in range(1, pages + 1) if number not in numbers]
        if missing:
            named = ", ".join(map(str, missing[:_MOST_MISSING])) + (" ..." if len(missing) > _MOST_MISSING else "")
            what = f"of {pages:,} pages with {rows:,} rows, {len(missing):,} are in none of the files"
            notes.append(f"{LITELLM_LOGS.name}: {what}: {named}")
    return notes


def _page(page: dict[str, Any]) -> Page:
    values = [page.get(key) for key in ("page", "total_pages", "total")]
    return Page(*(value if type(value) is int and 0 <= value <= 10**6 else 0 for value in values))
