"""The access logs that are known: how a line looks, and what the keys of the objects are called, per product."""

from __future__ import annotations

from advisor.usage.readers.access_log import ISO, PREFIX, REQUEST, AccessLog, Keys, Pattern

_CLOCK = rf"(?:\d\d/[A-Za-z]{{3,9}}/[^\]]{{1,40}}|{ISO}[^\]]{{1,40}}|\d{{9,10}}\.\d{{3}})"
_IN_BRACKETS = r"\[(?P<time>\d[^\[\]]{1,40})\]"
_ALB = rf"^(?:https?|h2|grpcs?|wss?) (?P<time>\S+)(?: \S+){{6}} (?P<status>\d{{3}}|-)(?: \S+){{3}} {REQUEST} "

LOGS: tuple[AccessLog, ...] = (
    AccessLog(
        "envoy",
        Pattern(rf"^{PREFIX}\[{ISO}", rf"{_IN_BRACKETS} {REQUEST} (?P<status>\d{{1,3}}|-) "),
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
        Pattern(rf"^.+?\[{_CLOCK}\] ", rf"{_IN_BRACKETS} {REQUEST} (?P<status>\d{{3}})(?:\s|$)"),
        Keys(
            time=("time_iso8601", "@timestamp", "msec", "time_local", "timestamp", "time"),
            status=("status",),
            request=("request",),
            method=("request_method", "method"),
            path=("request_uri", "uri", "path"),
        ),
    ),
    AccessLog("alb", Pattern(rf"^\w+ {ISO}", _ALB)),
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
