"""The application: its paths, its errors, and what holds for every request."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from advisor.common.diagnostics import BadInput
from advisor.report.templates import fill
from advisor.web import api, catalogue_page, decision_pages, interview_pages, monitor_pages, portfolio_page
from advisor.web.hosts import AllowedHosts
from advisor.web.pages import error_page, on_bad_input
from advisor.web.security import HEADERS, BoundedBodies, SecureResponses, TooLarge, TooSlow
from advisor.web.site import Site
from advisor.wording import web as words

_STATIC = Path(__file__).with_name("static")


def make_app(site: Site, hosts: Sequence[str]) -> Starlette:
    """The application over a site. ``hosts`` are the names it answers under, besides this machine's own."""
    app = Starlette(
        routes=[
            *interview_pages.ROUTES,
            *decision_pages.ROUTES,
            *monitor_pages.ROUTES,
            *portfolio_page.ROUTES,
            *catalogue_page.ROUTES,
            *api.ROUTES,
            Route("/healthz", _healthz),
            Route("/static/page.css", _page_style),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
        middleware=[
            Middleware(SecureResponses),
            Middleware(AllowedHosts, hosts=tuple(hosts)),
            Middleware(BoundedBodies),
        ],
        exception_handlers={
            BadInput: on_bad_input,
            HTTPException: _on_http_error,
            TooLarge: _on_too_large,
            TooSlow: _on_too_slow,
            Exception: _on_defect,
        },
    )
    app.state.site = site
    return app


async def _page_style(request: Request) -> Response:
    """The style that pages share with a memo."""
    return Response(fill("page.css.j2", {}), media_type="text/css")


async def _healthz(request: Request) -> Response:
    return PlainTextResponse("ok")


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    what = {404: words.NO_PAGE, 405: words.NO_METHOD}.get(error.status_code, words.UNUSABLE)
    found = error_page(request, error.status_code, what)
    found.headers.update(error.headers or {})
    return found


async def _on_too_large(request: Request, error: Exception) -> Response:
    return error_page(request, 413, words.TOO_LARGE)


async def _on_too_slow(request: Request, error: Exception) -> Response:
    return error_page(request, 408, words.TOO_SLOW)


async def _on_defect(request: Request, error: Exception) -> Response:
    found = error_page(request, 500, words.DEFECT)
    found.headers.update(HEADERS)  # it is answered outside the middleware
    return found
