"""Access logs of gateways, in every form they come in: the same requests written are the same requests read."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from advisor.common.diagnostics import BadInput
from advisor.usage.model import Reading, ReadOptions
from advisor.usage.read import read_usage
from tests.helpers.strategies import some_of
from tests.monitor.usage_files import shifted

pytestmark = pytest.mark.filterwarnings("ignore")
TODAY = date(2026, 11, 23)


@dataclass(frozen=True)
class Asked:
    """A request: when (UTC), its method, its path and how it was answered."""

    at: datetime
    method: str
    path: str
    status: int

    @property
    def counts(self) -> bool:
        return self.method == "POST" and 200 <= self.status < 300


def _months() -> list[Asked]:
    """Requests of three months, about the ends of days and months, of which some do not count."""
    days = [
        datetime(2026, 8, 1),
        datetime(2026, 8, 31, 23, 59, 58),
        datetime(2026, 9, 30, 22, 30),
        datetime(2026, 10, 5),
    ]
    kinds = [("POST", 200), ("POST", 201), ("GET", 200), ("POST", 502), ("POST", 200)]
    moments = [day + timedelta(seconds=step) for day in days for step in range(5)]
    return [
        Asked(at, *(kinds[number % 5][0], f"/v1/images/{number}?a=b", kinds[number % 5][1]))
        for number, at in enumerate(moments)
    ]


ASKED = _months()
COUNTED: dict[date, int] = {}
for one in ASKED:
    COUNTED[one.at.date()] = COUNTED.get(one.at.date(), 0) + one.counts
COUNTED = {day: number for day, number in COUNTED.items() if number}

Line = Callable[[Asked], str]


def _combined(time: Callable[[Asked], str]) -> Line:
    def line(asked: Asked) -> str:
        request = f"{asked.method} {asked.path} HTTP/1.1"
        return f'10.0.0.1 - - [{time(asked)}] "{request}" {asked.status} 512 "-" "curl/8 (x; y)"'

    return line


def _object(keys: Callable[[Asked], dict[str, Any]]) -> Line:
    return lambda asked: json.dumps(keys(asked))


def _epoch(asked: Asked) -> float:
    return asked.at.replace(tzinfo=UTC).timestamp() + 0.125


def _z(asked: Asked) -> str:
    return asked.at.isoformat() + "Z"


def _envoy(asked: Asked) -> str:
    flags = f'{asked.status} - 154 0 226 100 "10.0.35.28" "nsq2http" "cc21d9b0" "locations" "tcp://10.0.2.1:80"'
    return f'[{asked.at.isoformat()}.310Z] "{asked.method} {asked.path} HTTP/2" {flags}'


def _alb(asked: Asked) -> str:
    request = f"{asked.method} https://www.example.com:443{asked.path} HTTP/1.1"
    target = "10.0.0.1:80" if asked.status != 502 else "-"
    times = "0.086 0.048 0.037" if asked.status != 502 else "-1 -1 -1"
    return (
        f"https {asked.at.isoformat()}.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 {target} "
        f'{times} {asked.status} {asked.status if target != "-" else "-"} 0 57 "{request}" "curl/7.46.0" ECDHE-RSA-AES '
        'TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/t/73e2d6bc24d8a067 "Root=1-58337281" '
        f'"www.example.com" "arn:aws:acm:cert" 1 {_z(asked)} "forward" "-" "-" "{target}" "{asked.status}" "-" "-"'
    )


def _traefik(asked: Asked) -> dict[str, Any]:
    return {
        "ClientAddr": "10.0.0.1:38474",
        "DownstreamStatus": asked.status,
        "Duration": 1234567,
        "OriginStatus": 200,
        "RequestMethod": asked.method,
        "RequestPath": asked.path,
        "StartLocal": shifted(asked.at, 120).isoformat(),
        "StartUTC": asked.at.isoformat() + ".123456789Z",
        "level": "info",
        "msg": "",
        "time": shifted(asked.at + timedelta(seconds=9), 120).isoformat(),
    }


def _caddy(asked: Asked) -> dict[str, Any]:
    return {
        "level": "info",
        "ts": _epoch(asked),
        "logger": "http.log.access.log0",
        "msg": "handled request",
        "request": {"method": asked.method, "uri": asked.path, "headers": {"User-Agent": ["curl/8"]}},
        "duration": 0.001,
        "status": asked.status,
    }


def _kong(asked: Asked) -> dict[str, Any]:
    return {
        "request": {"method": asked.method, "uri": asked.path, "size": "128"},
        "response": {"status": asked.status, "headers": {"content-type": "application/json"}},
        "latencies": {"request": 515},
        "started_at": int(_epoch(asked) * 1_000),
    }


def _nginx(asked: Asked) -> dict[str, Any]:
    return {"time": _z(asked), "request_method": asked.method, "request_uri": asked.path, "status": str(asked.status)}


LINES: dict[str, tuple[str, Line]] = {
    "clock": ("nginx", _combined(lambda asked: shifted(asked.at, -300).strftime("%d/%b/%Y:%H:%M:%S %z"))),
    "iso": ("nginx", _combined(lambda asked: shifted(asked.at, 120).isoformat())),
    "iso in UTC": ("nginx", _combined(_z)),
    "iso without a colon": ("nginx", _combined(lambda asked: shifted(asked.at, 330).strftime("%Y-%m-%dT%H:%M:%S%z"))),
    "iso with milliseconds": ("nginx", _combined(lambda asked: asked.at.isoformat() + ".250+00:00")),
    "msec": ("nginx", _combined(lambda asked: f"{_epoch(asked):.3f}")),
    "envoy": ("envoy", _envoy),
    "nginx json": ("nginx", _object(_nginx)),
    "traefik": ("traefik", _object(_traefik)),
    "traefik, without the status downstream": (
        "traefik",
        _object(lambda a: {**_traefik(a), "DownstreamStatus": None, "OriginStatus": a.status}),
    ),
    "traefik, time alone": (
        "traefik",
        _object(lambda a: {k: v for k, v in {**_traefik(a), "time": _z(a)}.items() if not k.startswith("Start")}),
    ),
    "caddy": ("caddy", _object(_caddy)),
    "caddy, iso": ("caddy", _object(lambda asked: {**_caddy(asked), "ts": _z(asked)})),
    "kong": ("kong", _object(_kong)),
}
PREFIXES: dict[str, Callable[[int, Asked], str]] = {
    "docker compose": lambda number, asked: f"web-{number % 2 + 1}  | ",
    "docker compose, wide": lambda number, asked: "a-long.name_of-1      | ",
    "docker compose, colours": lambda number, asked: "\x1b[36mweb-1  | \x1b[0m",
    "docker compose 1, colours": lambda number, asked: "\x1b[36;1mweb_1  |\x1b[0m ",
    "docker compose -t": lambda number, asked: f"web-1  | {asked.at.isoformat()}.123456789Z ",
    "docker logs -t": lambda number, asked: f"{asked.at.isoformat()}.123456789Z ",
    "kubectl --prefix": lambda number, asked: f"[pod/web-7d4b9c-{number % 3}xk2/nginx] ",
    "kubectl --prefix --timestamps": lambda number, asked: f"[pod/web-7d4b9c/nginx] {asked.at.isoformat()}.1Z ",
    "kubectl --timestamps": lambda number, asked: f"{shifted(asked.at, 120).isoformat()} ",
    "containerd": lambda number, asked: f"{asked.at.isoformat()}.123456789Z stdout F ",
    "syslog": lambda number, asked: f"<190>{asked.at.strftime('%b %e %H:%M:%S')} host nginx: ",
    "journald": lambda number, asked: f"{asked.at.strftime('%b %d %H:%M:%S')} host nginx[1234]: ",
    "journald -o short-iso": lambda number, asked: f"{asked.at.isoformat()}+0000 host nginx[1234]: ",
}
OTHERS = (
    "db-1   | LOG:  checkpoint starting: time",
    "web-1  | /docker-entrypoint.sh: Configuration complete; ready for start up",
    "web-1  | 2026/08/01 00:00:00 [notice] 1#1: start worker processes",
    'web-1  | 2026/08/01 00:00:00 [error] 31#31: *1 failed, request: "POST /v1/images HTTP/1.1", host: "localhost"',
    'api-1  | INFO:     172.18.0.5:44552 - "POST /v1/images/generations HTTP/1.1" 200 OK',
    "api-1  | [2026-08-01 00:00:00 +0000] [1] [INFO] Booting worker with pid: 7",
    "api-1  | {'a': 1}",
    'api-1  | {"level": "info", "msg": "started"}',
)


def read(*files: Path | str, **options: Any) -> Reading:
    return read_usage([str(file) for file in files], ReadOptions(today=TODAY, **options))


def by_day(reading: Reading) -> dict[date, int | None]:
    return {day.day: day.requests for day in reading.days}


def written(path: Path, *lines: str) -> Path:
    path.write_text("".join(line + "\n" for line in lines))
    return path


@pytest.mark.parametrize("form", [*LINES, "alb"])
@pytest.mark.parametrize("named", [True, False])
def test_months_in_every_form(form: str, named: bool, tmp_path: Path) -> None:
    name, line = LINES.get(form, ("alb", _alb))
    file = written(tmp_path / "a.log", *map(line, ASKED))
    reading = read(file, format=name if named else None)
    assert {day.source for day in reading.days} == {name}
    assert by_day(reading) == COUNTED
    assert f"read as {name}: {file}" in reading.notes


@pytest.mark.fuzz
@pytest.mark.parametrize(("prefix", "form"), some_of(product(PREFIXES, ("clock", "iso", "envoy", "caddy")), 5))
def test_lines_behind_the_prefix_of_a_collector(prefix: str, form: str, tmp_path: Path) -> None:
    name, line = LINES[form]
    lines = [PREFIXES[prefix](number, asked) + line(asked) for number, asked in enumerate(ASKED)]
    reading = read(written(tmp_path / "a.log", *lines))
    assert {day.source for day in reading.days} == {name}
    assert by_day(reading) == COUNTED
    assert not any("left out" in note or "twice" in note for note in reading.notes)


@pytest.mark.parametrize("form", ["clock", "msec", "envoy", "nginx json", "kong"])
@pytest.mark.parametrize("kind", ["docker", "journald"])
def test_lines_within_objects(form: str, kind: str, tmp_path: Path) -> None:
    name, line = LINES[form]

    def wrapped(text: str) -> str:
        if kind == "docker":
            return json.dumps({"log": text + "\n", "stream": "stdout", "time": "2026-11-01T00:00:00.1Z"})
        return json.dumps({"__REALTIME_TIMESTAMP": "1785542400123456", "_PID": "12", "MESSAGE": text})

    lines = ["/docker-entrypoint.sh: ready for start up", *map(line, ASKED)]
    file = written(tmp_path / "a.log", *map(wrapped, lines))
    reading = read(file)
    assert {day.source for day in reading.days} == {name}
    assert by_day(reading) == COUNTED
    assert f"{file}: 1 line holds no request and is left out" in reading.notes


def test_a_load_balancer_packed_and_by_path(tmp_path: Path) -> None:
    file = tmp_path / "a.log.gz"
    file.write_bytes(gzip.compress("".join(_alb(asked) + "\n" for asked in ASKED).encode()))
    assert by_day(read(file)) == COUNTED
    assert sum(day.requests or 0 for day in read(file, request_paths=("/v1/images/1",)).days) == 1


def test_entries_of_kong_in_one_array(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps([_kong(asked) for asked in ASKED], indent=1))
    assert by_day(read(file)) == COUNTED


@pytest.mark.parametrize("form", ["clock", "iso", "traefik", "caddy"])
def test_lines_of_other_programs_are_left_out_and_said(form: str, tmp_path: Path) -> None:
    name, line = LINES[form]
    lines = [f"web-1  | {line(asked)}" for asked in ASKED]
    file = written(tmp_path / "a.log", *OTHERS * 40, *lines, *OTHERS)
    reading = read(file)
    assert {day.source for day in reading.days} == {name}
    assert by_day(reading) == COUNTED
    assert f"{file}: {len(OTHERS) * 41:,} lines hold no request and are left out" in reading.notes


def test_services_that_pass_requests_on_are_named(tmp_path: Path) -> None:
    line = LINES["iso"][1]
    lines = [f"{service}  | {line(asked)}" for asked in ASKED for service in ("proxy-1", "web-1", "web-2")]
    (note,) = (note for note in read(written(tmp_path / "a.log", *lines)).notes if "twice" in note)
    assert "the requests are of proxy, web: where one of them passes requests on to another, they count twice" in note


def test_two_kinds_of_log_in_one_file_have_to_be_chosen_from(tmp_path: Path) -> None:
    lines = [
        f"{service}  | {LINES[form][1](asked)}"
        for asked in ASKED
        for service, form in (("a-1", "iso"), ("b-1", "kong"))
    ]
    file = written(tmp_path / "a.log", *lines)
    with pytest.raises(BadInput, match="ambiguous file format: nginx or kong"):
        read(file)
    assert by_day(read(file, format="kong")) == COUNTED
    assert by_day(read(file, format="nginx")) == COUNTED


def test_lines_of_caddy_that_are_no_access_do_not_count(tmp_path: Path) -> None:
    lines = [_caddy(asked) | {"logger": "http.handlers.reverse_proxy", "msg": "upstream roundtrip"} for asked in ASKED]
    file = written(tmp_path / "a.log", *(json.dumps(line) for line in [*lines, *map(_caddy, ASKED)]))
    assert by_day(read(file)) == COUNTED


@pytest.mark.parametrize("form", [*LINES, "alb"])
def test_a_log_without_any_request_that_counts_is_named(form: str, tmp_path: Path) -> None:
    _, line = LINES.get(form, ("alb", _alb))
    lines = [line(Asked(asked.at, "GET", "/favicon.ico", 200)) for asked in ASKED]
    file = written(tmp_path / "a.log", *lines)
    reading = read(file)
    assert not reading.days
    assert any(note.startswith(f"{file}: none of the rows counts (20)") for note in reading.notes)


BROKEN: dict[str, list[str]] = {
    "clock": [
        "garbage",
        "10.0.0.1 - - [01/Aug/2026:00:00",
        '10.0.0.1 - - [99/Xxx/2026:00:00:00 +0000] "POST / HTTP/1.1" 200 1 ',
    ],
    "iso": ["\x01", '10.0.0.1 - - [2026-13-01T00:00:00+00:00] "POST / HTTP/1.1" 200 1 ', '" "'],
    "msec": ['10.0.0.1 - - [9999999999.999] "POST / HTTP/1.1" 200 1 "-"'],
    "envoy": ["[2016-04-15T20:17", '[2026-99-15T20:17:00.310Z] "POST / HTTP/2" 200 - 154 0'],
    "alb": [
        "https 2026-08-01T00:00:00Z",
        "\x1b[0m",
        'https 2026-08-32T00:00:00Z a b c 1 2 3 200 200 1 1 "POST / HTTP/1.1" "x"',
    ],
    "traefik": [
        "{",
        "[]",
        '{"StartUTC": {}, "RequestMethod": [], "RequestPath": 5}',
        '{"StartUTC": "2026-08-01T99:00:00Z"}',
    ],
    "caddy": ["{}", '{"ts": 1e400, "request": 5}', '{"ts": "Infinity", "status": 200, "request": {"method": "POST"}}'],
    "kong": [
        '{"started_at": 99999999999999999}',
        '{"started_at": -1, "request": null}',
        '{"started_at": "1e300"}',
        "nil",
    ],
}


@pytest.mark.parametrize("form", BROKEN)
def test_broken_lines_stop_the_run_or_are_listed(form: str, tmp_path: Path) -> None:
    _, line = LINES.get(form, ("alb", _alb))
    file = written(tmp_path / "a.log", *map(line, ASKED), *BROKEN[form])
    with pytest.raises(BadInput, match=f"{len(BROKEN[form]):,} rows? cannot be read"):
        read(file)
    rejects = tmp_path / "rejects.csv"
    reading = read(file, rejects=rejects)
    assert (by_day(reading), reading.rejected) == (COUNTED, len(BROKEN[form]))
    numbers = [row.split(",")[1] for row in rejects.read_text().splitlines()[1:] if row.startswith(str(file))]
    assert numbers == [str(len(ASKED) + 1 + number) for number in range(len(BROKEN[form]))]


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ("clock", "web-1  | 10.0.0.1 - - [01/Aug/2026:00:00"),
        ("iso", 'web-1  | 10.0.0.1 - - [2026-13-01T00:00:00Z] "POST / HTTP/1.1" 200 1'),
        ("envoy", 'web-1  | [2026-08-01T00:00:00.310Z] "POST / HTTP/2'),
        ("caddy", 'web-1  | {"level":"info","ts":1785542400.1,"requ'),
        (
            "traefik",
            'web-1  | {"StartUTC": "yesterday", "RequestMethod": "POST", "RequestPath": "/", "OriginStatus": 200}',
        ),
    ],
)
def test_a_request_that_is_cut_off_is_no_line_of_another_program(form: str, line: str, tmp_path: Path) -> None:
    file = written(tmp_path / "a.log", *(f"web-1  | {LINES[form][1](asked)}" for asked in ASKED), line)
    with pytest.raises(BadInput, match="1 row cannot be read"):
        read(file)
    reading = read(file, rejects=tmp_path / "r.csv")
    assert (by_day(reading), reading.rejected) == (COUNTED, 1)


@pytest.mark.parametrize(
    "piece",
    [
        "a: ",
        "\x1b[0m",
        "a |",
        "\x1b[m a |\x1b[m ",
        "Aug  1 00:00:00 ",
        "2026-08-01T00:00:00Z ",
        "[pod/a] ",
        "<1>",
        "[",
        '"\\',
    ],
)
def test_no_line_takes_long_to_be_told(piece: str, tmp_path: Path) -> None:
    file = written(tmp_path / "a.log", *[piece * 2_000] * 3)
    with pytest.raises(BadInput, match=r"unrecognised file format|duplicate column|more than"):
        read(file)
