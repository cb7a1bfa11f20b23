"""Every malformed price list, mapping and overlay of `price_lists.yaml` is refused in the words of its snapshot."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from syrupy.assertion import SnapshotAssertion

from tests.bad_input.conftest import Refused

CASES: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("price_lists.yaml").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES)
def test_the_price_list_is_refused(case: str, refused: Refused, snapshot: SnapshotAssertion) -> None:
    for name, text in CASES[case].get("files", {}).items():
        Path(name).write_text(text, encoding="utf-8")
    assert refused("catalogue", "import", *shlex.split(CASES[case]["arguments"])) == snapshot


def test_a_price_list_that_is_too_large_is_refused(refused: Refused) -> None:
    Path("list.json").write_bytes(b" " * 20_000_001)
    assert "there are more than 20,000,000 bytes here" in refused("catalogue", "import", "litellm", "list.json")
