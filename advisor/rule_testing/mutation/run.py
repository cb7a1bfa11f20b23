"""Which mutants of a rulebook its cases notice, and of the others whether any scenario could distinguish them."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.rule_testing.cases import differences, situation_of
from advisor.rule_testing.evaluation import RulebookVersion
from advisor.rule_testing.mutation.distinguish import Distinction, ScenarioSearch
from advisor.rule_testing.mutation.mutants import Mutant, mutants
from advisor.rulebook.model import Rulebook


@dataclass(frozen=True)
class Survivor:
    """A mutant under which every case holds, and a scenario that distinguishes it from the rules, if any does."""

    mutant: Mutant
    distinction: Distinction | None
    why_equivalent: str


@dataclass(frozen=True)
class MutationResult:
    """What became of the mutants. ``failing`` are cases that do not hold to begin with; then nothing was tried."""

    failing: tuple[str, ...]
    killed: int
    survivors: tuple[Survivor, ...]
    searched: str

    @property
    def gaps(self) -> tuple[Survivor, ...]:
        """Survivors that some scenario distinguishes from the rules."""
        return tuple(survivor for survivor in self.survivors if survivor.distinction)

    @property
    def equivalent(self) -> tuple[Survivor, ...]:
        """Survivors that none does."""
        return tuple(survivor for survivor in self.survivors if not survivor.distinction)


def mutate(rulebook: Rulebook, only: str | None = None) -> MutationResult:
    """Tries every mutant on every case, or those of one rule, term or constant. Raises BadInput for a case that is no
    scenario.
    """
    original = RulebookVersion(rulebook)
    cases = [(case, situation_of(case)) for case in rulebook.cases]
    failing = tuple(case.id for case, situation in cases if differences(case, original.outcome_of(situation)))
    if failing:
        return MutationResult(failing, 0, (), "")
    search = ScenarioSearch(original, [situation for _, situation in cases])
    survivors = []
    killed = 0
    for mutant in (mutant for mutant in mutants(rulebook) if only in (None, mutant.rule)):
        version = RulebookVersion(mutant.rulebook, original)
        about_it_first = sorted(cases, key=lambda pair: mutant.rule not in pair[0].about)
        if any(differences(case, version.outcome_of(situation)) for case, situation in about_it_first):
            killed += 1
        else:
            distinction = search.distinguish(version)
            survivors.append(Survivor(mutant, distinction, "" if distinction else search.why_equivalent(version)))
    return MutationResult((), killed, tuple(survivors), search.extent)
