"""Before anything is timed: do all contenders decide alike?"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.peers import Contender, Scenario
from benchmarks.peers.plain import decide


class DisagreementError(Exception):
    """A contender decides a scenario otherwise than plain Python does."""


def check_outcomes(contenders: Sequence[Contender], scenarios: Sequence[Scenario]) -> None:
    """Compare route and feasible routes with plain Python's; the first difference raises DisagreementError."""
    for scenario in scenarios:
        expected = decide(scenario)[:2]
        for contender in contenders:
            found = contender.decide(scenario)[:2]
            if found != expected:
                raise DisagreementError(f"{contender.name} decides {found}, plain Python {expected}, for {scenario}")


def check_rules(contenders: Sequence[Contender], scenarios: Sequence[Scenario]) -> None:
    """Compare the rules that fired, in any order: for contenders with plain Python's names of rules."""
    for scenario in scenarios:
        expected = sorted(decide(scenario)[2])
        for contender in contenders:
            found = sorted(contender.decide(scenario)[2])
            if found != expected:
                raise DisagreementError(f"{contender.name} fires {found}, plain Python {expected}, for {scenario}")
