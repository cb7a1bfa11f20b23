"""The decision written by hand in plain Python: the reference the other contenders are checked against."""

from __future__ import annotations

from itertools import product

from benchmarks.peers import CLOSED, OPEN, ROUTES, SELF_HOST, Outcome, Scenario

# Every set of routes by who is in it: made once, as nobody in a hurry makes sets anew.
_SETS = {
    flags: frozenset(route for route, runs in zip(ROUTES, flags, strict=True) if runs)
    for flags in product((False, True), repeat=len(ROUTES))
}


class PlainPython:
    """Nested conditions: no rule base, no explanation but the names of the rules that applied."""

    name = "plain Python"

    def decide(self, scenario: Scenario) -> Outcome:
        """Decide one complete scenario."""
        return decide(scenario)


def decide(scenario: Scenario) -> Outcome:
    """Apply the gates, then the preferences axis by axis; the last route standing is recommended.

    A gate fires when its need is stated, a preference when it drops a route that is still in the running.
    """
    self_host = open_weight = closed = True
    fired = []

    if scenario["residency"] == "on_premises":
        open_weight = closed = False
        fired.append("on_premises")
    if scenario["indemnity_required"]:
        self_host = open_weight = False
        fired.append("indemnity")
    if scenario["train_on_outputs"]:
        closed = False
        fired.append("train_on_outputs")
    quality = scenario["quality"]
    if quality == "frontier_only":
        self_host = open_weight = False
        fired.append("frontier_only")
    control = scenario["control"]
    if control == "latents":
        open_weight = closed = False
        fired.append("control_latents")
    elif control != "prompt_only":
        closed = False
        fired.append("control_weights")
    if scenario["latency"] == "predictable":
        open_weight = closed = False
        fired.append("predictable_latency")

    feasible = _SETS[self_host, open_weight, closed]

    if (
        quality == "best_preferred"
        and open_weight
        and closed
        and (not self_host or scenario["closed_rent_high"] < scenario["own_high"])
    ):
        open_weight = False
        fired.append("best_preferred")

    settled = True
    if self_host and (open_weight or closed):
        if open_weight:
            rent_low, rent_high = scenario["open_rent_low"], scenario["open_rent_high"]
        else:
            rent_low, rent_high = scenario["closed_rent_low"], scenario["closed_rent_high"]
        wins_low, wins_high = rent_low < scenario["own_low"], rent_high < scenario["own_high"]
        settled = wins_low == wins_high
        if wins_low and wins_high:
            self_host = False
            fired.append("hosted_cheaper")
        elif settled:
            open_weight = closed = False
            fired.append("own_cheaper")

    if open_weight and closed:
        closed = False
        fired.append("open_first")
    if not settled:
        self_host = False
        fired.append("rent_keeps_option")

    route = SELF_HOST if self_host else OPEN if open_weight else CLOSED if closed else None
    return route, feasible, fired
