"""Over generated scenarios: what was rendered verifies, and no character of a fact can be changed unnoticed."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from advisor.common import yaml_loader as strict_yaml
from advisor.common.diagnostics import BadInput
from advisor.decision.decide import decide
from advisor.domain.record import Decision
from advisor.domain.scenario import MAX_TEXT, Scenario
from advisor.report.html import memo_html
from advisor.report.memo_parts import (
    NOTES_END,
    NOTES_START,
    embedded_in_memo,
    embedded_text,
    outcome_text,
    parse_memo,
    with_notes,
)
from advisor.report.templates import memo_markdown
from advisor.rulebook.loader import bundled_rulebook
from advisor.verification.decision_set import normalize_text
from advisor.verification.verify import VerificationVerdict, verified
from tests.helpers.strategies import complete_answers, examples, partial_answers, scenario
from tests.verification.memos import DATE, NAMES, decision_of, memo_of, page_of

HOSTILE = [
    "",
    " ",
    "```\n### Review notes\n```yaml",
    '</pre><script>alert(1)</script><pre id="scenario">',
    NOTES_START,
    f"\n{NOTES_END}\n",
    '---\nstatus: "accepted"\n---',
    "{{ 7 * 7 }}{% include 'x' %}{# #}",
    "\x1b[31mred\x1b[0m \x07 \x00",
    "\u202eright to left\u202c \u2066\u2069 \u200f",
    "a\u0085b\u2028c\u2029d\ufeffe\u00a0f\u200bg\u00adh\ue000\ue0e1\ue002\U000e0041",
    "\\ \\\\ \\n \\u0041 \" ' & &amp; < >",
    "# date: 1999-01-01\n# advisor: 9\n# rulebook: none\n# outcome: self_host\n# rules: none",
    "naïve 図 \U0001f600 \U0001fae8",
    "x" * MAX_TEXT,
    "\U000e0001" * MAX_TEXT,
]


def texts() -> st.SearchStrategy[str]:
    """Free text: any character a scenario file may hold, and the hostile ones."""
    return st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]), max_size=60))


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Complete and partial scenarios, with and without free texts."""
    answers = draw(st.one_of(complete_answers(), partial_answers().map(lambda pair: pair[0])))
    free: dict[str, Any] = draw(st.fixed_dictionaries({}, optional={"title": texts(), "region": texts()}))
    return scenario({**answers, **free})


def decided(given: Scenario) -> Decision:
    return decide(given, bundled_rulebook(), decided_on=DATE)


def noticed(text: str) -> bool:
    """True where verification fails or refuses the file, or says what is unusual about it."""
    try:
        found = verified(text, "the file", bundled_rulebook())
        return found.verdict is not VerificationVerdict.VERIFIED or bool(found.remarks)
    except BadInput:
        return True


@examples(in_ci=50)
@given(scenarios())
def test_what_was_rendered_verifies(given: Scenario) -> None:
    decision = decided(given)
    for text in (memo_markdown(decision), decision.to_json()):
        found = verified(text, "the file", bundled_rulebook())
        assert (found.verdict, found.differences, found.remarks) == (VerificationVerdict.VERIFIED, (), ())


@examples(in_ci=8)
@given(scenarios())
def test_a_page_that_was_rendered_verifies(given: Scenario) -> None:
    page = memo_html(decided(given))
    found = verified(page, "the file", bundled_rulebook())
    assert (found.verdict, found.differences, found.remarks) == (VerificationVerdict.VERIFIED, (), ())


@examples(in_ci=8)
@given(st.sampled_from(NAMES), st.data())
def test_any_changed_character_of_a_page_is_noticed(name: str, draw: st.DataObject) -> None:
    page = page_of(name)
    at = draw.draw(st.integers(0, len(page) - 1).filter(lambda at: not page[at].isspace()))
    assert noticed(replaced(draw, page, at))


@examples(in_ci=100)
@given(scenarios())
def test_a_memo_embeds_its_scenario_exactly(given: Scenario) -> None:
    decision = decided(given)
    block = embedded_text(decision)
    found = embedded_in_memo(f"# a memo\n```yaml\n{block}```\n", "a memo")
    assert found.scenario == given
    assert (found.decided_on, found.outcome) == (DATE, outcome_text(decision))
    assert re.fullmatch(r"(?:(?:# )?\w+: [^\n]+\n)+", block) or not given.answers()
    assert all(char.isprintable() for line in block.split("\n") for char in line if char < "\u0300")


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_leaves_one_block_and_one_pair_of_marks(title: str) -> None:
    given = scenario({"title": title, "region": title})
    memo = memo_markdown(decided(given))
    apart = parse_memo(memo, "a memo")
    assert (apart.notes, apart.status) == ("\n", "proposed")
    assert embedded_in_memo(memo, "a memo").scenario == given
    assert not re.search("[\u202a-\u202e\u2066-\u2069\ue000-\uf8ff\x00-\x09\x0b-\x1f]", memo)


@examples(in_ci=40)
@given(st.sampled_from(NAMES), texts())
def test_notes_are_set_aside_and_kept_to_the_byte(name: str, notes: str) -> None:
    lines = notes.replace("\x00", "").split("\n")
    assume(not {line.rstrip("\r") for line in lines} & {NOTES_START, NOTES_END})
    notes = "".join(f"{line}\n" for line in lines)
    annotated = with_notes(memo_of(name), notes)
    assert parse_memo(annotated, "a memo").notes == notes
    assert verified(annotated, "a memo", bundled_rulebook()).verdict is VerificationVerdict.VERIFIED


def replaced(draw: st.DataObject, text: str, at: int) -> str:
    """The text with another character, no white space, at one place; digits become digits."""
    digits, letters = "0123456789", "abcxyzABCXYZ.,_-`\"'#*|<>&$0123456789é"
    choice = digits if text[at] in digits else letters
    other = draw.draw(st.sampled_from([char for char in choice if char != text[at]]))
    return text[:at] + other + text[at + 1 :]


def fact_places(memo: str) -> list[int]:
    """The places of all characters of the facts that are not white space."""
    starts = [0]
    for line in memo.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    facts = parse_memo(memo, "a memo").facts
    return [starts[line.number - 1] + at for line in facts for at, char in enumerate(line.text) if not char.isspace()]


@examples(in_ci=80)
@given(st.sampled_from(NAMES), st.data())
def test_any_changed_character_of_a_fact_is_noticed(name: str, draw: st.DataObject) -> None:
    memo = memo_of(name)
    edited = replaced(draw, memo, draw.draw(st.sampled_from(fact_places(memo))))
    assert noticed(edited)


@examples(in_ci=60)
@given(scenarios(), st.data())
def test_any_changed_figure_or_route_is_noticed(given: Scenario, draw: st.DataObject) -> None:
    memo = memo_markdown(decided(given))
    # Digits of an escape spell a character of the title that nobody sees, with another one as unseen: no figure.
    escape = r"\\(?:x..|u.{4}|U.{8})"
    named = r"[0-9]|self_host|open_weight_api|closed_api|[Oo]wn GPUs|[Oo]pen-weight|[Cc]losed flagship"
    facts = set(fact_places(memo))
    found = [match for match in re.finditer(rf"{escape}|({named})", memo) if match[1]]
    places = [at for match in found for at in range(*match.span()) if at in facts]
    assert noticed(replaced(draw, memo, draw.draw(st.sampled_from(places))))


@examples(in_ci=40)
@given(st.sampled_from(NAMES), st.data())
def test_any_changed_character_of_what_a_record_concludes_is_noticed(name: str, draw: st.DataObject) -> None:
    text = decision_of(name).to_json()
    # What the record was made from stands in it once: with another title it is the sound record of another scenario.
    inputs = re.search(r'"advisor_version".*?"status"', text, re.DOTALL)
    assert inputs
    digest = range(*re.search('"rulebook_digest": "[^"]+"', text).span())  # type: ignore[union-attr] # it is there
    places = [at for at in range(len(text)) if at in digest or not inputs.start() <= at < inputs.end()]
    assert noticed(replaced(draw, text, draw.draw(st.sampled_from(places))))


@examples(in_ci=40)
@given(st.sampled_from(NAMES), st.data())
def test_any_character_taken_out_is_noticed(name: str, draw: st.DataObject) -> None:
    memo = memo_of(name)
    at = draw.draw(st.sampled_from(fact_places(memo)))
    assert noticed(memo[:at] + memo[at + 1 :])


@pytest.mark.parametrize("name", NAMES)
def test_windows_line_ends_are_told_from_edits(name: str) -> None:
    for text in (memo_of(name), decision_of(name).to_json()):
        found = verified(text.replace("\n", "\r\n"), "the file", bundled_rulebook())
        assert found.verdict is VerificationVerdict.VERIFIED
        assert found.remarks == ("its line ends are those of Windows (CRLF), and were read as LF",)
        assert noticed(text.replace("\n", "\r\n", 3))
        assert normalize_text(text).from_windows is False


def test_a_record_with_a_value_written_twice_is_noticed() -> None:
    text = decision_of("exercise-38-3-2").to_json()
    twice = text.replace('"route": "open_weight_api",', '"route": "self_host", "route": "open_weight_api",', 1)
    assert json.loads(twice) == json.loads(text)
    assert noticed(twice)


def test_the_front_matter_stays_yaml_with_the_reviewers_lines() -> None:
    memo = memo_of("exercise-38-3-2")
    signed = memo.replace(
        'status: "proposed"\n',
        "status: accepted\ndecision-makers:\n  - Ann\n  - Bo\nconsulted: [Cem]\ninformed: everyone\n",
    )
    assert signed != memo
    assert verified(signed, "a memo", bundled_rulebook()).verdict is VerificationVerdict.VERIFIED
    front = strict_yaml.load(signed.split("---\n")[1], "front matter")
    assert front["decision-makers"] == ["Ann", "Bo"]
