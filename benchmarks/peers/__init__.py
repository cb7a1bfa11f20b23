"""The same decision in other engines: what every contender of the benchmark has in common."""

from __future__ import annotations

from typing import Any, Protocol

Scenario = dict[str, Any]
"""A complete scenario with its six pre-computed terms, as `scenarios.generate` makes it."""

Outcome = tuple[str | None, frozenset[str], list[str]]
"""The recommended route (None: infeasible), the routes that pass the gates, the rules that fired."""

SELF_HOST = "self_host"
OPEN = "open_weight_api"
CLOSED = "closed_api"
ROUTES = (SELF_HOST, OPEN, CLOSED)


class Contender(Protocol):
    """One engine that takes part in the benchmark."""

    @property
    def name(self) -> str:
        """What the table calls it."""

    def decide(self, scenario: Scenario) -> Outcome:
        """Decide one complete scenario."""
