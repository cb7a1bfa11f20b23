"""Partial answers: the walk over completions reaches every combination of comparisons that exists, and no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from advisor.domain.cost_model import VOLUME_ENDS
from advisor.domain.offer import Encoded
from advisor.evaluation.facts import NOT_ASKED, with_terms
from advisor.evaluation.python_backend import PLAIN
from advisor.rule_testing.proofs.solver import ScenarioSolver
from advisor.rule_testing.proofs.symbolic_scenario import Findings, SymbolicScenario, Violation
from advisor.rulebook.conditions import Comparison
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import FIELD_NAMES
from advisor.scenario_space.breakpoints import Truths, amount_comparisons
from advisor.scenario_space.completions import completions_of
from advisor.scenario_space.values import usual_amount


def partial_answers(rulebook: Rulebook, search: ScenarioSolver, found: Findings) -> None:
    """For several sets of unknown amounts: the combinations of comparisons met are those that some scenario meets."""
    compared, amounts = amount_comparisons(rulebook, rulebook.preferences), completions_of(rulebook).amounts
    for known, ranged in _cases(amounts.names):
        completed = [
            with_terms(rulebook, one) for one in amounts.regions({**NOT_ASKED, **known}, ranged).witnesses.values()
        ]
        reached = {tuple(PLAIN.compare(facts, comparison)[0] for comparison in compared) for facts in completed}
        here = f"{', '.join(known) or 'no amount'} known{', the range open' if ranged else ''}"
        asked = _Asked(compared, known, ranged)
        if missed := search.find(partial(asked.beyond, reached)):
            what = f"with {here}, the completions of a partial answer miss this one"
            found.faults.append(Violation(what, (), missed))
        for region in sorted(reached):
            if not search.exists(partial(asked.within, region)):
                found.faults.append(Violation(f"with {here}, the completions contain one that no scenario reaches"))


def _cases(names: tuple[str, ...]) -> Iterator[tuple[dict[str, Encoded], bool]]:
    """No amount known; each known alone; each alone unknown. The usual amounts are the known ones."""
    usual: dict[str, Encoded] = {name: usual_amount(name) for name in names if name not in (*VOLUME_ENDS, *NOT_ASKED)}
    for ranged in (False, True):
        yield {}, ranged
        for name in usual:
            yield {name: usual[name]}, ranged
            yield {other: value for other, value in usual.items() if other != name}, ranged


@dataclass(frozen=True)
class _Asked:
    """Worlds with the known amounts; unless ``ranged``, the ends of the range of volumes are the expected month."""

    compared: tuple[Comparison, ...]
    known: Mapping[str, Encoded]
    ranged: bool

    def within(self, region: Truths, world: SymbolicScenario) -> Any:
        """Whether the world is in a region."""
        return world.carrier.every([*self._holds(world), self._in_region(region, world)])

    def beyond(self, reached: set[Truths], world: SymbolicScenario) -> Any:
        """Whether the world is in none of some regions."""
        others = [world.carrier.negate(self._in_region(region, world)) for region in sorted(reached)]
        return world.carrier.every([*self._holds(world), *others])

    def _holds(self, world: SymbolicScenario) -> list[Any]:
        amounts = world.amounts
        ends = [] if self.ranged else [amounts[end] == amounts["monthly_images"] for end in VOLUME_ENDS]
        known = self.known.items()
        return [*ends, *(amounts[name] * 10 ** (FIELD_NAMES[name].places or 0) == value for name, value in known)]

    def _in_region(self, region: Truths, world: SymbolicScenario) -> Any:
        truths = [world.carrier.compare(world.facts, comparison)[0] for comparison in self.compared]
        pairs = zip(truths, region, strict=True)
        return world.carrier.every([truth if holds else world.carrier.negate(truth) for truth, holds in pairs])
