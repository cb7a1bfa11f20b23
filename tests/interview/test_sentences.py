"""What the interview says of where it stands, for every mixture of answered, not known, open and infeasible."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.common.files import bundled
from advisor.domain.scenario import FIELDS, Route
from advisor.interview.flow import Flow, Position, flow_of
from advisor.interview.question_view import InterviewViews
from advisor.interview.state import CLASH, EXTRAS, KEEP, InterviewState
from advisor.rulebook.loader import bundled_rulebook
from advisor.wording.labels import listed as listed_in_prose
from tests.helpers.strategies import AMOUNTS, EXERCISE, NEEDS, complete_answers, examples, scenario

RULEBOOK = bundled_rulebook()
FLOW: Flow = flow_of(RULEBOOK)
STANDING, SKIPPED, OUT = "interview_standing.txt.j2", "interview_skipped.txt.j2", "interview_out.txt.j2"
QUESTIONS = (*NEEDS, *AMOUNTS, "monthly_images_low", "monthly_images_high")
NAMES = {
    "own GPUs with open weights": Route.SELF_HOST,
    "an open-weight inference API": Route.OPEN_WEIGHT_API,
    "a closed flagship API": Route.CLOSED_API,
}


def listed(text: str) -> list[str]:
    return re.split(", | and | or ", text)


RAW = re.compile("|".join(name for name in (*FIELDS, *Route) if "_" in name))


def routes_of(text: str) -> set[Route | None]:
    said = text.removesuffix(", or no option at all")
    return {NAMES[name] for name in listed(said)} | ({None} if said != text else set())


def topics(names: list[str], given: InterviewState) -> list[str]:
    return [InterviewViews(FLOW).texts.topic(name, given) for name in names]


def check_standing(text: str, out: tuple[str, ...], given: InterviewState, position: Position) -> None:
    """The standing and what is out against the answers and the outcomes still possible."""
    first = text
    waiting = [name for name in position.open if name not in given]
    unknown = [name for name in position.open if name in given.unknown]
    settled = re.fullmatch(r"Settled: (.*), whatever else you answer\.", first)
    still = re.fullmatch(
        r"Still in: (.*?)\. (?:It depends on what you do not know yet: (.*)|"
        r"(\d+) questions? can still matter, (?:this one|first of all): (.*?)\."
        r"(?: So can what you do not know yet: (.*))?)\.?",
        first,
    )
    if settled:
        assert position.outcomes == {NAMES[settled[1]]}
    elif still:
        assert routes_of(still[1]) == position.outcomes
        assert len(position.outcomes) > 1
        assert int(still[3] or 0) == len(waiting)
        assert still[3] != "0"
        assert bool(still[2]) == (not waiting)
        assert not waiting or still[4] == topics(waiting, given)[0]
        named = (still[2] or still[5] or "").rstrip(".")
        assert named == listed_in_prose(topics(unknown, given))
    else:
        assert first == "No option satisfies the answers so far, whatever else you answer."
        assert position.outcomes == {None}
    lines = [re.fullmatch(rf"Out: ({'|'.join(NAMES)}) \(.*?\): (.*)\.", line) for line in out]
    assert [(NAMES[line[1]], line[2]) for line in lines if line] == [
        (o.route, o.rule.because) for o in position.eliminated
    ]
    assert all(lines)
    assert not RAW.search(" ".join([text, *out])), "no field is called by its raw name"


def check_skipped(text: str, given: InterviewState, position: Position) -> None:
    """What is said of skipped questions: that no answer to one of them changes the outcome."""
    first, second = text.rstrip("\n").split("\n")
    assert first == f"Skipped: {listed_in_prose(topics(list(FLOW.skipped(given)), given))}."
    assert not set(FLOW.skipped(given)) & (set(given.answers) | given.unknown | set(position.open))
    assert not RAW.search(text)
    stays = re.fullmatch(rf"Whatever the answers were, the advice stays ({'|'.join(NAMES)})(?:: (.*))?\.", second)
    if stays:
        assert position.outcomes == {NAMES[stays[1]]}
        reasons = [re.fullmatch(r"(.*?) (?:is|are) out, as (.*)", part) for part in re.split("; and ", stays[2] or "")]
        said = {(route, found[2]) for found in reasons if found for route in routes_of(found[1])}
        assert said == {(one.route, one.rule.because) for one in position.eliminated}
    elif second == "Whatever the answers were, no option satisfies the answers so far.":
        assert position.outcomes == {None}
    else:
        them = "it" if len(FLOW.skipped(given)) == 1 else "them"
        assert second == f"No answer to {them} can change what is still possible."
        assert len(position.outcomes) > 1


def walked(answers: dict[str, Any], unknown: set[str], templates: Path | None = None) -> list[str]:
    """Answers the flow and checks what is said after each answer, as a terminal does; returns what was said."""
    given, views, said = InterviewState(), InterviewViews(FLOW, templates), []
    while (question := FLOW.next(given)) is not None:
        if question in EXTRAS and FLOW.skipped(given):
            said.append(views.skipped(FLOW.skipped(given), given))
            check_skipped(said[-1], given, FLOW.position(given))
        known = None if question in unknown else answers.get(question)
        known = KEEP if question == CLASH else known
        given = given.answer(question, question == "costs" if question in EXTRAS else known)
        said.append(views.standing(given))
        check_standing(said[-1], views.out(given), given, FLOW.position(given))
    return said


def exercise(**changes: Any) -> dict[str, Any]:
    return scenario({**EXERCISE, **changes}).model_dump(exclude_none=True)


@examples(300)
@given(complete_answers(), st.sets(st.sampled_from(QUESTIONS)), st.sets(st.sampled_from(NEEDS)))
def test_every_standing_agrees_with_the_answers(answers: dict[str, Any], unknown: set[str], plain: set[str]) -> None:
    walked(exercise(**{name: answer for name, answer in answers.items() if name not in plain}), unknown)


CONFLICT = {"residency": "on_premises", "quality": "frontier_only"}
NO_AMOUNT = {*AMOUNTS, "monthly_images_low", "monthly_images_high"}


@pytest.mark.parametrize(
    ("changes", "unknown", "text"),
    [
        ({}, {"open_price"}, "So can what you do not know yet: the price of the open-weight API"),
        ({}, NO_AMOUNT, "It depends on what you do not know yet: "),
        (CONFLICT, set(), "No option satisfies the answers so far, whatever else you answer."),
    ],
)
def test_what_is_not_known_is_named_and_no_questions_are_not_counted(
    changes: dict[str, Any], unknown: set[str], text: str
) -> None:
    said = walked(exercise(**changes), unknown)
    assert any(text in each for each in said)
    assert not any(re.search(r"\b0 question", each) for each in said)


@pytest.mark.parametrize(
    ("name", "old", "new", "changes", "unknown"),
    [
        (STANDING, "{% if open %}", "{% if true %}", {}, NO_AMOUNT),
        (STANDING, "{% if unknown %}", "{% if false %}", {}, {"open_price"}),
        (STANDING, "{{ next }}", "{{ unknown | listed }}", {}, set()),
        (OUT, "in out", "in out[1:]", {"residency": "on_premises"}, set()),
        (STANDING, "or no option at all", "or none", {}, set()),
        (SKIPPED, "{% elif settled %}", "{% elif true %}", {}, NO_AMOUNT),
        (SKIPPED, "{% elif settled %}", "{% elif false %}", CONFLICT, set()),
    ],
)
def test_a_planted_fault_is_seen(
    name: str, old: str, new: str, changes: dict[str, Any], unknown: set[str], tmp_path: Path
) -> None:
    templates = tmp_path / "templates"
    shutil.copytree(bundled("templates"), templates)
    text = (templates / name).read_text()
    assert old in text
    (templates / name).write_text(text.replace(old, new))
    walked(exercise(**changes), unknown)
    with pytest.raises((AssertionError, KeyError)):
        walked(exercise(**changes), unknown, templates)


@pytest.mark.parametrize("question", ["costs", "details"])
def test_what_is_offered_at_the_end_claims_nothing_of_the_route_that_may_not_hold(question: str) -> None:
    assert "settled" not in InterviewViews(FLOW).question(question, InterviewState()).help
