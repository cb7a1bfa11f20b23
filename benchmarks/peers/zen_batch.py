"""zen-engine's own batch: many scenarios in one call, which it spreads over threads."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.peers import Outcome, Scenario
from benchmarks.peers.zen_peer import _AXES, _KEY, _READS, Zen, _routes


class ZenBatch(Zen):
    """The same tables as one by one."""

    name = "zen-engine, a batch"

    def decide_all(self, scenarios: Sequence[Scenario]) -> list[Outcome]:
        """Decide complete scenarios."""
        requests = [{"key": _KEY, "context": {name: given[name] for name in _READS}} for given in scenarios]
        results = [answer["data"]["result"] for answer in self._engine.evaluate_batch(requests)]
        return [(*_routes(result), [rule for axis in _AXES for rule in result[f"fired_{axis}"]]) for result in results]
