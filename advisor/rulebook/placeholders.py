"""The figures of a decision that advice may print, and what a condition must contain for each to be known."""

from __future__ import annotations

from dataclasses import dataclass
from string import Formatter


@dataclass(frozen=True)
class Figure:
    """One figure; known if a condition restricts ``outcome`` to ``values`` and reads the ``amounts``.

    ``uses`` is the constant in its computation.
    """

    outcome: str | None = None
    values: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    uses: str | None = None


_COMPARED = ("open_weight_api", "closed_api")
FIGURES = {
    "closed_saving": Figure(amounts=("closed_price", "monthly_images")),
    "crossover": Figure("compared_with", _COMPARED),
    "few_step_owning_pays": Figure("compared_with", _COMPARED, uses="few_step_speedup"),
    "gpu_hours_paid": Figure(amounts=("gpus",)),
    "gpu_hours_used": Figure(amounts=("gpus",)),
    "gpus": Figure(amounts=("gpus",)),
    "gpu_month": Figure(amounts=("gpu_month",)),
    "owning_pays": Figure("compared_with", _COMPARED),
    "payback_limit_months": Figure("moving", ("worth_it", "not_yet", "never", "has_to", "not_known")),
    "payback_months": Figure("moving", ("worth_it", "not_yet")),
    "units": Figure(),
}
"""The figures that {name} in an advice may refer to, besides the constants."""


def fields_of(advise: str) -> list[tuple[str, str]]:
    """Each {name} of an advice, and the format after the name. Raises ValueError for an unmatched brace."""
    return [
        (name, (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else ""))
        for _, name, spec, conversion in Formatter().parse(advise)
        if name is not None
    ]
