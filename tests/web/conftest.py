"""A client in this process, a server on a port of its own, and a browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from advisor.catalogue.loader import bundled_catalogue
from advisor.rulebook.loader import bundled_rulebook
from advisor.web.server import listening, make_app, server_of
from advisor.web.site import Site

CHROMIUM = Path("/usr/bin/chromium")
DATE = "2026-11-27"


def site() -> Site:
    """The site of the bundled rules and catalogue."""
    return Site(bundled_rulebook(), bundled_catalogue())


@pytest.fixture(scope="session")
def client() -> TestClient:
    """Requests without a network."""
    return TestClient(make_app(site(), ()), base_url="http://localhost", follow_redirects=False)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a server that runs in a thread."""
    with serving() as address:
        yield address


@contextmanager
def serving() -> Iterator[str]:
    """Runs a server in a thread, as ``advisor serve`` does; its address."""
    bound = listening("127.0.0.1", 0)
    running = server_of(make_app(site(), ()))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    running.should_exit = True
    thread.join(timeout=10)
    bound.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium; without one its tests are skipped."""
    if not CHROMIUM.exists():
        pytest.skip("there is no Chromium at /usr/bin/chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as running:
        launched = running.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield launched
        launched.close()
