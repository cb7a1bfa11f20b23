"""What a review found once: prices of a part of the bill, sparse months, other choices in the history, wide ranges."""

from __future__ import annotations

import datetime
import json
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from advisor.cli.main import run
from advisor.domain.scenario import Route
from advisor.monitor.model import MonitorVerdict as Verdict
from advisor.monitor.model import Span
from advisor.monitor.monthly_usage import Assumed, months_of
from advisor.usage.model import GATEWAY, Basis
from tests.monitor.test_months import ASSUMED, day, months, span, whole
from tests.monitor.test_watch import STARTUP, YEAR, months_, watched

EXAMPLE = Path(__file__).parents[2] / "examples" / "startup-year"
LINE = '1.2.3.4 - - [{on}:00:00:10 +0000] "POST {path} HTTP/1.1" 200 12 "-" "x"\n'


def test_a_bill_for_some_of_the_images_prices_those_alone() -> None:
    openai = whole("2026-01", images=100, cost=4)
    replicate = whole("2026-01", source="replicate-predictions", meter="replicate", basis=Basis.REQUESTED, images=50)
    found, notes = months_of(openai + replicate, ASSUMED)
    assert found[0].images == span(300, 300, 300)
    assert found[0].paid_price == span("0.04", "0.04", "0.04")
    assert not found[0].billed
    assert any("not for all of its images" in note for note in notes)


def test_a_bill_that_ends_early_prices_the_days_it_reaches() -> None:
    days = [day("2026-08-01", images=100), day("2026-08-20", images=100), day("2026-08-31", images=100)]
    (month,) = months([*days, day("2026-08-01", source="openai-costs", basis=Basis.DERIVED, cost=4)])
    assert month.paid_for == span(100, 100, 100)
    assert month.paid_price == span("0.04", "0.04", "0.04")


def test_a_log_in_front_has_the_bills_of_all_behind_it() -> None:
    log = whole("2026-01", source="nginx", meter=GATEWAY, basis=Basis.REQUESTS, requests=50)
    bill = whole("2026-01", source="focus", meter="a cloud", basis=Basis.DERIVED, cost=2)
    (month,) = months(log + bill, replace(ASSUMED, images_per_request=span(1, 1, 1)))
    assert month.billed
    assert month.paid_price == span("0.04", "0.04", "0.04")


def test_a_month_of_three_days_between_whole_ones_is_not_complete() -> None:
    days = [*whole("2026-05", images=1), day("2026-06-10", images=1), day("2026-06-12", images=1)]
    found = months([*days, *whole("2026-07", images=1)])
    assert [month.complete for month in found] == [True, False, True]
    assert found[1].why_partial == "it is known from 2026-06-10 to 2026-06-12 only"
    covers = (datetime.date(2026, 5, 1), datetime.date(2026, 7, 31))
    assert all(month.complete for month in months(days, Assumed(today=ASSUMED.today, covers=covers)))


def test_a_long_weekend_is_no_gap() -> None:
    days = [*whole("2026-04", images=1), day("2026-05-04", images=1), day("2026-05-29", images=1)]
    assert all(month.complete for month in months([*days, *whole("2026-06", images=1)]))


def test_sources_of_different_months_do_not_clash() -> None:
    log = whole("2026-02", source="nginx", meter=GATEWAY, basis=Basis.REQUESTS, requests=5)
    assert len(months(whole("2026-01", images=1) + log)) == 2


def test_a_range_whose_dear_end_never_wins_is_too_close_to_call() -> None:
    found = watched(STARTUP, months_(YEAR), gpu_hour_price=Span(Fraction(1), Fraction(2), Fraction(30)))
    assert found.verdict is Verdict.APPROACHING
    assert any("narrow them" in note for note in found.notes)


def test_ranges_widen_the_overspend() -> None:
    wide = Span(Fraction(1_000), Fraction(2_000), Fraction(6_000))
    last = watched(STARTUP, months_(YEAR), monthly_overhead=wide).overspend[-1].so_far
    since_april = Fraction(278_220)
    assert last == Span(since_april - 7 * 4_000, since_april, since_april + 7 * 1_000)


def test_another_hosted_route_in_use_is_not_owning() -> None:
    answers = {**STARTUP, "quality": "open_suffices", "monthly_images": 2_000_000}
    found = watched(answers, months_([80_600, 60_000, 80_600], price="0.03"), route=Route.OPEN_WEIGHT_API)
    assert found.decision.route is Route.SELF_HOST
    assert found.verdict is Verdict.CROSSED


def test_credits_are_said() -> None:
    found = watched(STARTUP, months_(YEAR, price="0"))
    assert any("credits" in note for note in found.notes)


@pytest.fixture
def startup(tmp_path: Path) -> Path:
    """A copy of the startup's year to write beside."""
    return shutil.copytree(EXAMPLE, tmp_path / "startup year")


def monitor(folder: Path, *more: str) -> int:
    """Runs the command on the decision of that folder."""
    return run(["monitor", *more, "--decision", str(folder / "startup.decision.json"), "--date", "2026-11-02"])


def test_rows_chosen_otherwise_are_not_mixed_into_the_history(
    startup: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = startup / "access.log"
    days = ("01/Sep/2026", "30/Sep/2026")
    log.write_text("".join(LINE.format(on=on, path=path) for on in days for path in ("/images", "/edits", "/edits")))

    def counted(*more: str) -> Any:
        assert monitor(startup, str(log), "--json", *more) == 0
        data = json.loads(capsys.readouterr().out)
        return data["months"][0]["requests"], [note for note in data["notes"] if "selected differently" in note]

    assert counted() == (6, [])
    assert counted("--request-path", "/images") == (
        2,
        ["2 days kept from nginx are left out, as their rows were selected differently"],
    )
    assert counted()[0] == 6


@pytest.mark.parametrize("option", ["--rejects", "--html", "--history"])
def test_what_is_read_is_never_written_over(startup: Path, capsys: pytest.CaptureFixture[str], option: str) -> None:
    bill = startup / "usage" / "costs-2026-10.json"
    before = bill.read_bytes()
    assert monitor(startup, str(startup / "usage" / "*"), option, str(bill)) == 2
    assert "would be written over" in capsys.readouterr().err
    assert bill.read_bytes() == before


def test_the_link_to_a_memo_is_quoted_once(startup: Path) -> None:
    page = startup.parent / "watch.html"
    assert monitor(startup, str(startup / "usage" / "*"), "--no-history", "--html", str(page)) == 0
    assert 'href="./startup%20year/startup.memo.md"' in page.read_text()


@pytest.mark.parametrize(
    "more", [["--decision", "."], ["--decision", ""], ["--decision", "/"], ["--date", "9999-12-31"]]
)
def test_odd_arguments_are_refused(startup: Path, capsys: pytest.CaptureFixture[str], more: list[str]) -> None:
    assert monitor(startup, str(startup / "usage" / "*"), "--no-history") == 0
    capsys.readouterr()
    usage = [str(startup / "usage" / "*"), "--decision", str(startup / "startup.decision.json")]
    assert run(["monitor", *usage, *more]) == 2
    assert capsys.readouterr().err.startswith("error: ")
