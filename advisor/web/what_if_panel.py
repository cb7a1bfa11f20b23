"""The controls of the what-if panel: sliders on a logarithmic scale with the break points on the track, and choices.

Positions on a track are floats; every figure that a reader sees is exact.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from math import log
from typing import Any

from advisor.decision.competition import competing_checkpoints
from advisor.domain.quantity import plain
from advisor.domain.record import Decision, Flip, Status
from advisor.domain.scenario import FIELDS, Route
from advisor.interview.answer_texts import AnswerTexts
from advisor.interview.state import UNKNOWN, answer_text
from advisor.report.claims.turning import SEEN
from advisor.web.what_if import AMOUNTS, NEEDS, PREFIX, WhatIf, known
from advisor.wording.interview import DO_NOT_KNOW
from advisor.wording.labels import figure_text
from advisor.wording.limits import limit_text
from advisor.wording.web import OR_MORE

STEPS = 1000
"""The positions of a slider, from 0."""
_AROUND, _FARTHEST = 100, 10_000
"""A track reaches from a hundredth of the value to a hundred times as much, and to break points within this factor."""


@dataclass(frozen=True)
class Turn:
    """A value with which the outcome is different; ``at`` is its position, None outside the track."""

    value: str
    text: str
    status: Status
    route: Route | None
    at: int | None


@dataclass(frozen=True)
class Track:
    """The values at the two ends of a slider; with ``zero`` its first position is zero."""

    low: Decimal
    high: Decimal
    places: int
    zero: bool

    def position(self, value: Decimal) -> int:
        """The position of a value, which may be outside the track."""
        if value <= 0:
            return 0
        return round(STEPS * log(float(value / self.low)) / log(float(self.high / self.low)))


@dataclass(frozen=True)
class Control:
    """One field of the panel: a number with a track, or a choice with ``options`` (value, label).

    ``value`` is what is tried, else what was decided with. The busiest hour is ``shown`` where GPUs are always on.
    """

    field: str
    label: str
    unit: str | None
    value: str
    track: Track | None
    at: int
    options: tuple[tuple[str, str], ...]
    turns: tuple[Turn, ...]
    problem: str | None
    shown: bool = True

    @property
    def key(self) -> str:
        """Its key in a query."""
        return PREFIX + self.field


def controls(what_if: WhatIf, texts: AnswerTexts) -> list[Control]:
    """The controls of the panel; the ends of the range of months only where they are answered."""
    problems = {problem.field: problem.what for problem in what_if.problems if problem.field}
    after = what_if.tried_decision
    found = []
    for name in (*AMOUNTS, *NEEDS):
        if name in ("monthly_images_low", "monthly_images_high") and known(what_if.before, name) is None:
            continue
        if name == "model" and not what_if.site.catalogue:
            continue
        value = what_if.tried[name] if name in what_if.tried else known(what_if.before, name)
        track = track_of(what_if, name) if name in AMOUNTS else None
        text = "" if value is None else answer_text(value)
        found.append(
            Control(
                field=name,
                label=texts.wording(name, what_if.state).ask,
                unit=texts.unit(name, what_if.state),
                value=what_if.texts.get(name, text) if what_if.problems else text,
                track=track,
                at=_clamped(track, value),
                options=() if track else _options(what_if, texts, name),
                turns=turns(after, name, track) if track else _other_answers(after, texts, what_if, name),
                problem=problems.get(name),
                shown=name != "peak_to_mean" or after.scenario.get("gpu_billing") == "always_on",
            )
        )
    return found


def turns(decision: Decision, name: str, track: Track) -> tuple[Turn, ...]:
    """The break points of a number in ascending order: its flips, or where an open decision turns."""
    flips = [flip for flip in decision.flips if flip.field == name and flip.turn is not None]
    found = [(_past(flip), limit_text(flip, decision), flip.status, flip.route) for flip in flips]
    for point in decision.turning_points:
        if point.field == name and point.from_ is not None:
            text = OR_MORE.format(figure=figure_text(name, point.from_, decision))
            status = Status.RECOMMENDED if point.route else Status.OPEN
            found.append((Decimal(point.from_), text, status, point.route))
    return tuple(
        Turn(plain(value), text, status, route, _inside(track.position(value)))
        for value, text, status, route in sorted(found, key=lambda one: one[0])
    )


def track_of(what_if: WhatIf, name: str) -> Track:
    """The track of a number, which depends on the answers alone, so that it stays while values are tried."""
    quantity = FIELDS[name].quantity
    assert quantity is not None
    value = known(what_if.before, name)
    least, most = map(Decimal, SEEN[name])
    if value:
        past = [_past(flip) for flip in what_if.decision.flips if flip.field == name and flip.turn is not None]
        near = [one for one in past if one and value / _FARTHEST <= one <= value * _FARTHEST]
        least, most = min([value / _AROUND, *near]), max([value * _AROUND, *near])
    finest = Decimal(1).scaleb(-quantity.places)
    low = max(least, quantity.least, finest).quantize(finest)
    high = max(min(most, quantity.most).quantize(finest), low + finest)
    return Track(low, high, quantity.places, quantity.least == 0)


def _past(flip: Flip) -> Decimal:
    """The first value past a break point."""
    quantity = FIELDS[flip.field].quantity
    assert quantity is not None
    step = Decimal(1).scaleb(-quantity.places)
    return Decimal(flip.above) + step if flip.above is not None else Decimal(flip.below or 0) - step


def _other_answers(decision: Decision, texts: AnswerTexts, what_if: WhatIf, name: str) -> tuple[Turn, ...]:
    """The other answers that change the outcome; those on the checkpoint are listed with the decision."""
    flips: Iterable[Flip] = () if name == "model" else decision.flips
    return tuple(
        Turn(answer_text(flip.to), texts.shown(name, flip.to, what_if.state), flip.status, flip.route, None)
        for flip in flips
        if flip.field == name and flip.to is not None
    )


def _options(what_if: WhatIf, texts: AnswerTexts, name: str) -> tuple[tuple[str, str], ...]:
    values: list[Any] = list(FIELDS[name].options)
    site, before = what_if.site, known(what_if.before, name)
    if name == "model" and site.catalogue:
        scenario = what_if.query.state.scenario()
        values = [*competing_checkpoints(site.rulebook, site.catalogue, scenario, what_if.query.decided_on)]
        values = sorted({*values, *({before} - {None})})
    if FIELDS[name].boolean:
        shown = [(text, texts.shown(name, text == "true", what_if.state)) for text in values]
    else:
        shown = [(text, texts.shown(name, text, what_if.state)) for text in values]
    return ((UNKNOWN, DO_NOT_KNOW), *shown) if before is None else tuple(shown)


def _clamped(track: Track | None, value: Any) -> int:
    return 0 if track is None else STEPS // 2 if value is None else min(STEPS, max(0, track.position(value)))


def _inside(position: int) -> int | None:
    return position if 0 <= position <= STEPS else None
