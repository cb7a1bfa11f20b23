"""Rent or own? Decides how to generate images: own GPUs, an open-weight API, or a closed flagship API."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from advisor.decision.decide import decide as decide
    from advisor.domain.cost_model import Crossover as Crossover
    from advisor.domain.cost_model import crossover_volume as crossover_volume
    from advisor.domain.cost_model import own as own
    from advisor.domain.cost_model import rent as rent
    from advisor.domain.record import Decision as Decision
    from advisor.domain.scenario import Scenario as Scenario
    from advisor.domain.scenario_io import read_scenario as read_scenario
    from advisor.rulebook.loader import load_rulebook as load_rulebook

__version__ = "0.1.0"

_HOMES = {
    "Crossover": "advisor.domain.cost_model",
    "crossover_volume": "advisor.domain.cost_model",
    "own": "advisor.domain.cost_model",
    "rent": "advisor.domain.cost_model",
    "decide": "advisor.decision.decide",
    "Decision": "advisor.domain.record",
    "load_rulebook": "advisor.rulebook.loader",
    "Scenario": "advisor.domain.scenario",
    "read_scenario": "advisor.domain.scenario_io",
}
__all__ = ["__version__", *_HOMES]  # noqa: PLE0604 - the names are spelled out in _HOMES


def __dir__() -> list[str]:
    """The public names, whether they are imported yet or not."""
    return sorted(__all__)


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used, so that ``advisor --help`` stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"module `advisor` has no attribute `{name}`")
    return getattr(importlib.import_module(_HOMES[name]), name)
