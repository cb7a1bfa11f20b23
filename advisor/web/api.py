"""The JSON API: a scenario in, the record out, errors by field, and an OpenAPI document."""

from __future__ import annotations

from starlette.routing import Route

ROUTES: list[Route] = []
