"""Memos of the examples to the byte, and of generated scenarios against their records.

`pytest --snapshot-update tests/report` records one page and the plain texts; the Markdown is in
`tests/examples/golden`.
Read the difference before it lands.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from syrupy.assertion import SnapshotAssertion

from advisor.decision.decide import decide
from advisor.domain.record import Decision
from advisor.domain.record_parts import Fit
from advisor.domain.scenario import FIELDS
from advisor.domain.scenario_io import read_scenario
from advisor.report.claims.build import claims_of
from advisor.report.html import memo_html
from advisor.report.memo_parts import NOTES_END, NOTES_START
from advisor.report.templates import END, OPEN, memo_markdown, memo_with_marks, read_id, stripped, tidy
from advisor.report.text import WIDTH, memo_text
from advisor.rulebook.loader import bundled_rulebook
from tests.helpers.strategies import EXERCISE, complete_answers, examples, partial_answers, scenario

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.name.removesuffix(".scenario.yaml") for path in (ROOT / "examples").glob("*.scenario.yaml"))
RULEBOOK = bundled_rulebook()
_SVG = re.compile(r"<svg.*?</svg>", re.DOTALL)
_NUMBER = re.compile(r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?")


@lru_cache(maxsize=32)
def example(name: str) -> Decision:
    """The decision of an example on a fixed date."""
    path = ROOT / "examples" / f"{name}.scenario.yaml"
    return decide(read_scenario(str(path)), RULEBOOK, decided_on=datetime.date(2026, 11, 22))


def decided(answers: dict[str, Any]) -> Decision:
    """The decision of generated answers."""
    return decide(scenario(answers), RULEBOOK, decided_on=datetime.date(2026, 11, 22))


def test_the_page_of_an_example_is_the_golden_one(golden: Callable[[str], SnapshotAssertion]) -> None:
    """One whole page; what the others state is compared claim by claim (`test_page`)."""
    name = "exercise-38-3-2"
    assert _SVG.sub("<svg/>", memo_html(example(name))) == golden(f"{name}.memo.html")


@pytest.mark.parametrize("name", NAMES)
def test_the_plain_text_of_an_example_is_the_golden_one(name: str, golden: Callable[[str], SnapshotAssertion]) -> None:
    assert memo_text(example(name)) == golden(f"{name}.memo.txt")


@pytest.mark.parametrize("name", NAMES)
def test_the_plain_text_fits_its_width_where_its_words_do(name: str) -> None:
    for line in memo_text(example(name)).splitlines():
        assert len(line) <= WIDTH or line.startswith("    ") or " " not in line.strip()


@given(answers=complete_answers())
@examples(60)
def test_a_complete_memosays_what_the_record_holds(answers: dict[str, Any]) -> None:
    says_what_the_record_holds(decided(answers))


@given(answers=partial_answers())
@examples(40)
def test_a_partial_memosays_what_the_record_holds(answers: tuple[dict[str, Any], dict[str, Any]]) -> None:
    says_what_the_record_holds(decided(answers[0]))


@pytest.mark.parametrize("name", NAMES)
def test_the_memo_of_an_example_says_what_its_record_holds(name: str) -> None:
    says_what_the_record_holds(example(name))


def says_what_the_record_holds(decision: Decision) -> None:
    """Every rule, figure and flip is said, and every number is in the record or follows from it."""
    memo = memo_markdown(decision)
    rules = {step.rule for step in decision.trace}
    rules |= {rule for other in decision.why_not for rule in (*other.ruled_out_by, *other.lost_by)}
    assert [rule for rule in sorted(rules) if f"`{rule}`" not in memo] == []
    said = set(_numbers(memo))
    figures = {Decimal(text) for text in _figures(decision)}
    assert [figure for figure in sorted(figures) if figure not in said and _to_cents(figure) not in said] == []
    rows = [line for line in memo.splitlines() if line.startswith("| ")]
    for flip in decision.flips if decision.route else ():
        assert [row for row in rows if f"(`{flip.field}`)" in row], flip
    made_up = said - set(_numbers(decision.to_json())) - set(_derived(decision))
    assert made_up - {_to_cents(figure) for figure in figures} == set()


def _figures(decision: Decision) -> Iterator[str]:
    """Every amount and volume of a record: costs, from where owning pays, and the answers."""
    for cost in decision.monthly_costs.values():
        yield from filter(None, (cost.low, cost.expected, cost.high))
    yield from filter(None, decision.owning_from.values())
    yield from (str(value) for name, value in decision.scenario.items() if FIELDS[name].quantity)


def _derived(decision: Decision) -> Iterator[Decimal]:
    """What a memo may say beyond its record: the first value past a turn, ends of stretches rounded, and savings."""
    for flip in decision.flips:
        quantity = FIELDS[flip.field].quantity
        if quantity and flip.turn is not None:
            up = flip.above is not None
            step = Decimal(1).scaleb(-quantity.places)
            first = Decimal(flip.above or flip.below or 0) + (step if up else -step)
            for places in range(quantity.places + 1):
                yield first.quantize(Decimal(1).scaleb(-places), ROUND_CEILING if up else ROUND_FLOOR)
    for point in decision.turning_points:
        for end, rounding in ((point.from_, ROUND_CEILING), (point.to, ROUND_FLOOR)):
            yield from (Decimal(end or 0).quantize(Decimal(1).scaleb(-places), rounding) for places in range(7))
    yield from _of_offers(decision)
    yield Decimal(20)  # within 20 % of the crossover
    if decision.route in decision.monthly_costs:
        mine = decision.monthly_costs[decision.route]
        for theirs in decision.monthly_costs.values():
            for month in ("low", "expected", "high"):
                if getattr(mine, month) and getattr(theirs, month):
                    saving = abs(Decimal(getattr(mine, month)) - Decimal(getattr(theirs, month)))
                    yield from (saving, _to_cents(saving))


def _of_offers(decision: Decision) -> Iterator[Decimal]:
    """Costs of offers to the cent, how many offers are not listed, and the numbers of what is to verify."""
    costs = [cost for one in decision.shortlist for cost in (one.low, one.expected, one.high, one.gpu_cost)]
    costs += [cost for one in decision.by_model for cost in (*one.expected.values(), one.gpu_cost)]
    yield from (_to_cents(Decimal(cost)) for cost in costs if cost)
    for route in {one.route for one in decision.shortlist}:
        listed = [one for one in decision.shortlist if one.route is route and one.source]
        out = sum(one.status == "eliminated" for one in listed)
        shown = min(5, len(listed) - out) + min(3, out)
        yield Decimal(len(listed) - shown + decision.shortlist_more.get(route, 0))
    yield from map(Decimal, range(1, len({check for one in decision.shortlist for check in one.conditions}) + 1))
    yield Decimal(len(decision.by_model))


def _numbers(text: str) -> list[Decimal]:
    """Every number of a text; the numbers of sections and steps, the digest and the name of the memo apart."""
    text = re.sub(
        r"sha256:[0-9a-f]+|(?<![$0-9,.])38\.3(?:\.[0-9])?(?![0-9])|[0-9]{8}-[a-z0-9-]+|^[0-9]+\. ",
        " ",
        text,
        flags=re.MULTILINE,
    )
    return [Decimal(found.replace(",", "")) for found in _NUMBER.findall(text)]


def _to_cents(figure: Decimal) -> Decimal:
    """An amount from a dollar up as it is printed."""
    return figure if abs(figure) < 1 else Decimal(int(figure * 100 + Decimal("0.5"))) / 100


@given(answers=complete_answers())
@examples(40)
def testsays_every_claim_and_every_mark_is_a_claim(answers: dict[str, Any]) -> None:
    says_every_claim(decided(answers))


@pytest.mark.parametrize("name", NAMES)
def test_every_claim_of_an_example_is_said(name: str) -> None:
    says_every_claim(example(name))


def says_every_claim(decision: Decision) -> None:
    """Every claim is said, and every marked text is a claim."""
    marked = memo_with_marks(decision)
    said = {read_id(id) for id in re.findall(f"{OPEN}([^{END}]*){END}", marked)}
    assert said == {claim.id for claim in claims_of(decision)}
    assert tidy(stripped(marked)) == memo_markdown(decision)
    assert memo_markdown(decision).isascii()


@given(answers=complete_answers())
@examples(150)
def test_near_the_crossover_is_said_exactly_where_the_rules_advise_it(answers: dict[str, Any]) -> None:
    assert _is_near(answers) == _is_advised(answers)


@pytest.mark.parametrize(
    ("volume", "near"), [(57_142, False), (57_143, True), (71_429, True), (85_714, True), (85_715, False)]
)
def test_near_ends_at_a_fifth_on_either_side(volume: int, near: bool) -> None:
    answers = {**EXERCISE, "monthly_images": volume}
    assert _is_near(answers) == _is_advised(answers) == near


def _is_near(answers: dict[str, Any]) -> bool:
    comparison = decided(answers).comparison
    return bool(comparison and comparison.near_crossover)


def _is_advised(answers: dict[str, Any]) -> bool:
    return "near-the-crossover" in {advice.rule for advice in decided(answers).advice}


@given(answers=complete_answers())
@examples(80)
def test_the_table_of_options_agrees_with_the_record(answers: dict[str, Any]) -> None:
    decision = decided(answers)
    cells = [cell for claim in claims_of(decision) for cell in claim.figures.get("cells", ())]
    assert {cell.offer for cell in cells if cell.mark == Fit.NOT_MET} == {step.offer for step in decision.eliminated}
    verified = {cell.route for cell in cells if cell.mark == Fit.TO_VERIFY}
    assert verified <= {step.on for step in decision.trace if step.kind == "verify"}
    assert {condition.route for condition in decision.conditions} <= verified


HOSTILE = {
    "empty": "",
    "blank": " \n\t ",
    "markdown": "A *bold* _claim_ with `code` | bar [link](http://example.com) ![i](x)\n\n## Decision Outcome\n\n> q",
    "html": "<script>alert(1)</script> &amp; <!-- x --> <b onclick=x>b</b> </title></main> ]]>",
    "template": "{{ 7 * 7 }} {% raw %} {# c #} ${x} $x$ \\",
    "yaml": "---\nstatus: accepted\n\"quoted\": 'x' # y\n--- &a *a !!python/object:os.system",
    "terminal": "\x1b[31mred\x1b[0m \x07 \x9b2J \r over",
    "direction": "\u202eright to left\u202c \u2066isolate\u2069 \u200f\u200e\u061c",
    "marks": "\ue000\ue163\ue001not a claim\ue002 \ue003\ue163\ue001",
    "notes": f"{NOTES_END} {NOTES_START}",
    "fence": "```\n~~~\n```yaml\n# date: 2020-01-01",
    "list": "1. one\n* two\n- three\n+ four",
    "other scripts": "\u6f22\u5b57 \u0627\u0644\u0639\u0631 \U0001f3a8\u200d\U0001f4bb e\u0301 \u00df",
    "long": "long " * 1_999 + "end",
    "one long word": "x" * 10_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("name", ["conflict", "own-not-yet", "partial-open"])
def test_free_text_is_text_in_markdown_and_on_a_terminal(name: str, text: str) -> None:
    plain, odd = (_with_text(name, value) for value in ("Plain", text))
    memo = memo_markdown(odd)
    front, body = memo.removeprefix("---\n").split("\n---\n", 1)
    found = yaml.safe_load(front)
    assert list(found) == ["status", "date", "id"]
    assert (found["status"], found["date"]) == ("proposed", datetime.date(2026, 11, 22))
    assert re.fullmatch(r"20261122-[a-z0-9]+(-[a-z0-9]+)*", found["id"])
    assert len(found["id"]) <= 70
    assert [line for line in body.splitlines() if line.startswith("#")] != []
    assert _headings(body)[1:] == _headings(memo_markdown(plain))[1:]
    for shown in (memo, memo_text(odd)):
        assert all(char.isprintable() or char == "\n" for char in shown)
        assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c]", shown)


def _with_text(name: str, text: str) -> Decision:
    """An example with this text in every free field."""
    answers = {**example(name).scenario, "title": text, "region": text, "residency": "in_region"}
    return decided(answers)


def _headings(memo: str) -> list[str]:
    return [line for line in memo.splitlines() if re.match("#+ ", line)]


def test_without_a_volume_the_crossovers_are_said_all_the_same() -> None:
    answers = {name: value for name, value in EXERCISE.items() if name not in ("monthly_images", "residency")}
    memo = memo_markdown(decided(answers))
    assert "| Open-weight inference API | 71,429 images |" in memo
    assert "overhead E = $2,000, GPU-hour G = $1.20, r = 600 images per GPU-hour, c = $0.03 for" in memo


APPENDIX = "\n## More Information\n"
MOST_WORDS = 900


@pytest.mark.parametrize("name", NAMES)
def test_a_memo_of_one_workload_is_short(name: str) -> None:
    """Before the appendix: inputs, options against the axes, rules, origin."""
    text = memo_markdown(example(name)).split("\n---\n", 1)[1].partition(APPENDIX)[0]
    assert sum(any(map(str.isalnum, word)) for word in text.split()) <= MOST_WORDS


@pytest.mark.parametrize("name", NAMES)
def test_the_box_comes_first_and_a_figure_has_one_rounding(name: str) -> None:
    body = memo_markdown(example(name)).split("\n---\n", 1)[1].strip().split("\n")
    assert body[2].startswith(("> * **Decision:** ", "> * **Where it turns:** "))
    assert not re.search(r"\$[0-9,]+\.00\b|[0-9]\.[0-9]+ images|\.[0-9]{7}", "\n".join(body).partition(APPENDIX)[0])
