"""A sweep in a folder of its own."""

from pathlib import Path

import pytest

from tests.sweep.sweeping import Sweeping


@pytest.fixture
def sweeping(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Sweeping:
    return Sweeping(tmp_path, capfd)
