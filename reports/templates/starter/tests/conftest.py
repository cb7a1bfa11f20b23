"""What the tests share: a ``routes.toml`` and a log of their own, and a search for the token after each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from stubs import TOKEN, TOKEN_VARIABLE, Configured, write_routes

from images.adapters import bfl, replicate


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Configured]:
    """Writes a ``routes.toml`` of these tables, of which the first is active. No file may hold the token in the end."""
    monkeypatch.setenv("IMAGES_CONFIG", str(tmp_path / "routes.toml"))
    monkeypatch.setenv("IMAGES_LOG", str(tmp_path / "requests.jsonl"))
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    monkeypatch.delenv("IMAGES_ROUTE", raising=False)
    for adapter in (bfl, replicate):
        monkeypatch.setattr(adapter, "POLL_SECONDS", 0.01)

    def write(**tables: dict[str, object]) -> None:
        write_routes(tmp_path, next(iter(tables)), tables)

    yield write
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or TOKEN.encode() not in file.read_bytes()
