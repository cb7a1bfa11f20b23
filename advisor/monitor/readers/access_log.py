"""What the logs of gateways have in common: a request that succeeded is a request for images."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import ibis

from advisor.monitor.cells import Cells, either, epoch_stamp, iso_stamp
from advisor.monitor.layout import TEXT, Container
from advisor.monitor.options import ReadOptions
from advisor.monitor.readers.image_names import path_pattern
from advisor.monitor.shape import Fault, Shaped, all_of, stamp_faults
from advisor.monitor.usage import GATEWAY, Basis

REQUEST = r'"((?:[^"\\]|\\.)*)"'
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Keys:
    """What the fields of a log in JSON are called; the first that is there counts."""

    time: tuple[str, ...]
    status: tuple[str, ...]
    request: tuple[str, ...]
    method: tuple[str, ...]
    path: tuple[str, ...]

    def fit(self, columns: tuple[str, ...]) -> bool:
        """Whether these are fields of such a log."""
        named = set(columns)
        request = named & set(self.request) or (named & set(self.method) and named & set(self.path))
        return bool(named & set(self.time) and named & set(self.status) and request)


@dataclass(frozen=True)
class AccessLog:
    """A log of requests, as lines of a pattern (time, request, status) or as JSON with known keys."""

    name: str
    line: str
    keys: Keys

    def fits_line(self, line: str) -> bool:
        """Whether a line is of the pattern."""
        return re.match(self.line, line) is not None

    def fits(self, container: Container, columns: tuple[str, ...]) -> bool:
        """Whether these are the keys of the log in JSON."""
        return container is Container.JSONL and self.keys.fit(columns)

    def notes(self, options: ReadOptions) -> tuple[str, ...]:
        """What people should know of the numbers."""
        return (f"{self.name}: {self.counts(options)} count",)

    def counts(self, options: ReadOptions) -> str:
        """Which rows count."""
        methods = " and ".join(options.request_methods)
        where = f"on {', '.join(options.request_paths)}" if options.request_paths else "on any path (`--request-path`)"
        return f"requests with method {methods} {where} that were answered with 2xx"

    def shaped(self, cells: Cells, options: ReadOptions) -> Shaped:
        """Requests: no images, no cost."""
        lines = cells.source.container is Container.LINES
        time, request, status = self._of_lines(cells) if lines else self._of_keys(cells)
        cells = cells.keep(time=time, request=request, status=status)
        cells = cells.keep(iso=_as_iso(cells.table.time))
        read = iso_stamp(cells.table.iso)
        seconds = epoch_stamp(cells.table.time.try_cast("decimal(18,6)"), 1)
        cells = cells.keep(at=read if lines else ibis.coalesce(read, seconds))
        table, at, time = cells.table, cells.table.at, cells.table.time
        whole = cells.text(cells.source.columns[0])
        counted = all_of([table.status.re_search(r"^2\d\d$"), *_asked_for(table.request, options)])
        wrong = Fault(f"this is no line of {self.name}", cells.source.columns[0], whole, time.isnull())
        return Shaped(
            cells,
            counted,
            at,
            GATEWAY,
            Basis.REQUESTS,
            requests=1,
            faults=(*((wrong,) if lines else ()), *stamp_faults(at, "time", time, options)),
        )

    def _of_lines(self, cells: Cells) -> tuple[Any, Any, Any]:
        text = cells.text(TEXT)
        time, request, status = (text.re_extract(self.line, number).nullif("") for number in (1, 2, 3))
        return time, request, status

    def _of_keys(self, cells: Cells) -> tuple[Any, Any, Any]:
        def first(names: tuple[str, ...]) -> Any:
            there = [cells.text(name) for name in names if cells.has(name)]
            return ibis.coalesce(*there) if there else ibis.null("string")

        request = ibis.coalesce(first(self.keys.request), first(self.keys.method) + " " + first(self.keys.path))
        return first(self.keys.time), request, first(self.keys.status)


def _asked_for(request: Any, options: ReadOptions) -> list[Any]:
    method = request.re_extract(r"^(\S+) ", 1)
    path = request.re_extract(r"^\S+ ([^ ?]*)", 1)
    conditions = [method.isin([name.upper() for name in options.request_methods])]
    if options.request_paths:
        conditions.append(either([path.re_search(path_pattern(wanted)) for wanted in options.request_paths]))
    return conditions


def _as_iso(text: Any) -> Any:
    """`10/Oct/2000:13:55:36 -0700` as ISO text; other texts as they are."""
    form = r"^\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}$"
    iso = text.substr(7, 4) + "-" + month_number(text.substr(3, 3)) + "-" + text.substr(0, 2) + "T" + text.substr(12, 8)
    offset = text.substr(21, 3) + ":" + text.substr(24, 2)
    exact = ibis.ifelse(text.endswith(" +0000"), iso, iso + offset)
    return ibis.ifelse(text.re_search(form), exact, text)


def month_number(name: Any) -> Any:
    """`Oct` as `10`."""
    return ibis.cases(*((name == month, f"{number:02}") for number, month in enumerate(_MONTHS, 1)))
