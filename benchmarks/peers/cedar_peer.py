"""The decision in Cedar, through cedarpy: a policy for each rule, an authorization request for each axis.

For speed, Cedar is asked as a matcher: one request an axis, and the policies that determined its answer (the
`reasons` of the diagnostics) are the rules that fired. Asking for each route in turn reads more like
authorization and is slower, as nearly all the time goes into building requests. For the same reason entities
are given as type and id, not as text to parse, and a context holds only what its axis reads.
"""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

from cedarpy import Entities, PolicySet, is_authorized, policies_to_json_str

from benchmarks.peers import ROUTES, Outcome, Scenario

_POLICIES = Path(__file__).with_name("decision.cedar")
_TERMS = ("open_rent_low", "open_rent_high", "closed_rent_low", "closed_rent_high", "own_low", "own_high")
_READS = {
    "gates": ("residency", "indemnity_required", "train_on_outputs", "quality", "control", "latency"),
    "model_access": ("quality", "closed_rent_high", "own_high"),
    "cost": _TERMS,
    "switching_cost": _TERMS,
}
_PRINCIPAL = {"type": "Advisor", "id": "advisor"}
_RESOURCE = {"type": "Scenario", "id": "scenario"}
_ALL = frozenset(ROUTES)
# How a context ends: the routes in the running, for each of the eight sets of them.
_RUNNING = {
    frozenset(routes): ", " + json.dumps({route: route in routes for route in ROUTES})[1:]
    for size in range(len(ROUTES) + 1)
    for routes in combinations(ROUTES, size)
}


class Cedar:
    """Cedar with its policies parsed once, one set for each axis."""

    name = "Cedar"

    def __init__(self) -> None:
        parsed = json.loads(policies_to_json_str(_POLICIES.read_text()))["staticPolicies"].values()
        policies: dict[str, Any] = {policy["annotations"]["id"]: policy for policy in parsed}
        self._drops = {rule: frozenset(p["annotations"]["drops"].split()) for rule, p in policies.items()}
        self._axes = [
            (
                {"type": "Action", "id": axis},
                reads,
                _policy_set({r: p for r, p in policies.items() if p["action"]["entity"]["id"] == axis}),
            )
            for axis, reads in _READS.items()
        ]
        self._entities = Entities.from_json_str("[]")

    def decide(self, scenario: Scenario) -> Outcome:
        """Decide one complete scenario: the gates first, then axis by axis until one route is left."""
        running, fired = _ALL, list[str]()
        feasible: frozenset[str] | None = None
        for action, reads, policies in self._axes:
            context = json.dumps({name: scenario[name] for name in reads})[:-1] + _RUNNING[running]
            request = {"principal": _PRINCIPAL, "action": action, "resource": _RESOURCE, "context": context}
            diagnostics = is_authorized(request, policies, self._entities).diagnostics
            if diagnostics.errors:
                raise RuntimeError(f"Cedar could not evaluate a policy: {diagnostics.errors}")
            for rule in diagnostics.reasons:
                fired.append(rule)
                running = running - self._drops[rule]
            if feasible is None:
                feasible = running
            if len(running) < 2:
                break
        return next(iter(running), None), feasible or frozenset(), fired


def _policy_set(policies: dict[str, Any]) -> PolicySet:
    """Make a policy set in which a policy is known by its rule's name."""
    document = {"staticPolicies": policies, "templates": {}, "templateLinks": []}
    return PolicySet.from_json_str(json.dumps(document))
