"""What if: values tried in place of answers, where they lead, and which of them turns the outcome.

The answers stay in the query; a tried value has the key ``if.FIELD``. The outcome is that of the scenario with the
tried values as answers, so that making them the answers changes nothing but the link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from advisor.common.diagnostics import BadInput, Problem
from advisor.decision.assessment import Assessment
from advisor.decision.break_even import monthly_costs, owning_from
from advisor.decision.competition import model_faults
from advisor.domain.cost_model import VOLUMES
from advisor.domain.record import Decision
from advisor.domain.scenario import FIELDS, GpuBilling, Scenario, validated
from advisor.domain.scenario_io import typed_answer
from advisor.evaluation.facts import FIELDS_OF
from advisor.interview.state import UNKNOWN, InterviewState, answer_text
from advisor.web.query import Query
from advisor.web.site import Site

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

    site: Site
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
        return self.site.decide(self.scenario, self.query.decided_on)

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
            state = _with(self.site, self.query.state, self.before, _without(self.tried, name))
            return self._differs(self.site.assess(state.scenario(), self.query.decided_on))
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
            "possible_routes": [route for route in this.outcomes if route],
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


def what_if_of(site: Site, query: Query) -> WhatIf:
    """The values tried in a query. Faults of them are in ``problems``, and nothing is then tried."""
    decision = site.decide(query.state.scenario(), query.decided_on)
    before, found = validated(decision.priced_scenario, "the record"), query.extra or {}
    texts = {key.removeprefix(PREFIX): found[key].strip() for key in KEYS if found.get(key, "").strip()}
    tried, problems = _tried(before, texts)
    try:
        if problems:
            raise BadInput(problems)
        state = _with(site, query.state, before, tried)
        assessment = site.assess(state.scenario(), query.decided_on)
    except BadInput as error:
        tried, state, problems = {}, query.state, list(error.problems)
        assessment = site.assess(state.scenario(), query.decided_on)
    return WhatIf(site, query, decision, before, texts, tried, state, assessment, tuple(problems))


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


def _with(site: Site, state: InterviewState, before: Scenario, tried: Mapping[str, Any]) -> InterviewState:
    """The answers with tried values. Raises BadInput for values that do not fit.

    An expected month outside its range takes the ends along that no longer fit, as in the interview. An amount of own
    GPUs is only known together with the other one, which is then what the decision was made with.
    """
    wanted = dict(tried)
    for fields in FIELDS_OF.values():
        if any(wanted.get(name) is not None for name in fields):
            others = {name: known(before, name) for name in fields if name not in wanted}
            wanted |= {name: value for name, value in others.items() if value is not None}
    if not wanted:
        return state
    if wanted.get("monthly_images") is not None:
        state = state.answer("monthly_images", wanted.pop("monthly_images"))
    state = state.with_answers(wanted)
    scenario = state.scenario()
    if faults := model_faults(site.catalogue, scenario):
        raise BadInput(faults)
    return state


def _without(tried: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {other: value for other, value in tried.items() if other != name}


def _text(value: Any) -> str:
    return UNKNOWN if value is None else answer_text(value)
