"""Access logs of gateways: a request that succeeded is a request for images."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import ibis

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.domain.scenario import Unit
from advisor.usage.dates import Columns
from advisor.usage.input_files import Source
from advisor.usage.model import GATEWAY, OTHERS, SPARK, Basis, ReadOptions, makes_images, path_pattern
from advisor.usage.normalise import (
    MOST_SECONDS,
    Cells,
    Fault,
    Remark,
    Shaped,
    Stated,
    all_of,
    epoch_stamp,
    iso_stamp,
    stamp_faults,
    value_in,
)

_ISO = r"\d{4}-\d\d-\d\d[T ]"
_REQUEST = r'"(?P<request>(?:[^"\\]|\\.)*)"'
_PIECES = (
    r"[\w.@/-]+ +\|",  # docker compose
    r"\[pod/[^\]]+\] ",  # kubectl --prefix
    rf"(?:<\d+>\d? ?)?{_ISO}[\d:.,]+(?:Z|[+-]\d\d:?\d\d)? (?:std(?:out|err) [FP] )?",  # docker -t, containerd, syslog
    r"(?:<\d+>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d ",  # syslog, journald
    r"(?:[^\s:]+ )?[\w./-]+(?:\[\d+\])?: ",  # the host and the program, after those
)
_GAP = r" ?(?:(?:\x1b\[[\d;]{0,20}m){1,9} ?)?"
_PIECE = rf"{_GAP}(?:{'|'.join(_PIECES)})"
_PREFIX = rf"(?:{_PIECE})*{_GAP}"
"""What a collector writes before a line: several pieces, of which a text has one reading at most, or nothing."""
_IS_REQUEST = r' - \S+ \[|\[\d[^\[\]]{1,60}\] "'
"""A line that is meant for a request, whole or cut off, among the lines of other programs."""
_OBJECT, _BEFORE_OBJECT = r'\{\s*".*', rf'^{_PREFIX}\{{\s*"'
_SERVICES = (rf"^{_GAP}([A-Za-z][\w.-]*?)(?:[_-]\d+)? +\|", r"^\[pod/(?:[^/\]]+/)?([^\]]+)\]")
"""The name of a service, its replicas alike, as docker compose and kubectl write it."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WRAPPED = {"log": "stream", "MESSAGE": "__REALTIME_TIMESTAMP"}
"""Keys under which docker and journald wrap a line in an object, and another key of that object."""
_COLLECTED = re.compile(_PIECE)
_MOST_PATHS, _MOST_SHOWN = 1_000, 5
_MOST_LOOKED_AT = 100_000
"""Lines whose paths are judged: a proxy that serves chat too has some among them, and a long log is not read twice."""


def is_collected(line: str) -> bool:
    """Whether a collector has written its prefix before the line."""
    return _COLLECTED.match(line) is not None


def object_of(line: str) -> str | None:
    """The JSON object that a line holds, if any, behind the prefix of a collector."""
    found = re.search(_OBJECT, line) if re.match(_BEFORE_OBJECT, line) else None
    return found[0] if found else None


@dataclass(frozen=True)
class Pattern:
    """How a line looks: its beginning, and the part of it with the fields ``time``, ``request`` and ``status``.

    They are separate because a database extracts groups fast only with a simple pattern at the start of a text.
    """

    begins: str
    part: str

    def fits(self, line: str) -> bool:
        """Whether a line is of the pattern."""
        return re.match(self.begins, line) is not None and re.search(self.part, line) is not None

    def fields_of(self, cells: Cells, whole: Any) -> tuple[Cells, dict[str, Any]]:
        """The fields of lines, null where a line is not of the pattern."""
        part, numbered = (re.sub(r"\(\?P<\w+>", group, self.part) for group in ("(?:", "("))
        cells = cells.keep(part=_where(whole.re_search(self.begins), whole.re_extract(part, 0)))
        groups = re.compile(self.part).groupindex
        found = {name: cells.table.part.re_extract(f"^{numbered}", at).nullif("") for name, at in groups.items()}
        return cells, found


def _where(condition: Any, text: Any) -> Any:
    return ibis.ifelse(condition, text.nullif(""), ibis.null("string"))


@dataclass(frozen=True)
class Keys:
    """What the fields of a log in JSON are called, `a.b` within an object; the first that is there counts.

    ``kind``: a key that, where it is there, has a text of this pattern in the lines of requests.
    """

    time: tuple[str, ...]
    status: tuple[str, ...]
    method: tuple[str, ...]
    path: tuple[str, ...]
    request: tuple[str, ...] = ()
    kind: tuple[str, str] | None = None

    @property
    def all(self) -> tuple[str, ...]:
        """Every key."""
        kind = self.kind[:1] if self.kind else ()
        return tuple(dict.fromkeys([*self.time, *self.status, *self.request, *self.method, *self.path, *kind]))

    def fit(self, keys: frozenset[str]) -> bool:
        """Whether an object with these keys is a request."""
        request = keys & set(self.request) or (keys & set(self.method) and keys & set(self.path))
        return bool(keys & set(self.time) and keys & set(self.status) and request)


@dataclass(frozen=True)
class AccessLog:
    """A log of requests, as lines of a pattern or as JSON with known keys."""

    name: str
    line: Pattern | None = None
    keys: Keys | None = None
    periods: Columns = ()

    def fits(self, source: Source) -> bool:
        """Whether the lines are of the pattern, or the objects have the keys."""
        objects = source.shapes if source.lines or source.holds_objects else ()
        return self.fits_lines(source) or (self.keys is not None and any(map(self.keys.fit, objects)))

    def fits_lines(self, source: Source) -> bool:
        """Whether more than half of the lines are of the pattern; of a collector's, of those that are requests."""
        lines = source.lines
        if lines is None or self.line is None:
            return False
        fitting = sum(map(self.line.fits, lines.first))
        asked = [line for line in lines.first if not lines.collected or re.search(_IS_REQUEST, line)]
        return fitting > 0 and fitting * 2 > len(asked)

    def shaped(self, cells: Cells, options: ReadOptions) -> Shaped:
        """Requests: no images, no cost."""
        lines = cells.source.lines
        whole = cells.text(lines.column if lines else cells.source.columns[0])
        line = self.line if self.fits_lines(cells.source) else None
        cells, fields = line.fields_of(cells, whole) if line else self._of_keys(cells, options)
        cells = cells.keep(**fields)
        cells = cells.keep(iso=_as_iso(cells.table.time))
        number = cells.table.time.try_cast("float64")  # in seconds, or in milliseconds if it is too large for these
        since_1970 = epoch_stamp(ibis.ifelse(number.abs() < MOST_SECONDS, number, number / 1_000), 1)
        cells = cells.keep(at=ibis.coalesce(iso_stamp(cells.table.iso), since_1970))
        table, at, time = cells.table, cells.table.at, cells.table.time
        counted = all_of([table.status.re_search(r"^2\d\d$"), *_asked_for(table.request, options)])
        faults = stamp_faults(at, Stated("time", time, time.isnull()), options)
        if lines:
            faults = [Fault(f"not a line of {self.name}", cells.stated(lines.column), time.isnull()), *faults]
        remarks: list[Remark] = []
        if lines and lines.collected:
            other = self._of_others(cells, whole, line is not None)
            faults = [fault._replace(wrong=fault.wrong & ~other) for fault in faults]
            remarks = [self._remark(cells, whole, counted, other)]
        if not options.request_paths and options.unit is Unit.IMAGE:
            remarks.append(_other_paths(cells, counted))
        methods = " and ".join(options.request_methods)
        where = f"on {', '.join(options.request_paths)}" if options.request_paths else "on any path (`--request-path`)"
        counts = f"requests with method {methods} {where} that were answered with 2xx"
        return Shaped(
            cells,
            counted,
            at,
            GATEWAY,
            Basis.REQUESTS,
            requests=1,
            faults=faults,
            remarks=remarks,
            counts=counts,
            notes=(f"{self.name}: {counts} count",),
        )

    def _of_keys(self, cells: Cells, options: ReadOptions) -> tuple[Cells, dict[str, Any]]:
        keys, lines, spark = self.keys, cells.source.lines, options.on == SPARK
        assert keys is not None
        if lines:
            whole = cells.text(lines.column)
            cells = cells.keep(object=_where(whole.re_search(_BEFORE_OBJECT), whole.re_extract(_OBJECT, 0)))
            text = cells.table.object
            found = {key: value_in(text, key.split("."), spark) for key in keys.all}
            cells = cells.with_found({**found, "": value_in(text, (), spark)})
        else:
            cells = cells.with_nested(keys.all, spark)

        def first(names: tuple[str, ...]) -> Any:
            there = [cells.text(name) for name in names if cells.has(name)]
            return ibis.coalesce(*there) if there else ibis.null("string")

        request = ibis.coalesce(first(keys.request), first(keys.method) + " " + first(keys.path))
        if keys.kind and cells.has(keys.kind[0]):
            kind = cells.text(keys.kind[0])
            request = _where(kind.re_search(keys.kind[1]).fill_null(True), request)
        return cells, {"time": first(keys.time), "request": request, "status": first(keys.status)}

    def _of_others(self, cells: Cells, whole: Any, of_lines: bool) -> Any:
        """Whether a line is of a program that logs no requests, or says something else than a request."""
        table = cells.table
        if of_lines:
            return table.time.isnull() & ~whole.re_search(_IS_REQUEST).fill_null(True)
        cut_off = table.object.notnull() & cells.text("").isnull()
        return ibis.and_(table.request.isnull(), table.status.isnull(), whole.notnull(), ~cut_off.fill_null(False))

    def _remark(self, cells: Cells, whole: Any, counted: Any, other: Any) -> Remark:
        """How many lines are of others, and which services the requests are of, where there are several."""
        service = ibis.coalesce(*(whole.re_extract(pattern, 1).nullif("") for pattern in _SERVICES))
        cells = cells.keep(service=service, asked=counted.cast("int64"), other=other.cast("int64"))
        table = cells.table.group_by("service").aggregate(asked=cells.table.asked.sum(), other=cells.table.other.sum())
        file = cells.source.file

        def notes(rows: list[dict[str, Any]]) -> list[str]:
            said = []
            if others := sum(row["other"] or 0 for row in rows):
                lines = "line holds no request and is" if others == 1 else "lines hold no request and are"
                said.append(f"{file}: {others:,} {lines} left out")
            services = sorted(row["service"] for row in rows if row["asked"] and row["service"])
            if len(services) > 1:
                what = f"the requests are of {', '.join(services)}: where one of them passes requests on to another"
                said.append(f"{file}: {what}, they count twice, so keep the lines of one of them")
            return said

        return table, notes


def _other_paths(cells: Cells, counted: Any) -> Remark:
    """Refuses requests that count and whose path says that they are not for images: of a proxy that serves chat too."""
    table = cells.table.select(path=_path_of(cells.table.request).lower(), asked=counted)
    rows = table.limit(_MOST_LOOKED_AT)
    paths = rows.filter(rows.asked & rows.path.re_search(OTHERS)).select("path").distinct().limit(_MOST_PATHS)

    def notes(found: list[dict[str, Any]]) -> list[str]:
        others = sorted(row["path"] for row in found if makes_images([row["path"]]) is False)
        if others:
            more = f" and {len(others) - _MOST_SHOWN:,} more" if len(others) > _MOST_SHOWN else ""
            what = f"requests on these paths make no images: {', '.join(map(quoted, others[:_MOST_SHOWN]))}{more}"
            help = "name the paths that do, as in --request-path '/v1/images/*'; repeated, either counts"
            raise BadInput(Problem(what, cells.source.file, help=help))
        return []

    return paths, notes


def _path_of(request: Any) -> Any:
    return request.re_extract(r"^\S+ (?:[a-z]+://[^/ ]*)?([^ ?]*)", 1)


def _asked_for(request: Any, options: ReadOptions) -> list[Any]:
    method = request.re_extract(r"^(\S+) ", 1)
    path = _path_of(request)
    conditions = [method.isin([name.upper() for name in options.request_methods])]
    if options.request_paths:
        conditions.append(ibis.or_(*(path.re_search(path_pattern(wanted)) for wanted in options.request_paths)))
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


# ---- the logs that are known: how a line looks, and what the keys of the objects are called, per product

_CLOCK = rf"(?:\d\d/[A-Za-z]{{3,9}}/[^\]]{{1,40}}|{_ISO}[^\]]{{1,40}}|\d{{9,10}}\.\d{{3}})"
_IN_BRACKETS = r"\[(?P<time>\d[^\[\]]{1,40})\]"
_ALB = rf"^(?:https?|h2|grpcs?|wss?) (?P<time>\S+)(?: \S+){{6}} (?P<status>\d{{3}}|-)(?: \S+){{3}} {_REQUEST} "

LOGS: tuple[AccessLog, ...] = (
    AccessLog(
        "envoy",
        Pattern(rf"^{_PREFIX}\[{_ISO}", rf"{_IN_BRACKETS} {_REQUEST} (?P<status>\d{{1,3}}|-) "),
        Keys(
            time=("start_time", "startTime", "timestamp"),
            status=("response_code", "responseCode"),
            request=("request",),
            method=("method", "req_method"),
            path=("path", "x_envoy_original_path"),
        ),
    ),
    AccessLog(
        "nginx",
        Pattern(rf"^.+?\[{_CLOCK}\] ", rf"{_IN_BRACKETS} {_REQUEST} (?P<status>\d{{3}})(?:\s|$)"),
        Keys(
            time=("time_iso8601", "@timestamp", "msec", "time_local", "timestamp", "time"),
            status=("status",),
            request=("request",),
            method=("request_method", "method"),
            path=("request_uri", "uri", "path"),
        ),
    ),
    AccessLog("alb", Pattern(rf"^\w+ {_ISO}", _ALB)),
    AccessLog(
        "traefik",
        keys=Keys(
            time=("StartUTC", "StartLocal", "time"),
            status=("DownstreamStatus", "OriginStatus"),
            method=("RequestMethod",),
            path=("RequestPath",),
        ),
    ),
    AccessLog(
        "caddy",
        keys=Keys(
            time=("ts", "time", "timestamp"),
            status=("status",),
            method=("request.method",),
            path=("request.uri",),
            kind=("logger", r"^http\.log\.access"),
        ),
    ),
    AccessLog(
        "kong",
        keys=Keys(time=("started_at",), status=("response.status",), method=("request.method",), path=("request.uri",)),
    ),
)
"""Of two whose lines are alike, the one that asks for more comes first, and is taken."""
