"""The limits of the rules engine, checked when a rulebook is loaded, so that the message names the rule.

The figures are durable_rules 2.0.28's: past them it fails with a bare number, hangs or crashes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from advisor.common.diagnostics import Problem
from advisor.rulebook.conditions import Comparison, branches
from advisor.rulebook.diagnostics import Code
from advisor.rulebook.model import Rule, Rulebook

MAX_BRANCHES_A_RULE = 32
MAX_BRANCHES_A_RULESET = 60
"""One fact may match all of them, and the engine's limit is 64 first-level matches."""
MAX_COMPARISONS_A_BRANCH = 15
MAX_COMPARISONS_OF_A_NAME = 200


def engine_limits(rulebook: Rulebook) -> Iterator[Problem]:
    """Every exceeded limit, with the rule that exceeds it."""
    kinds: tuple[tuple[str, tuple[Rule, ...]], ...]
    kinds = (("gates", rulebook.gates), ("preferences", rulebook.preferences), ("pieces of advice", rulebook.advice))
    for kind, rules in kinds:
        yield from _ruleset_limits(kind, rules, frozenset(rulebook.traits))


def _patterns(branch: tuple[Comparison, ...], traits: frozenset[str]) -> int:
    """The number of patterns of a branch: a trait needs two, one for its value and one for unknown."""
    return int(2 ** sum(not traits.isdisjoint(comparison.names) for comparison in branch))


def _ruleset_limits(kind: str, rules: tuple[Rule, ...], traits: frozenset[str]) -> Iterator[Problem]:
    total = 0
    uses: Counter[str] = Counter()
    for rule in rules:
        try:
            found = branches(rule.when, MAX_BRANCHES_A_RULE)
        except ValueError as error:
            yield _too_large(rule, f"rule `{rule.id}` is too large for the engine: {error}", _SPLIT)
            continue
        total += sum(_patterns(branch, traits) for branch in found)
        uses.update(comparison.name for branch in found for comparison in branch)
        name, used = uses.most_common(1)[0] if uses else ("", 0)
        if max(map(len, found), default=0) > MAX_COMPARISONS_A_BRANCH:
            what = f"rule `{rule.id}` compares more than {MAX_COMPARISONS_A_BRANCH} values together"
            yield _too_large(rule, what, _SPLIT)
        elif total > MAX_BRANCHES_A_RULESET:
            what = f"with rule `{rule.id}` the {kind} have {total} alternatives"
            help = f"{_JOIN}; one that asks for a trait counts twice" if kind == "gates" else _JOIN
            yield _too_large(rule, f"{what}, more than the {MAX_BRANCHES_A_RULESET} the engine can match", help)
            return
        elif used > MAX_COMPARISONS_OF_A_NAME:
            what = f"with rule `{rule.id}` the {kind} compare `{name}` {used} times"
            yield _too_large(rule, f"{what}, more than the {MAX_COMPARISONS_OF_A_NAME} the engine can match", _JOIN)
            return


_SPLIT = "split the rule, or say it with fewer alternatives"
_JOIN = "join rules, or say them with fewer alternatives"


def _too_large(rule: Rule, what: str, help: str) -> Problem:
    return Code.ENGINE_LIMIT.problem(what, rule.file, rule.line, help=help)
