"""Every malformed scenario file of `scenarios.yaml` is refused in the words of its snapshot."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from syrupy.assertion import SnapshotAssertion

from tests.bad_input.conftest import Refused

CASES: dict[str, str] = yaml.safe_load(Path(__file__).with_name("scenarios.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES)
def test_the_file_is_refused(
    case: str,
    refused: Refused,
    snapshot: SnapshotAssertion,
) -> None:
    Path(case).write_text(CASES[case], encoding="utf-8")
    assert refused("decide", case) == snapshot
