"""The decision in zen-engine: a graph of four decision tables, one for the gates and one for each axis.

The engine gets the graph through its static loader and compiles it once. `ZenEngine.evaluate` is used, not
`ZenDecision.evaluate`: in 2.1 the latter starts a thread pool for every evaluation, which takes several times
as long as the decision itself.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from zen import ZenEngine

from benchmarks.peers import ROUTES, SELF_HOST, Outcome, Scenario

_KEY = "decision"
_READS = (
    *("residency", "indemnity_required", "train_on_outputs", "quality", "control", "latency"),
    *("open_rent_low", "open_rent_high", "closed_rent_low", "closed_rent_high", "own_low", "own_high"),
)
_AXES = ("gates", "model_access", "cost", "switching_cost")
_SILENT = ""  # a row that is no rule: it matches when no rule does

# A row: the rule's name, its conditions by column, its outputs by field.
Row = tuple[str, dict[str, str], dict[str, str]]


class Zen:
    """zen-engine without its trace: each table has an output column that collects the rules that matched."""

    name = "zen-engine"

    def __init__(self) -> None:
        self._engine = ZenEngine({"loader": {"type": "static", "content": {_KEY: _graph(collect=True)}}})

    def decide(self, scenario: Scenario) -> Outcome:
        """Decide one complete scenario."""
        result = self._engine.evaluate(_KEY, {name: scenario[name] for name in _READS})["result"]
        return *_routes(result), [rule for axis in _AXES for rule in result[f"fired_{axis}"]]


class ZenTraced:
    """zen-engine with its trace, from which the rows that matched are read."""

    name = "zen-engine, traced"

    def __init__(self) -> None:
        self._engine = ZenEngine({"loader": {"type": "static", "content": {_KEY: _graph(collect=False)}}})

    def decide(self, scenario: Scenario) -> Outcome:
        """Decide one complete scenario."""
        response = self._engine.evaluate(_KEY, {name: scenario[name] for name in _READS}, {"trace": True})
        matched = [row for axis in _AXES for row in _rows(response["trace"][axis]["traceData"])]
        return *_routes(response["result"]), [row["rule"]["_id"] for row in matched if row["rule"]["_id"]]


def _rows(matched: Any) -> list[dict[str, Any]]:
    """The rows in a table's trace: one as it is, several in a list."""
    return matched if isinstance(matched, list) else [matched]


def _routes(result: dict[str, Any]) -> tuple[str | None, frozenset[str]]:
    """The route left in the running, and the routes that no gate eliminated."""
    left = (route for route in ROUTES if result[route] and route not in result["dropped"])
    return next(left, None), frozenset(route for route, gates in result["gone"].items() if not gates)


def _graph(collect: bool) -> dict[str, Any]:
    """The four tables in a row, between the request and the response; each passes on what it was given."""
    hosted_wins = {
        end: f"(open_weight_api ? open_rent_{end} : closed_rent_{end}) < own_{end}" for end in ("low", "high")
    }
    running = {route: f"len(gone.{route}) == 0" for route in ROUTES}
    asked = {"self_host": "true", "hosted": "true"}
    both_apis = f"{running['open_weight_api']} and {running['closed_api']}"
    tables = [
        _table(
            "gates",
            columns={name: name for name in _READS[:6]},
            rows=[
                ("on_premises", {"residency": "'on_premises'"}, _gone("open_weight_api", "closed_api")),
                ("indemnity", {"indemnity_required": "true"}, _gone("self_host", "open_weight_api")),
                ("train_on_outputs", {"train_on_outputs": "true"}, _gone("closed_api")),
                ("frontier_only", {"quality": "'frontier_only'"}, _gone("self_host", "open_weight_api")),
                ("control_weights", {"control": "'pinned_version', 'adapters'"}, _gone("closed_api")),
                ("control_latents", {"control": "'latents'"}, _gone("open_weight_api", "closed_api")),
                ("predictable_latency", {"latency": "'predictable'"}, _gone("open_weight_api", "closed_api")),
                (_SILENT, {}, {}),
            ],
            outputs=[f"gone.{route}[]" for route in ROUTES],
            collect=collect,
        ),
        _table(
            "model_access",
            columns={
                "quality": "quality",
                "both_apis": both_apis,
                "affordable": f"not ({running[SELF_HOST]}) or closed_rent_high < own_high",
            },
            rows=[
                (
                    "best_preferred",
                    {"quality": "'best_preferred'", "both_apis": "true", "affordable": "true"},
                    running | {"open_weight_api": "false"},
                ),
                (_SILENT, {}, running),
            ],
            outputs=list(ROUTES),
            collect=collect,
        ),
        _table(
            "cost",
            columns={"self_host": "self_host", "hosted": "open_weight_api or closed_api", **hosted_wins},
            rows=[
                (
                    "hosted_cheaper",
                    asked | {"low": "true", "high": "true"},
                    {"self_host": "false", "settled": "true"},
                ),
                (
                    "own_cheaper",
                    asked | {"low": "false", "high": "false"},
                    {"open_weight_api": "false", "closed_api": "false", "settled": "true"},
                ),
                (_SILENT, asked, {"settled": "false"}),
                (_SILENT, {}, {"settled": "true"}),
            ],
            outputs=[*ROUTES, "settled"],
            collect=collect,
        ),
        _table(
            "switching_cost",
            columns={"open": "open_weight_api", "closed": "closed_api", "settled": "settled"},
            rows=[
                ("open_first", {"open": "true", "closed": "true"}, {"dropped[]": "'closed_api'"}),
                ("rent_keeps_option", {"settled": "false"}, {"dropped[]": "'self_host'"}),
                (_SILENT, {}, {}),
            ],
            outputs=["dropped[]"],
            collect=collect,
        ),
    ]
    nodes = [_node("request", "inputNode"), *tables, _node("response", "outputNode")]
    ids = [node["id"] for node in nodes]
    edges = [{"id": a, "type": "edge", "sourceId": a, "targetId": b} for a, b in pairwise(ids)]
    return {"nodes": nodes, "edges": edges}


def _gone(*routes: str) -> dict[str, str]:
    """The outputs of a gate: each column collects a mark for every rule that eliminates its route."""
    return {f"gone.{route}[]": "true" for route in routes}


def _table(axis: str, columns: dict[str, str], rows: list[Row], outputs: list[str], collect: bool) -> dict[str, Any]:
    """A decision table: the first matching row gives the plain outputs, every matching row those with []."""
    fired = f"fired_{axis}[]"
    if collect:
        outputs = [*outputs, fired]
    content = {
        "hitPolicy": "first",
        "inputs": [{"id": f"in_{name}", "name": name, "field": field} for name, field in columns.items()],
        "outputs": [{"id": f"out_{o}", "name": o, "field": o} for o in outputs],
        "rules": [
            {
                "_id": rule,
                **{f"in_{name}": cell for name, cell in conditions.items()},
                **{f"out_{name}": cell for name, cell in then.items()},
                **({f"out_{fired}": f"'{rule}'"} if rule and collect else {}),
            }
            for rule, conditions, then in rows
        ],
        "passThrough": True,
        "inputField": None,
        "outputPath": None,
        "executionMode": "single",
    }
    return _node(axis, "decisionTableNode") | {"content": content}


def _node(name: str, kind: str) -> dict[str, Any]:
    """A node of the graph; a position is required, though nobody looks."""
    return {"id": name, "name": name, "type": kind, "position": {"x": 0, "y": 0}}
