"""One Hypothesis profile everywhere, without a deadline; every test over generated scenarios is marked ``fuzz``.

CI draws the same examples each time it runs on the same tests, so that a failure there is seen here with ``CI=true``;
everywhere else each run draws new ones. Interrupts are heard however a run was started.
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex

from tests.helpers.strategies import examples

settings.register_profile(
    "advisor",
    max_examples=examples(100).max_examples,
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    print_blob=True,
    # Some properties are about few of the scenarios; with few examples the share that is left out varies.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
settings.load_profile("advisor")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As in any background shell: programs started from here would not hear Ctrl-C either, which tests send them.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the properties, which ``make properties`` and ``make fuzz`` run with more examples."""
    for item in items:
        if isinstance(item, pytest.Function) and is_hypothesis_test(item.obj):
            item.add_marker("fuzz")


class GoldenFile(SingleFileSnapshotExtension):
    """A snapshot that is a file of its own, ``golden/NAME`` in the folder of the test, as memos and pages are read."""

    _write_mode = WriteMode.TEXT
    file_extension = ""

    @classmethod
    def get_location(cls, *, test_location: PyTestLocation, index: SnapshotIndex) -> str:
        """The path of the file."""
        return str(Path(cls.dirname(test_location=test_location)) / str(index))

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        """The folder, one for each folder of tests."""
        return str(Path(test_location.filepath).parent / "golden")


@pytest.fixture
def golden(snapshot: SnapshotAssertion) -> Callable[[str], SnapshotAssertion]:
    """``text == golden("NAME")``, recorded by ``pytest --snapshot-update``; read the difference before it lands."""
    return lambda name: snapshot(name=name, extension_class=GoldenFile)
