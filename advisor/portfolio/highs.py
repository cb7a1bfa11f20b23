"""A plan for a large group from HiGHS, a solver for mixed-integer programs (the extra ``portfolio``).

HiGHS computes with floats, so its plan only is where the exact search of ``pool_search`` begins.
"""

from __future__ import annotations

from typing import Any

from advisor.common.diagnostics import BadInput, Problem
from advisor.portfolio.problem import Group

_INSTALL = "pip install 'rent-or-own[portfolio]'"
_OPTIONS: dict[str, bool | int | float] = {
    "output_flag": False,  # nothing of it may be printed
    "threads": 1,
    "random_seed": 0,
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 0.0,
    "mip_max_nodes": 2_000,  # and no time limit: the same plan on every machine
}
_MICRO = 10**6


def highs_owners(group: Group) -> frozenset[int]:
    """The owners that HiGHS finds; those that cannot be rented if it finds none. Raises BadInput without the extra."""
    try:
        import highspy
    except ImportError:
        what = f"a pool of {len(group.items)} workloads needs the extra `portfolio`"
        raise BadInput(Problem(what, "advisor portfolio", help=_INSTALL)) from None
    free = [item for item in group.items if item.is_free]
    forced = [item for item in group.items if item.rent is None]
    solver: Any = highspy
    model = solver.Highs()
    for name, value in _OPTIONS.items():
        model.setOptionValue(name, value)
    owned = [model.addBinary(obj=((item.own or 0) - (item.rent or 0)) / _MICRO) for item in free]
    gpus = model.addIntegral(lb=0, obj=group.gpu_month / _MICRO)
    any_owned = model.addIntegral(lb=int(bool(forced)), ub=1)
    needed = sum(float(item.gpus) for item in forced)
    model.addConstr(sum(float(item.gpus) * one for item, one in zip(free, owned, strict=True)) + needed <= gpus)
    model.addConstr(gpus >= group.min_gpus * any_owned)
    model.addConstr(sum(owned) <= len(owned) * any_owned)
    model.minimize()
    found = model.vals(owned) if model.getInfo().primal_solution_status else [0.0] * len(owned)
    chosen = [item.place for item, value in zip(free, found, strict=True) if value > 0.5]
    return frozenset((*chosen, *(item.place for item in forced)))
