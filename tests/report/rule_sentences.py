"""Every row of a memo's table of rules, and every line of the summary, with a pattern and a predicate."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

from advisor.domain.offer import UNKNOWN
from advisor.domain.record import Decision
from advisor.domain.record_parts import Status
from advisor.domain.scenario import Route
from advisor.evaluation.compiler import PLAIN, compile_condition
from advisor.report.templates import memo_markdown, summary
from advisor.rulebook.model import Gate, Rulebook
from advisor.wording.labels import listed as listed_in_prose
from advisor.wording.labels import wordings
from tests.report.box_why import left_on
from tests.report.held import (
    ACTIONS,
    AXES,
    MONEY,
    NAMES,
    Held,
    asked_about,
    conditional,
    filled,
    listed,
    matched,
    near_money,
    not_yet,
    plain_text,
    possible_are,
    status_is,
    unique,
)
from tests.report.offer_sentences import check_checkpoint, is_offer, left, old_figures, terms
from tests.report.turning_sentences import sentences, where_it_turns


def check_rules(decision: Decision, rulebook: Rulebook, templates: Path | None = None) -> None:
    """Every row of the table of rules, and that no rule is missing."""
    held = Held(decision, rulebook)
    table = memo_markdown(decision, templates).partition("### Rules\n")[2].partition("### Origin\n")[0]
    rows = [re.split(r"(?<!\\) \| ", line[2:-2]) for line in table.splitlines() if line.startswith("| `")]
    asked = [gate.id for gate in rulebook.gates if _asks(held, gate)]
    fired = unique(step.rule for step in decision.trace)
    assert [row[0].strip("`") for row in rows] == unique(iter([*fired, *asked, *held.unchecked()]))
    for id, axis, did, reason, source in rows:
        rule = rulebook.rules[id.strip("`")]
        assert AXES[axis] is rule.axis
        assert plain_text(source) == rule.source
        out = any(step.rule == rule.id for step in decision.eliminated)
        where = "would rule an option out if " if isinstance(rule, Gate) and not out else ""
        assert plain_text(reason) == where + rule.because
        for part in did.split("; "):
            matched(part, [(pattern, _about_rule(predicate, rule.id)) for pattern, predicate in DID], held)


def _asks(held: Held, gate: Gate) -> bool:
    """Whether some offer could fail the gate under these answers."""
    nothing_known = dict.fromkeys(held.rulebook.traits, UNKNOWN)
    return any(compile_condition(gate.when, PLAIN)({**held.facts, **nothing_known}))


def _about_rule(predicate: Callable[..., None], rule: str) -> Callable[..., None]:
    return lambda held, *groups: predicate(held, rule, *groups)


def ruled_out(held: Held, rule: str, text: str) -> None:
    hit = [step for step in held.decision.eliminated if step.rule == rule]
    routes = unique(step.route for step in hit if step.route not in held.decision.feasible_routes)
    offers = [step.offer for step in hit if step.route in held.decision.feasible_routes]
    assert listed(text.replace("`", ""), {**NAMES, **{id: id for id in offers}}) == [*routes, *offers]


def may_rule_out(held: Held, rule: str, text: str) -> None:
    assert listed(text, NAMES) == unique(
        Route(str(s.on)) for s in held.decision.trace if (s.rule, s.kind) == (rule, "verify")
    )


def preferred(held: Held, rule: str, chosen: str, over: str) -> None:
    pairs = {(step.preferred, step.over) for step in held.decision.preferences if step.rule == rule}
    assert set(product(listed(chosen, NAMES), listed(over, NAMES))) == pairs


def advised(held: Held, rule: str) -> None:
    assert rule in {advice.rule for advice in held.decision.advice}


def passed(held: Held, rule: str) -> None:
    assert rule not in {step.rule for step in held.decision.trace}
    assert any(_asks(held, gate) for gate in held.rulebook.gates if gate.id == rule)


def not_asked(held: Held, rule: str, fields: str) -> None:
    assert not any(_asks(held, gate) for gate in held.rulebook.gates if gate.id == rule)
    assert [field.strip("`") for field in re.split(", | and ", fields)] == held.unchecked()[rule]


DID: list[tuple[str, Callable[..., None]]] = [
    (r"ruled out (.*)", ruled_out),
    (r"to verify, as it may rule out (.*)", may_rule_out),
    (r"preferred (.*) to (.*)", preferred),
    (r"advised", advised),
    (r"asked, and not failed by any option", passed),
    (r"not asked, as (.*) (?:is|are) not answered", not_asked),
]


def check_summary(decision: Decision, rulebook: Rulebook, templates: Path | None = None) -> None:
    """Every line of the summary, and that what restricts the recommendation is in it."""
    held = Held(decision, rulebook)
    lines = summary(decision, templates).splitlines()
    for line in lines:
        matched(line, SUMMARY, held)
    kinds = [line.split(" ")[0] for line in lines]
    assert kinds.count("Cheaper") == len(held.cheaper())
    assert sum(kinds.count(word) for word in ("With", "Call", "Run")) == sentences(held)
    assert kinds.count("Still") == (decision.status is Status.OPEN and not sentences(held))
    assert kinds.count("Not") == (len(held.unchecked()) if decision.status is Status.RECOMMENDED else 0)


def said_route(held: Held, text: str, later: str | None, months: str | None) -> None:
    assert ACTIONS[text] is held.decision.route
    assert bool(later) == not_yet(held.decision)
    assert not months or (held.decision.migration and months.replace(",", "") == held.decision.migration.payback_months)


def said_axis(held: Held, axis: str, others: str | None) -> None:
    assert AXES[axis] is held.decision.deciding_axes[0]
    assert (listed(others, AXES) if others else [AXES[axis]]) == held.decision.deciding_axes


def said_cheaper(held: Held, amounts: str, name: str, why: str) -> None:
    savings = held.cheaper()[NAMES[name]]
    months = {"expected": "expected month", "low": "quietest plausible month", "high": "busiest"}
    for (month, saving), part in zip(savings.items(), amounts.split(" and "), strict=True):
        found = re.fullmatch(rf"{MONEY} in the {months[month]}", part)
        assert found
        assert near_money(found[1], saving)
    left_on(held, NAMES[name], why)


def said_condition(held: Held, offers: str | None, text: str) -> None:
    if text in (*terms(held.decision), *old_figures(held.decision)):
        assert not offers
    elif offers:
        assert (text, re.split(", | or ", offers)) in [(gate.provided, ids) for gate, ids in conditional(held)]
    else:
        assert text in [condition.provided for condition in held.decision.conditions]


def said_not_checked(held: Held, about: str) -> None:
    assert about in [asked_about(held, fields) for fields in held.unchecked().values()]


def said_conflict(held: Held, text: str) -> None:
    assert text in [said_answers(held, conflict.answers) for conflict in held.decision.conflicts]


def said_answers(held: Held, answers: Mapping[str, Any]) -> str:
    """Answers by their questions, without a raw name."""
    words = wordings()
    pairs = []
    for name, value in answers.items():
        option = words[name].answers.get(str(value).lower())
        short = option.short if option else value if name == "model" else f"${Decimal(value):,}"
        pairs.append((words[name].ask, short))
    return " and ".join(f'"{filled(ask, held)}" answered "{filled(short, held)}"' for ask, short in pairs)


def said_way_out(held: Held, changes: str, then: str) -> None:
    outcomes = {
        Status.OPEN: "it depends on unanswered questions",
        Status.INFEASIBLE: "no option satisfies every answer",
    }
    names = {route: name for name, route in NAMES.items()}
    ways = [
        (said_answers(held, repair.changes), names[repair.route] if repair.route else outcomes[repair.status])
        for repair in held.decision.repairs
    ]
    assert (changes, then) in ways


def said_offer(held: Held, text: str) -> None:
    is_offer(text, left(held.decision)[0])


def said_next(held: Held, text: str) -> None:
    is_offer(text, left(held.decision)[1])


def said_checkpoint(held: Held, text: str) -> None:
    check_checkpoint(held.decision, text)


def said_open(held: Held, text: str) -> None:
    assert held.decision.status is Status.OPEN
    possible_are(held, text)


def said_questions(held: Held, text: str) -> None:
    words = [wordings()[name] for name in held.decision.open_questions]
    assert text == listed_in_prose(filled(one.topic or one.subject, held) for one in words)


SUMMARY: list[tuple[str, Callable[..., None]]] = [
    (r"Offer: (.*)\.", said_offer),
    (r"Next cheapest: (.*)\.", said_next),
    (r"Checkpoint: (.*)\.", said_checkpoint),
    (rf"Recommended: ({'|'.join(ACTIONS)})(, but not yet: moving repays after ([0-9.,]+) months?)?\.", said_route),
    (r"Deciding axis: ([a-z ]+)(?: \(over-determined: (.*) would each have decided alone\))?\.", said_axis),
    (rf"Cheaper by (.*): ({'|'.join(NAMES)}), which (.*)\.", said_cheaper),
    (r"Verify(?: with (.*?))?: (.*)\.", said_condition),
    (r"Not checked: (.*) (?:was|were) not asked or not answered\.", said_not_checked),
    (r"No option satisfies every answer\.", status_is(Status.INFEASIBLE)),
    (r"Cannot hold together: (.*)\.", said_conflict),
    (r"A way out: (.*), then (.*)\.", said_way_out),
    (r"((?:With the|Call|Run) .*)", where_it_turns),
    (r"Still open: (.*)\.", said_open),
    (r"(?:Answer first:|It depends on) (.*)\.", said_questions),
]
