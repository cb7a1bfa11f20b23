"""Usage files in, the dashboard out; nothing is kept."""

from __future__ import annotations

from starlette.routing import Route

ROUTES: list[Route] = []
