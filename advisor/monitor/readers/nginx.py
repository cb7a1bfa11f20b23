"""The access log of nginx: the combined format, or JSON with the keys that are usual."""

from __future__ import annotations

from advisor.monitor.readers.access_log import REQUEST, AccessLog, Keys

NGINX = AccessLog(
    name="nginx",
    line=rf"^\S+ \S+ .*?\[(\d\d/[A-Za-z]+/[^\]]+)\] {REQUEST} (\d{{3}}) ",
    keys=Keys(
        time=("time_iso8601", "@timestamp", "msec", "time_local", "timestamp", "time"),
        status=("status",),
        request=("request",),
        method=("request_method", "method"),
        path=("request_uri", "uri", "path"),
    ),
)
