"""The content of the explanation of a decision; the template only phrases it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from advisor.domain.record import Decision
from advisor.domain.record_parts import WhyNot
from advisor.domain.scenario import FIELDS, Route
from advisor.report.claims.build import reason_of
from advisor.report.claims.turning import answer_flips, changes_to, turning_claims, unknown_amounts, ways
from advisor.report.templates import fill

_SHOWN = 12
"""How many sets of changes are listed for a route; the record holds all that were found."""


def explanation_text(
    decision: Decision,
    sufficient: Sequence[Sequence[str]] | None,
    why_not: Route | None = None,
    templates: Path | None = None,
) -> str:
    """The explanation for a terminal; with ``why_not``, only of that route.

    ``sufficient`` are the minimal sets of answers that force the outcome; None while it is open.
    """
    named = {
        "decision": decision.model_dump(mode="json"),
        "answer_flips": answer_flips(decision),
        "stable_ranges": list(_stable_ranges(decision)),
        "conflicts": [[reason_of(decision, rule) for rule in conflict.rules] for conflict in decision.conflicts],
        "others": [_other(decision, other) for other in decision.why_not if why_not in (None, other.route)],
        "missing": unknown_amounts(decision),
        "sufficient": sufficient,
        "turning": list(turning_claims(decision)),
        "leads": {
            question: [(one.option, one.outcomes) for one in found] for question, found in decision.leads.items()
        },
        "whole": why_not is None,
    }
    return fill("explain.txt.j2", named, templates)


def _other(decision: Decision, other: WhyNot) -> dict[str, Any]:
    """Why a route is not recommended, and the changes that lead to it."""
    found = ways(changes_to(decision, other))
    return {
        "route": other.route,
        "ruled_out": _rule_texts(decision, other.ruled_out_by),
        "lost": _rule_texts(decision, other.lost_by),
        "ways": found[:_SHOWN],
        "more": len(found[_SHOWN:]),
    }


def _rule_texts(decision: Decision, rules: Iterable[str]) -> list[dict[str, Any]]:
    """The texts of rules that took options out."""
    used = {rule.rule: rule for rule in decision.rules}
    return [{"id": id, **used[id].model_dump(include={"axis", "because", "source"})} for id in rules]


def _stable_ranges(decision: Decision) -> Iterator[dict[str, str | None]]:
    """The range of each number in which the outcome does not change: ``least`` to ``most``, either may be open.

    ``source`` is the offer that the number is from, as people call it; None for an answer.
    """
    least = {flip.field: flip.below for flip in decision.flips if flip.below is not None}
    most = {flip.field: flip.above for flip in decision.flips if flip.above is not None}
    for name in (name for name in FIELDS if name in least or name in most):
        now, source = str(decision.priced_scenario[name]), decision.amount_source(name)
        yield {"field": name, "now": now, "least": least.get(name), "most": most.get(name), "source": source}
