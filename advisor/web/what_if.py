"""What if: values tried in place of answers, where they lead, which of them turns the outcome, and the panel.

The answers stay in the query; a tried value has the key ``if.FIELD``. The outcome is that of the scenario with the
tried values as answers, so that making them the answers changes nothing but the link.

Positions on the track of a slider are floats; every figure that a reader sees is exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from math import log
from typing import Any

from advisor.common.diagnostics import BadInput, Problem
from advisor.decision.assessment import Assessment
from advisor.decision.break_even import monthly_costs, owning_from
from advisor.decision.competition import competing_checkpoints, model_faults
from advisor.domain.cost_model import VOLUMES
from advisor.domain.quantity import plain
from advisor.domain.record import Decision
from advisor.domain.record_parts import Flip, Status
from advisor.domain.scenario import FIELDS, GpuBilling, Route, Scenario, validated
from advisor.domain.scenario_io import typed_answer
from advisor.evaluation.facts import FIELDS_OF
from advisor.interview.state import UNKNOWN, InterviewState, answer_text
from advisor.report.claims.turning import SEEN
from advisor.web.query import Query
from advisor.wording.interview import DO_NOT_KNOW
from advisor.wording.labels import figure_text, limit_text
from advisor.wording.web import OR_MORE

NEEDS = (
    *("residency", "output_use", "indemnity_required", "train_on_outputs", "quality", "control", "latency"),
    *("model", "gpu_billing"),
)
"""The questions with options, in the order of the panel."""
AMOUNTS = (
    *("monthly_images_low", "monthly_images", "monthly_images_high", "open_price", "closed_price"),
    *("gpu_hour_price", "images_per_gpu_hour", "monthly_overhead", "peak_to_mean"),
)
"""The numbers, in the order of the panel."""
PREFIX = "if."
KEYS = tuple(PREFIX + name for name in (*AMOUNTS, *NEEDS))
_WHERE = "the panel"


@dataclass(frozen=True)
class WhatIf:
    """The decision on the answers, and values tried instead; ``problems`` are those of texts that cannot be tried.

    ``before`` are the answers with the amounts of the catalogue, and ``texts`` the values in the query by field;
    ``tried`` holds those that differ, None for *don't know*, ``state`` the answers with them, and ``assessment`` their
    outcome.
    """

    query: Query
    decision: Decision
    before: Scenario
    texts: Mapping[str, str]
    tried: Mapping[str, Any]
    state: InterviewState
    assessment: Assessment
    problems: tuple[Problem, ...] = ()

    @property
    def keys(self) -> dict[str, str]:
        """The tried values as keys of a query."""
        return {PREFIX + name: _text(value) for name, value in self.tried.items()}

    @property
    def is_shortest(self) -> bool:
        """Whether the query has only values that differ, as they are written by the page itself."""
        return {PREFIX + name: text for name, text in self.texts.items()} == self.keys

    @property
    def scenario(self) -> Scenario:
        """The answers with the tried values."""
        return self.state.scenario()

    @cached_property
    def tried_decision(self) -> Decision:
        """The decision with the tried values. Raises what ``decide`` raises."""
        return self.query.site.decide(self.scenario, self.query.decided_on)

    @property
    def has_turned(self) -> bool:
        """Whether the outcome differs from that of the answers."""
        return self._differs(self.assessment)

    def turned_by(self) -> tuple[str, ...]:
        """The tried values that are all needed: with the answer in place of one, the outcome is that of the answers."""
        if not self.has_turned:
            return ()
        return tuple(name for name in self.tried if not self._turns_without(name))

    def _turns_without(self, name: str) -> bool:
        try:
            others = {other: value for other, value in self.tried.items() if other != name}
            return self._differs(_assessed(self.query, _with(self.query, self.before, others)))
        except BadInput:  # the others do not fit without it
            return False

    def _differs(self, assessment: Assessment) -> bool:
        possible = {*self.decision.possible_routes, *([None] if self.decision.may_be_infeasible else [])}
        return assessment.outcomes != possible

    def outcome(self) -> dict[str, Any]:
        """The outcome with the tried values as a template reads it: names and amounts as a record has them."""
        this = self.assessment
        return {
            "scenario": this.scenario.answers(),
            "status": this.status,
            "route": this.route,
            "feasible_routes": list(this.judgement.verdict.feasible),
            "possible_routes": [route for route in Route if route in this.outcomes],
            "may_be_infeasible": None in this.outcomes,
            "deciding_axes": this.deciding_axes,
            "open_questions": this.open_questions,
            "monthly_costs": {route: months.model_dump() for route, months in monthly_costs(this).items()},
            "owning_from": owning_from(this),
        }

    def changes(self) -> dict[str, tuple[Any, Any]]:
        """The fields that differ from what was decided with: before, and with the tried values."""
        before, after = self.before, self.assessment.scenario
        pairs = {name: (getattr(before, name), getattr(after, name)) for name in FIELDS}
        named = {*self.tried, *VOLUMES}
        return {name: pair for name, pair in pairs.items() if name in named and pair[0] != pair[1]}


def what_if_of(query: Query) -> WhatIf:
    """The values tried in a query. Faults of them are in ``problems``, and nothing is then tried."""
    decision = query.decide()
    before = validated(decision.priced_scenario, "the record")
    texts = {key.removeprefix(PREFIX): text for key in KEYS if (text := query.extra.get(key, "").strip())}
    tried, problems = _tried(before, texts)
    try:
        if problems:
            raise BadInput(problems)
        state = _with(query, before, tried)
        assessment = _assessed(query, state)
    except BadInput as error:
        tried, state, problems = {}, query.state, list(error.problems)
        assessment = _assessed(query, state)
    return WhatIf(query, decision, before, texts, tried, state, assessment, tuple(problems))


def _assessed(query: Query, state: InterviewState) -> Assessment:
    return query.site.assess(state.scenario(), query.decided_on)


def known(scenario: Scenario, name: str) -> Any:
    """The value of a field; GPUs are paid for as they are used unless it is answered."""
    value = getattr(scenario, name)
    return GpuBilling.AS_USED if name == "gpu_billing" and value is None else value


def _tried(before: Scenario, texts: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    """The values that differ from those decided with, and the faults of the texts."""
    tried, problems = dict[str, Any](), list[Problem]()
    for name, text in texts.items():
        try:
            value = None if name in NEEDS and text == UNKNOWN else typed_answer(name, text, _WHERE)
        except BadInput as error:
            problems += error.problems
            continue
        if value != known(before, name):
            tried[name] = value
    return tried, problems


def _with(query: Query, before: Scenario, tried: Mapping[str, Any]) -> InterviewState:
    """The answers with tried values. Raises BadInput for values that do not fit.

    An expected month outside its range takes the ends along that no longer fit, as in the interview. An amount of own
    GPUs is only known together with the other one, which is then what the decision was made with.
    """
    wanted = dict(tried)
    for fields in FIELDS_OF.values():
        if any(wanted.get(name) is not None for name in fields):
            others = {name: known(before, name) for name in fields if name not in wanted}
            wanted |= {name: value for name, value in others.items() if value is not None}
    state = query.state
    if not wanted:
        return state
    if wanted.get("monthly_images") is not None:
        state = state.answer("monthly_images", wanted.pop("monthly_images"))
    state = state.with_answers(wanted)
    if faults := model_faults(query.site.catalogue, state.scenario()):
        raise BadInput(faults)
    return state


def _text(value: Any) -> str:
    return UNKNOWN if value is None else answer_text(value)


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


def controls(what_if: WhatIf) -> list[Control]:
    """The controls of the panel; the ends of the range of months only where they are answered."""
    problems = {problem.field: problem.what for problem in what_if.problems if problem.field}
    after, texts = what_if.tried_decision, what_if.query.views.texts
    found = []
    for name in (*AMOUNTS, *NEEDS):
        if name in ("monthly_images_low", "monthly_images_high") and known(what_if.before, name) is None:
            continue
        if name == "model" and not what_if.query.site.catalogue:
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
                options=() if track else _options(what_if, name),
                turns=turns(after, name, track) if track else _other_answers(what_if, name),
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


def _other_answers(what_if: WhatIf, name: str) -> tuple[Turn, ...]:
    """The other answers that change the outcome; those on the checkpoint are listed with the decision."""
    texts = what_if.query.views.texts
    flips: Iterable[Flip] = () if name == "model" else what_if.tried_decision.flips
    return tuple(
        Turn(answer_text(flip.to), texts.shown(name, flip.to, what_if.state), flip.status, flip.route, None)
        for flip in flips
        if flip.field == name and flip.to is not None
    )


def _options(what_if: WhatIf, name: str) -> tuple[tuple[str, str], ...]:
    values: list[Any] = list(FIELDS[name].options)
    query, before, boolean = what_if.query, known(what_if.before, name), FIELDS[name].boolean
    if name == "model" and (catalogue := query.site.catalogue):
        found = competing_checkpoints(query.site.rulebook, catalogue, query.state.scenario(), query.decided_on)
        values = sorted({*found, *({before} - {None})})
    texts, state = query.views.texts, what_if.state
    shown = [(text, texts.shown(name, text == "true" if boolean else text, state)) for text in values]
    return ((UNKNOWN, DO_NOT_KNOW), *shown) if before is None else tuple(shown)


def _clamped(track: Track | None, value: Any) -> int:
    return 0 if track is None else STEPS // 2 if value is None else min(STEPS, max(0, track.position(value)))


def _inside(position: int) -> int | None:
    return position if 0 <= position <= STEPS else None
