"""Fixtures of the monitor's tests."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from advisor.tabular.engines import _Backend
from tests.monitor.field_cases import TINY, Field


@pytest.fixture
def field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Field:
    (tmp_path / "tiny.scenario.yaml").write_text(TINY)
    return Field(tmp_path, capsys)


@pytest.fixture(autouse=True, scope="session")
def equal_expressions_compiled_once() -> Iterator[None]:
    """Ibis takes longer to write the SQL of a reader than DuckDB takes for the few rows of a test.

    So an expression equal to an earlier one, over views of the same names and columns, gets the SQL of that one.
    """
    whole = _Backend.compile

    @lru_cache(maxsize=1_000)
    def compiled(backend: _Backend, operation: Any) -> str:
        return str(whole(backend, operation.to_expr()))

    def compile(backend: _Backend, expression: Any, **more: Any) -> str:
        return str(whole(backend, expression, **more)) if more else compiled(backend, expression.op())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Backend, "db_identity", "DuckDB")  # any two connections are equal
        patch.setattr(_Backend, "compile", compile)
        yield
