"""What the monitor prints: the same figures as the record, in lines that fit.

`pytest --snapshot-update tests/monitor/test_summary.py tests/monitor/test_dashboard.py` records the outputs. Read the
difference before it lands.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from advisor.common.diagnostics import HIDDEN, BadInput
from advisor.monitor.model import MonitorResult, Span, Thresholds, result_json
from advisor.monitor.model import MonitorVerdict as Verdict
from advisor.monitor.text_report import LEAST_WIDTH, MOST_MONTHS, bars_of, summary_text
from advisor.monitor.trigger import moved
from advisor.monitor.view_model import view_of
from advisor.usage.model import EXACT, Basis
from tests.helpers.strategies import examples
from tests.monitor.watched_examples import CASES, case
from tests.monitor.watched_strategies import any_watched
from tests.report.test_memo import HOSTILE

RECORDED = ("crossed-and-stable", "approaching", "not-comparable", "insufficient-data")
WIDTH = 80
WORDS = st.sampled_from(["", "a title", "a much longer title " * 10])
ODD = st.one_of(st.text(max_size=80), st.sampled_from([text[:300] for text in HOSTILE.values()]))
_NUMBER = re.compile(r"(?<![\w.])[0-9][0-9,]*(?:\.[0-9]+)?(?!\w)")
_DATE = re.compile(r"\b[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?\b")
_DIGEST = re.compile("sha256:[0-9a-f]{64}")


def without_digests(text: str) -> str:
    """The text without what changes with every rule."""
    return _DIGEST.sub("sha256:...", text)


@pytest.mark.parametrize("name", RECORDED)
def test_the_summary_of_a_case_is_the_golden_one(name: str, golden: Callable[[str], SnapshotAssertion]) -> None:
    assert without_digests(summary_text(case(name), WIDTH)) == golden(f"{name}.txt")


@pytest.mark.parametrize("name", RECORDED)
def test_the_json_of_a_case_is_the_golden_one(name: str, golden: Callable[[str], SnapshotAssertion]) -> None:
    assert without_digests(result_json(case(name))) == golden(f"{name}.json")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("crossed-and-stable", "The answer has changed: run open weights on own GPUs."),
        ("approaching", "Too close to call: the volume is near the crossover."),
        ("not-comparable", "The volume does not matter to this decision."),
        ("insufficient-data", "Too few complete months to tell: 1 of the 3 needed."),
        ("below", "The answer stands: the volume is below the crossover."),
        ("crossed", "The last month is above the crossover, but the mean of the last months is not."),
        ("fell-back", "The volume has fallen back below the crossover."),
    ],
)
def test_the_first_line_says_the_verdict(name: str, said: str) -> None:
    assert summary_text(case(name), WIDTH).split("\n")[0] == said


def test_moving_that_repays_too_late_is_said_in_the_first_line() -> None:
    late = replace(case("crossed-and-stable"), payback_months=Fraction(29))
    assert summary_text(late, WIDTH).startswith("The answer has changed: run open weights on own GPUs, but not yet.\n")


@given(watched=any_watched(ODD), width=st.integers(LEAST_WIDTH, 200), unicode=st.booleans())
@examples(40)
def test_every_line_fits_and_shows(watched: MonitorResult, width: int, unicode: bool) -> None:
    text = summary_text(watched, width, unicode=unicode)
    assert max(map(len, text.splitlines())) <= width
    assert not any(HIDDEN.search(line) for line in text.split("\n"))
    assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)
    assert unicode or text.isascii()
    assert text == summary_text(watched, width, unicode=unicode)


@given(watched=any_watched(WORDS))
@examples(40)
def test_every_number_printed_is_in_the_json_or_the_record(watched: MonitorResult) -> None:
    said = numbers(summary_text(watched, WIDTH))
    assert said - known_numbers(watched) == set()


def numbers(text: str) -> set[Decimal]:
    """The numbers of a text, dates apart; a line break may stand within a phrase, never within a number."""
    return {Decimal(found.replace(",", "")) for found in _NUMBER.findall(_DATE.sub(" ", text))}


def known_numbers(watched: MonitorResult) -> set[Decimal]:
    """Every number of the JSON and of the record, sums from a dollar up also to the cent, and what counts them."""
    found = set(_numbers_in(json.loads(result_json(watched))))
    found |= {Decimal(text) for text in re.findall(r"(?<![\w.])[0-9]+(?:\.[0-9]+)?(?!\w)", watched.decision.to_json())}
    found |= {_to_cents(number) for number in found}
    counts = {sum(month.complete and month.images is not None for month in watched.months), len(watched.overspend)}
    counts |= {sum(month.estimated for month in watched.overspend), max(0, len(watched.months) - MOST_MONTHS)}
    assumed = {
        image / month.requests
        for month in watched.months
        if month.requests and month.images
        for image in (month.images.low, month.images.high)
    }
    grown = [abs(watched.trend.growth_per_month) * 100] if watched.trend else []
    return (
        found
        | set(map(Decimal, counts))
        | {Decimal(each.numerator) for each in assumed if each.denominator == 1}
        | {Decimal(f"{percent:.1f}") for percent in grown}
        | {Decimal(12), Decimal("0.1")}  # the limit of a payback where none is given; "less than 0.1"
    )


def _numbers_in(data: object) -> Iterator[Decimal]:
    if isinstance(data, dict | list):
        for part in data.values() if isinstance(data, dict) else data:
            yield from _numbers_in(part)
    elif isinstance(data, int) or (isinstance(data, str) and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", data)):
        yield abs(Decimal(data))


def _to_cents(number: Decimal) -> Decimal:
    return number if number < 1 else Decimal(int(number * 100 + Decimal("0.5"))) / 100


@given(watched=any_watched(WORDS), width=st.integers(LEAST_WIDTH, 120))
@examples(40)
def test_bars_lie_on_their_side_of_the_crossover(watched: MonitorResult, width: int) -> None:
    bars = bars_of(watched, width, unicode=False)
    shown = watched.months[-MOST_MONTHS:]
    assert len(bars.lines) == len(shown)
    for line, month in zip(bars.lines, shown, strict=True):
        name, drawn = line[:7], line[9:]
        assert name == month.month
        below, mark, above = drawn.partition("|")
        assert bool(mark) == (watched.crossover is not None)
        if month.images is None:
            assert ("gap" if month.missing else "not known") in drawn
            assert not set(drawn) & {"#"}
            continue
        assert ("#" in drawn) == (month.complete and month.images.expected > 0)
        solid = "#" if month.complete else "-"
        if watched.crossover:
            assert above.startswith(solid) == (month.images.expected > watched.crossover.expected)
            assert below.startswith(solid) == (month.images.expected > 0)
            assert below.endswith(solid) == (month.images.expected >= watched.crossover.expected > 0)
        assert (str(month.basis) in drawn) == (month.basis not in EXACT)


def test_the_overspend_names_the_overhead_and_the_volume_it_was_stated_for() -> None:
    crossed = case("crossed-and-stable")
    text = " ".join(summary_text(crossed, WIDTH).split())
    assumed = "assumes $2,000 a month of overhead for own GPUs"
    assert f"{assumed}, stated for 4,000 images a month: check it for 1,640,000 payback" in text
    scenario = {**crossed.decision.scenario, "monthly_images_high": 2_000_000}
    as_stated = replace(crossed, decision=crossed.decision.model_copy(update={"scenario": scenario}))
    assert f"{assumed} payback" in " ".join(summary_text(as_stated, WIDTH).split())
    assert "overhead" not in summary_text(replace(crossed, overhead=None), WIDTH)
    ranged = replace(crossed, overhead=Span(Fraction(1500), Fraction(2000), Fraction(3000)))
    assert "assumes $1,500 to $3,000 a month" in " ".join(summary_text(ranged, WIDTH).split())


def test_leaving_a_preferred_quality_is_said() -> None:
    crossed = case("crossed-and-stable")
    assert json.loads(result_json(crossed))["leaves_preferred_quality"] is True
    assert "quality     the decision preferred a closed flagship API" in summary_text(crossed, WIDTH)
    unchanged = replace(crossed, now=crossed.decision)
    elsewhere = replace(crossed, decision=case("below").decision)
    for other in (unchanged, elsewhere, replace(crossed, now=None)):
        assert not other.leaves_preferred_quality
        assert "quality  " not in summary_text(other, WIDTH)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (
            Thresholds(),
            "3 complete months in a row above N*, on average above 1.1 times N*, and steady or rising (1); 2 months in",
        ),
        (
            Thresholds(stable_months=1, clear_months=1),
            "a complete month above N* and above 1.1 times N*; 1 month below 0.9 times N* undoes it",
        ),
        (Thresholds(strict=True), "the lower quartile of the last 6 complete months in a row is above N*; 2 months"),
    ],
)
def test_the_rule_is_one_sentence_and_its_statistics_a_footnote(rules: Thresholds, said: str) -> None:
    text = " ".join(summary_text(replace(case("below"), thresholds=rules), WIDTH).split())
    (sentence,) = re.findall(r"rule: (.*?)(?= \(1\) steady|$)", text)
    assert said in sentence
    assert "variation" not in sentence
    assert ("(1) steady: their coefficient of variation is at most 0.25" in text) == ("(1)" in sentence)


def test_longer_bars_are_larger_months() -> None:
    lines = bars_of(case("crossed-and-stable"), WIDTH, unicode=True).lines
    lengths = [line.count("█") for line in lines[:-1]]
    assert lengths == sorted(lengths)
    assert lengths[-1] > 2 * lengths[-4] > 0
    assert "░" in lines[-1]
    assert "█" not in lines[-1]


def test_many_months_leave_out_the_earliest_and_say_so() -> None:
    months = tuple(replace(case("below").months[0], month=moved("2020-01", place)) for place in range(40))
    text = summary_text(replace(case("below"), months=months), WIDTH)
    assert "(26 earlier months left out)" in text
    assert "2022-02  " not in text
    assert all(f"{moved('2022-03', place)}  " in text for place in range(14))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_free_text_is_text_on_a_terminal(text: str) -> None:
    base = case("not-comparable")
    decision = base.decision.model_copy(update={"scenario": {**base.decision.scenario, "title": text}})
    odd = summary_text(replace(base, decision=decision, notes=(text,)), WIDTH)
    assert not any(HIDDEN.search(line) for line in odd.split("\n"))
    assert max(map(len, odd.splitlines())) <= WIDTH


def test_what_a_volume_rests_on_is_the_worst_of_its_months() -> None:
    base = case("approaching")
    assert "(requests, 1 to 4 images each)" in " ".join(summary_text(base, WIDTH).split())
    mixed = replace(
        base, months=tuple(replace(m, basis=Basis.DERIVED) if m.month == "2026-08" else m for m in base.months)
    )
    assert "(derived from cost or size)" in " ".join(summary_text(mixed, WIDTH).split())


def test_the_contract_s_keys_come_first_and_amounts_are_text() -> None:
    data = json.loads(result_json(case("crossed-and-stable")))
    assert list(data)[:6] == ["verdict", "months", "trailing_volume", "crossover", "months_since_crossing", "overspend"]
    assert list(data["months"][0])[:6] == ["month", "images", "requests", "cost", "complete", "volume_basis"]
    assert data["months"][0]["images"] == "4000"
    assert data["months"][0]["cost"] == "160.00"
    assert (data["crossover"], data["trailing_volume"], data["overspend"]) == ("52631.58", "1640000", "234952.00")
    assert (data["route"], data["route_now"], data["deciding_axis_now"]) == ("closed_api", "self_host", "cost")
    # By hand: 0.04 * 1,640,000; and 1.20 * 1,640,000 / 600 + 2000, with five times the images an hour beside it.
    assert data["costs_at_trailing_volume"] == {
        "hosted": "65600.00",
        "hosted_at_list_price": "65600.00",
        "own": "5280.00",
        "own_few_step": "2656.00",
    }


@given(watched=any_watched(ODD))
@examples(25)
def test_the_json_is_json_and_holds_the_ends(watched: MonitorResult) -> None:
    text = result_json(watched)
    data = json.loads(text.encode())
    assert data["verdict"] in set(Verdict)
    for found, month in zip(data["months"], watched.months, strict=True):
        if month.images:
            assert abs(Fraction(found["images_low"]) - month.images.low) <= Fraction(1, 2)
            assert Fraction(found["images_low"]) <= Fraction(found["images"]) <= Fraction(found["images_high"])
    assert text == result_json(watched)


@given(month=st.integers(0, 3000), one=st.integers(0, 500), other=st.integers(0, 500))
def test_months_later_add_up(month: int, one: int, other: int) -> None:
    start = moved("2000-01", month)
    assert moved(moved(start, one), other) == moved(start, one + other)
    assert moved(start, 12) == f"{int(start[:4]) + 1}{start[4:]}"


def test_templates_of_one_s_own_are_used_and_their_faults_named(tmp_path: Path) -> None:
    from advisor.common.files import bundled

    shutil.copytree(bundled("templates"), tmp_path, dirs_exist_ok=True)
    (tmp_path / "monitor.txt.j2").write_text("{{ result.verdict }} {{ nothing }}")
    with pytest.raises(BadInput, match="unknown name `nothing`"):
        summary_text(case("below"), WIDTH, tmp_path)
    (tmp_path / "monitor.txt.j2").write_text("{{ result.verdict }}")
    assert summary_text(case("below"), WIDTH, tmp_path) == "below\n"


def test_every_case_has_its_verdict() -> None:
    assert {case(name).verdict for name in CASES} == set(Verdict)
    assert view_of(case("crossed-and-stable")).changed
    assert not view_of(case("below")).changed
