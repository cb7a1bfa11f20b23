"""The findings of a proof: faults with the scenarios that show them, and scenarios in which a rule matters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from advisor.rule_testing.proofs.symbolic_scenario import Example
from advisor.rulebook.model import Rule


@dataclass(frozen=True)
class Violation:
    """What is wrong, the rules to blame, and the scenarios that show it: two where the amounts change between them.

    There is no scenario for what never happens.
    """

    what: str
    rules: tuple[Rule, ...] = ()
    examples: tuple[Example, ...] = ()


@dataclass
class Findings:
    """The faults, and for each rule that was looked for a scenario in which it matters."""

    faults: list[Violation] = field(default_factory=list)
    witnesses: dict[str, Example] = field(default_factory=dict)


@dataclass(frozen=True)
class Proof:
    """One claim about a rulebook; ``unsettled`` says why Z3 gave no answer, where it gave none."""

    name: str
    claim: str
    milliseconds: int
    faults: tuple[Violation, ...]
    unsettled: str | None
    witnesses: Mapping[str, Example]

    @property
    def verdict(self) -> str:
        """``holds``, ``fails`` or ``unknown``."""
        return "fails" if self.faults else ("unknown" if self.unsettled else "holds")
