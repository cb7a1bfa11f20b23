"""The offers of the catalogue, filterable."""

from __future__ import annotations

from starlette.routing import Route

ROUTES: list[Route] = []
