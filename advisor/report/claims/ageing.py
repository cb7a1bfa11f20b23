"""Figures of the catalogue that are old and may have moved past a turn of the advice, as claims: what to verify."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from advisor.domain.record import Decision
from advisor.report.claims.model import Claim


def ageing_claims(decision: Decision) -> Iterator[Claim]:
    """One claim for each turn that a figure may have passed; ``rises`` is the way to it."""
    for figure in decision.ageing:
        if figure.could_reach is not None:
            rises = Fraction(figure.could_reach) > Fraction(figure.value)
            figures = {**figure.model_dump(), "rises": rises}
            id = f"ageing.{figure.field}.{'up' if rises else 'down'}"
            yield Claim(id, "ageing", "ageing", (), (figure.field,), figures)
