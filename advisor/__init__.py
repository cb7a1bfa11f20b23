"""Rent or own? Decides how to generate images: own GPUs, an open-weight API, or a closed flagship API."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from advisor.cost import Crossover as Crossover
    from advisor.cost import crossover_volume as crossover_volume
    from advisor.cost import own as own
    from advisor.cost import rent as rent
    from advisor.decision import decide as decide
    from advisor.record import Decision as Decision
    from advisor.rulebook.load import load_rulebook as load_rulebook
    from advisor.scenario import Scenario as Scenario
    from advisor.scenario_file import read_scenario as read_scenario

__version__ = "0.1.0"

_HOMES = {
    "Crossover": "advisor.cost",
    "crossover_volume": "advisor.cost",
    "own": "advisor.cost",
    "rent": "advisor.cost",
    "decide": "advisor.decision",
    "Decision": "advisor.record",
    "load_rulebook": "advisor.rulebook.load",
    "Scenario": "advisor.scenario",
    "read_scenario": "advisor.scenario_file",
}
__all__ = ["__version__", *_HOMES]  # noqa: PLE0604 - the names are spelled out in _HOMES


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used, so that ``advisor --help`` stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"module `advisor` has no attribute `{name}`")
    return getattr(importlib.import_module(_HOMES[name]), name)
