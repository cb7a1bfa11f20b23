"""Every line of a memo's box, with a pattern and a predicate. One without a pattern fails."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from advisor.domain.record import Decision
from advisor.domain.record_parts import Status
from advisor.report.templates import memo_markdown
from advisor.rulebook.model import Rulebook
from advisor.wording.labels import listed as listed_in_prose
from advisor.wording.labels import wordings
from tests.report.box_changes import changes
from tests.report.box_watch import look_again, move
from tests.report.box_why import cheaper, why
from tests.report.confidence_sentences import how_sure
from tests.report.held import (
    ACTIONS,
    NAMES,
    Held,
    asked_about,
    conditional,
    filled,
    not_yet,
    plain_text,
    possible_are,
)
from tests.report.offer_sentences import checkpoint_line, left, offer_line, old_figures, terms
from tests.report.turning_sentences import sentences, where_it_turns


def decision_line(held: Held, text: str) -> None:
    decision = held.decision
    if decision.status is Status.INFEASIBLE:
        assert text == "none, as no option satisfies every answer"
    elif decision.status is Status.OPEN:
        start = "not made; still possible: "
        if sentences(held):
            start = "as the line above says, by the figures asked for below; possible are "
        assert text.startswith(start)
        possible_are(held, text.removeprefix(start))
    else:
        assert ACTIONS[text.removesuffix(", but not yet")] is decision.route
        assert text.endswith(", but not yet") == not_yet(decision)


def offers_left(held: Held, text: str) -> None:
    assert held.decision.route
    left = [offer.id for offer in held.survivors(held.decision.route)]
    assert text == ", ".join(f"`{id}`" for id in left)
    assert len(left) < sum(offer.route is held.decision.route for offer in held.rulebook.offers)


def answer_first(held: Held, text: str) -> None:
    asks = [filled(wordings()[name].ask, held) for name in held.decision.open_questions[:3]]
    assert text == " ".join(asks)


def to_verify(held: Held, text: str) -> None:
    decision = held.decision
    assert decision.status is Status.RECOMMENDED
    assert decision.route
    expected = [condition.provided for condition in decision.conditions] + [
        f"with {listed_in_prose([f'`{offer}`' for offer in offers], 'or')}, {gate.provided}"
        for gate, offers in conditional(held)
    ]
    expected += [*terms(decision), *old_figures(decision)]
    if text == "nothing the rules know of":
        assert not expected
        assert not held.unchecked()
        for gate in held.rulebook.gates:
            assert not any(held.to_verify(gate, held.facts, offer) for offer in held.survivors(decision.route))
    else:
        assert plain_text(text) == "; ".join(expected)


def not_checked(held: Held, text: str) -> None:
    found = re.fullmatch(
        r"(.*) (?:was|were) not asked or not answered \((.*)\), so it was not checked whether (.*)", text
    )
    assert found, text
    fields = [name.strip("`") for name in found[2].split(", ")]
    gates = [id for id, missing in held.unchecked().items() if missing == fields]
    assert plain_text(found[3]) in [held.rulebook.rules[id].provided for id in gates]  # type: ignore[attr-defined]
    assert found[1] == asked_about(held, fields)


def proposed(held: Held, text: str) -> None:
    assert text == f"proposed on {held.decision.decided_on}; a reviewer accepts or rejects it"


def ways_out(held: Held, text: str) -> None:
    said = []
    for way in text.split("; "):
        changes, _, then = way.partition(", then ")
        answers = dict(pair.split(": ") for pair in re.findall(r"`([a-z_]+: [a-z_0-9.-]+)`", changes))
        said.append((answers, then))
    outcomes = {
        Status.OPEN: "it depends on unanswered questions",
        Status.INFEASIBLE: "no option satisfies every answer",
    }
    names = {route: name for name, route in NAMES.items()}
    assert said == [
        ({n: str(v).lower() for n, v in r.changes.items()}, names[r.route] if r.route else outcomes[r.status])
        for r in held.decision.repairs
    ]


BOX: dict[str, Callable[[Held, str], None]] = {
    "Decision": decision_line,
    "Offer": offer_line,
    "Offers that are left": offers_left,
    "Why": why,
    "Where it turns": where_it_turns,
    "Answer first": answer_first,
    "Checkpoint": checkpoint_line,
    "How sure": how_sure,
    "Cheaper": cheaper,
    "What would change it": changes,
    "To verify first": to_verify,
    "Not checked": not_checked,
    "Move": move,
    "Look again": look_again,
    "The smallest ways out": ways_out,
    "Status": proposed,
}


def check_box(decision: Decision, rulebook: Rulebook, templates: Path | None = None) -> None:
    """Every line of the box, and that no line is missing."""
    held = Held(decision, rulebook)
    lines = [line for line in memo_markdown(decision, templates).splitlines() if line.startswith("> ")]
    said = [re.fullmatch(r"> \* \*\*([A-Z][a-z ]*):\*\* (.*)", line) for line in lines]
    assert all(said), lines
    labels = [match[1] for match in said if match]
    for match in filter(None, said):
        assert match[1] in BOX, f"no predicate for the line: {match[0]}"
        BOX[match[1]](held, match[2])
    recommended = decision.status is Status.RECOMMENDED
    assert labels.count("Cheaper") == len(held.cheaper())
    assert labels.count("Not checked") == len(held.unchecked())
    assert labels.count("To verify first") == bool(
        recommended and (decision.conditions or conditional(held) or terms(decision) or not held.unchecked())
    )
    assert labels.count("Offer") == bool(left(decision) and left(decision)[0].status == "chosen")
    assert labels.count("Move") == not_yet(decision)
    assert labels.count("Look again") == labels.count("What would change it") == recommended
    assert labels.count("Why") == (1 if recommended else len(decision.conflicts))
    assert labels.count("How sure") == labels.count("Decision") == labels.count("Status") == 1
    assert labels.count("Where it turns") == sentences(held)
