"""One Hypothesis profile everywhere: no deadline, the same examples on every run of one version."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "advisor",
    deadline=None,
    derandomize=False,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("advisor")
