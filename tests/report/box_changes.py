"""The line of a memo's box on what would change the decision."""

from __future__ import annotations

import re
from fractions import Fraction

from advisor.domain.record_parts import Flip, Status
from advisor.wording.labels import wordings
from tests.report.held import NUMBER, SHORT, UNITS, Held, filled, number, unique


def changes(held: Held, text: str) -> None:
    """The two figures that have to change least, each to a value at which the outcome is the one said; the answers."""
    if text == "no single figure and no single answer":
        assert not held.decision.flips
        return
    numbers = [flip for flip in held.decision.flips if flip.to is None]
    figures, _, answers = text.partition("another answer on ")
    parts = [part.removesuffix("; or ") for part in re.split("; (?!or )", figures) if part not in ("", "; or ")]
    least: dict[str, Fraction] = {}
    for flip in numbers:
        least[flip.field] = min(factor(flip), least.get(flip.field, factor(flip)))
    nearest = sorted(least.values())[:2]
    assert len(parts) == len(nearest)
    for part, expected in zip(parts, nearest, strict=True):
        found = re.fullmatch(r"the (.*) at (.*): (.*)", part)
        assert found, part
        assert any(
            factor(flip) == expected and names_figure(held, found[1], flip) and limit_is(found[2], flip)
            for flip in numbers
            if outcome_is(found[3], flip)
        ), part
    said = [word for words in answers.split(", ") for word in words.split(" or ") if word]
    fields = unique(flip.field for flip in held.decision.flips if flip.to is not None)
    assert len(said) == len(fields)
    assert {NEEDS[word] for word in said} == set(fields)


NEEDS = {
    "data residency": "residency",
    "commercial use": "output_use",
    "annual revenue": "annual_revenue_usd",
    "indemnity": "indemnity_required",
    "training on the outputs": "train_on_outputs",
    "quality": "quality",
    "control": "control",
    "the checkpoint": "model",
    "latency": "latency",
    "how GPUs are paid for": "gpu_billing",
}


def factor(flip: Flip) -> Fraction:
    now, turn = Fraction(str(flip.from_)), Fraction(flip.below or flip.above or 0)
    return max(turn / now, now / turn) if now and turn else Fraction(10**30)


def names_figure(held: Held, text: str, flip: Flip) -> bool:
    subject = filled((wordings()[flip.field].subject or "").removesuffix(", in {units}"), held)
    return text == subject


def limit_is(text: str, flip: Flip) -> bool:
    """Whether a printed limit lies past the turn and within half a percent of it, or is the turn as `more than`."""
    found = re.fullmatch(rf"(more than |less than )?\$?{NUMBER}(?: {UNITS})?( or more| or less)?", text)
    assert found, text
    assert bool(found[1]) != bool(found[3])
    upwards = "more" in (found[1] or found[3])
    if upwards != (flip.above is not None):
        return False
    turn, value = Fraction(flip.below or flip.above or 0), Fraction(number(found[2]))
    if found[1]:
        return value == turn
    past = value - turn if upwards else turn - value
    return 0 < past <= max(Fraction(1), turn / 100)


def outcome_is(text: str, flip: Flip) -> bool:
    outcomes = {
        Status.OPEN: "it depends on unanswered questions",
        Status.INFEASIBLE: "no option satisfies every answer",
    }
    return SHORT[text] is flip.route if text in SHORT else text == outcomes.get(flip.status)
