"""Every malformed scenario file beside this module is refused in the words kept for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.bad_input.golden import refused, strays

SCENARIOS = Path(__file__).parent / "scenarios"
CASES = sorted(path.name for path in SCENARIOS.iterdir())


@pytest.mark.parametrize("case", CASES)
def test_the_file_is_refused(
    case: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(SCENARIOS / case, tmp_path)
    monkeypatch.chdir(tmp_path)
    refused("scenarios", case, ["decide", case], capfd, monkeypatch)


def test_every_golden_text_has_its_file() -> None:
    assert not strays("scenarios", set(CASES))
