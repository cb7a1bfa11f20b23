"""One Hypothesis profile everywhere, without a deadline; every test over generated scenarios is marked ``fuzz``.

Interrupts are heard however the run was started.
"""

import signal

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

settings.register_profile(
    "advisor",
    deadline=None,
    derandomize=False,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("advisor")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As in any background shell: programs started from here would not hear Ctrl-C either, which tests send them.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that ``make properties`` and ``make fuzz`` run with more examples."""
    for item in items:
        if isinstance(item, pytest.Function) and is_hypothesis_test(item.obj):
            item.add_marker("fuzz")
