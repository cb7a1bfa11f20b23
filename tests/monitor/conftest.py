"""Fixtures of the monitor's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.monitor.field_cases import TINY, Field


@pytest.fixture
def field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Field:
    (tmp_path / "tiny.scenario.yaml").write_text(TINY)
    return Field(tmp_path, capsys)
