"""Time the explanations of a decision as a multiple of one decision by the engine, and the proofs of the rulebook.

Run it with `make bench`, or with `python -m benchmarks.explanations` from the repository's root.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from statistics import median, quantiles
from time import perf_counter

from advisor.domain.scenario import FIELDS, Scenario, validated
from advisor.evaluation.durable_rules_backend import EngineReading
from advisor.evaluation.facts import answer_facts, with_terms
from advisor.evaluation.resolution import judge
from advisor.explanation.counterfactuals import Explainer
from advisor.explanation.sufficient_reasons import sufficient_reasons
from advisor.rulebook.loader import bundled_rulebook
from advisor.scenario_space.completions import completions_of
from benchmarks.peers.scenarios import generate


class Explained:
    """One scenario: deciding it by the engine, every fact matched anew, and explaining it."""

    def __init__(self, scenario: Scenario, engine: EngineReading) -> None:
        self._scenario, self._engine, self._rulebook = scenario, engine, bundled_rulebook()

    def decide(self) -> None:
        """Facts, terms, the rules that fire, the route, the deciding axes."""
        self._answers = answer_facts(self._scenario)
        self._judgement = judge(self._rulebook, self._engine, with_terms(self._rulebook, self._answers))

    def explain(self) -> None:
        """Flips with exact break points, conflicts, every minimal relaxation, why not each other route."""
        verdict = self._judgement.verdict
        explaining = Explainer(self._rulebook, self._judgement, self._answers, self._scenario.answers())
        explaining.flips(verdict.route)
        explaining.why_not(verdict.route)
        if verdict.route is None:
            explaining.conflicts()
            explaining.repairs(lambda route: None)

    def force(self) -> None:
        """Sufficient reasons, which are worked out on demand."""
        sufficient_reasons(completions_of(self._rulebook), self._answers, self._judgement.verdict.route)


def main() -> None:
    """Prints medians and 99th percentiles, and their ratios."""
    parser = argparse.ArgumentParser(description="Time the explanations against the engine's decision.")
    parser.add_argument("--scenarios", type=int, default=2_000, help="how many (default: %(default)s)")
    options = parser.parse_args()
    engine = EngineReading(bundled_rulebook(), remember=False)
    made = [_scenario(answers) for answers in generate(options.scenarios, seed=0)]
    times: dict[str, list[float]] = {"engine decision": [], "all explanations": [], "sufficient reasons": []}
    for scenario in made:
        explained = Explained(scenario, engine)
        times["engine decision"].append(_seconds(explained.decide))
        times["all explanations"].append(_seconds(explained.explain))
    for scenario in made[:: max(1, len(made) // 100)]:
        explained = Explained(scenario, engine)
        explained.decide()
        times["sufficient reasons"].append(_seconds(explained.force))
    bases = [median(times["engine decision"]), _p99(times["engine decision"])]
    print(f"{len(made):,} scenarios, in microseconds and as a multiple of the engine's decision:\n")
    print(f"{'':20}{'median':>10}{'':>8}{'p99':>10}")
    for name, values in times.items():
        figures = [median(values), _p99(values)]
        cells = (f"{1e6 * value:>10,.0f}{value / base:>7.1f}x" for value, base in zip(figures, bases, strict=True))
        print(f"{name:20}{''.join(cells)}")


def _scenario(answers: dict[str, object]) -> Scenario:
    return validated({name: value for name, value in answers.items() if name in FIELDS}, "generated")


def _seconds(action: Callable[[], None]) -> float:
    start = perf_counter()
    action()
    return perf_counter() - start


def _p99(values: list[float]) -> float:
    return quantiles(values, n=100)[-1]


if __name__ == "__main__":
    main()
