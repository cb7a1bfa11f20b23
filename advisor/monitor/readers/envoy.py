"""The access log of Envoy: its default format, or JSON with the keys that are usual."""

from __future__ import annotations

from advisor.monitor.readers.access_log import REQUEST, AccessLog, Keys

ENVOY = AccessLog(
    name="envoy",
    line=rf"^\[(\d{{4}}-[^\]]+)\] {REQUEST} (\d{{1,3}}|-) ",
    keys=Keys(
        time=("start_time", "startTime", "timestamp"),
        status=("response_code", "responseCode"),
        request=("request",),
        method=("method", "req_method"),
        path=("path", "x_envoy_original_path"),
    ),
)
