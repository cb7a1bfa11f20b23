"""The advisor as a contender: the one file of the benchmarks that knows its interface."""

from __future__ import annotations

from advisor.domain.offer import Encoded
from advisor.evaluation.compiler import Matcher, PlainReading
from advisor.evaluation.durable_rules_backend import EngineReading
from advisor.evaluation.resolution import Judgement, judge
from advisor.rulebook.loader import bundled_rulebook
from advisor.rulebook.symbols import FIELD_NAMES
from benchmarks.peers import Contender, Outcome, Scenario

_CODES: dict[str, dict[object, Encoded]] = {
    name: {value: known.encode(value) for value in known.options or (False, True)}
    for name in ("residency", "output_use", "indemnity_required", "train_on_outputs", "quality", "control", "latency")
    for known in (FIELD_NAMES[name],)
}
_TERMS = ("open_rent_low", "open_rent_high", "closed_rent_low", "closed_rent_high", "own_low", "own_high")


class Ours:
    """One reading of the bundled rulebook: the routes, the rules that fired, and the deciding axes."""

    def __init__(self, name: str, matcher: Matcher) -> None:
        self.name = name
        self._matcher = matcher
        self._rulebook = bundled_rulebook()

    def decide(self, scenario: Scenario) -> Outcome:
        """Decides one scenario from its answers and terms, as the peers do."""
        judgement = self.judge(scenario)
        verdict = judgement.verdict
        fired = [rule for match in judgement.gates for rule in match.eliminating]
        fired += [applied.rule for applied in verdict.applied]
        return verdict.route, frozenset(verdict.feasible), [*fired, *judgement.deciding_axes]

    def judge(self, scenario: Scenario) -> Judgement:
        """The judgement with its deciding axes."""
        facts = {name: codes[scenario[name]] for name, codes in _CODES.items()}
        for term in _TERMS:
            facts[term] = scenario[term]
        return judge(self._rulebook, self._matcher, facts)


def contenders() -> list[Contender]:
    """The advisor's readings that take part, the one that decides in daily use first."""
    rulebook = bundled_rulebook()
    return [
        Ours("advisor, engine", EngineReading(rulebook)),
        Ours("advisor, engine, every fact matched anew", EngineReading(rulebook, remember=False)),
        Ours("advisor, plain Python reading", PlainReading(rulebook)),
    ]
