"""The rules engine's own limits, checked when a rulebook is loaded so that the rule that crosses one is named.

The figures are durable_rules 2.0.28's: past them it fails with a bare number, hangs or crashes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from advisor.errors import Problem
from advisor.rulebook.conditions import Comparison, branches
from advisor.rulebook.model import Rule, Rulebook

MAX_BRANCHES_A_RULE = 32
MAX_BRANCHES_A_RULESET = 60
"""All of them may match one fact, and 64 first-level matches are the engine's limit."""
MAX_COMPARISONS_A_BRANCH = 15
MAX_COMPARISONS_OF_A_NAME = 200


def engine_limits(rulebook: Rulebook) -> Iterator[Problem]:
    """Every crossing of a limit, with the rule that crosses it."""
    for rules in (rulebook.gates, rulebook.preferences, rulebook.advice):
        yield from _ruleset_limits(rules, frozenset(rulebook.traits))


def _patterns(branch: tuple[Comparison, ...], traits: frozenset[str]) -> int:
    """A comparison with a trait is matched twice: for its value, and for the trait being unknown."""
    return int(2 ** sum(not traits.isdisjoint(comparison.names) for comparison in branch))


def _ruleset_limits(rules: tuple[Rule, ...], traits: frozenset[str]) -> Iterator[Problem]:
    total = 0
    uses: Counter[str] = Counter()
    for rule in rules:
        try:
            found = branches(rule.when, MAX_BRANCHES_A_RULE)
        except ValueError as error:
            yield _too_large(rule, f"rule `{rule.id}` is too large for the engine: {error}")
            continue
        total += sum(_patterns(branch, traits) for branch in found)
        uses.update(comparison.name for branch in found for comparison in branch)
        if max(map(len, found)) > MAX_COMPARISONS_A_BRANCH:
            yield _too_large(rule, f"rule `{rule.id}` compares more than {MAX_COMPARISONS_A_BRANCH} values together")
        elif total > MAX_BRANCHES_A_RULESET:
            yield _too_large(rule, f"with rule `{rule.id}` the rules of its kind are more than the engine can match")
            return
        elif uses and max(uses.values()) > MAX_COMPARISONS_OF_A_NAME:
            yield _too_large(rule, f"with rule `{rule.id}` a name is compared over {MAX_COMPARISONS_OF_A_NAME} times")
            return


def _too_large(rule: Rule, what: str) -> Problem:
    return Problem(what, rule.file, rule.line, help="split the rule, or say it with fewer alternatives")
