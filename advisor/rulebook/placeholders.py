"""The figures of a decision that advice may print, and what a condition has to say for each to be there."""

from __future__ import annotations

from dataclasses import dataclass
from string import Formatter


@dataclass(frozen=True)
class Figure:
    """One figure: there where a condition pins ``outcome`` to one of ``values`` and reads the ``amounts``.

    ``uses`` is the constant it is computed with.
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
    "gpu_month": Figure(amounts=("gpu_month",)),
    "owning_pays": Figure("compared_with", _COMPARED),
    "payback_limit_months": Figure("moving", ("worth_it", "not_yet", "never", "has_to", "not_known")),
    "payback_months": Figure("moving", ("worth_it", "not_yet")),
    "units": Figure(),
}
"""What {name} in an advice may print, besides the constants."""


def fields_of(advise: str) -> list[tuple[str, str]]:
    """Each {name} of an advice, and what stands behind the name. Raises ValueError for a brace without its pair."""
    return [
        (name, (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else ""))
        for _, name, spec, conversion in Formatter().parse(advise)
        if name is not None
    ]
