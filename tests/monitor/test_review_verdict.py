"""What a review found of the verdict: sentences that the figures beside them contradict, and prices of no bill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.cli.main import run
from advisor.domain.scenario import Route
from advisor.monitor.dashboard import dashboard_html
from advisor.monitor.model import Guess, MonitorResult, Thresholds
from advisor.monitor.model import MonitorVerdict as Verdict
from advisor.monitor.monthly_usage import Assumed
from advisor.monitor.text_report import summary_text
from advisor.monitor.trigger import month_states
from advisor.monitor.view_model import view_of
from advisor.usage.model import Basis
from tests.helpers.strategies import EXERCISE, examples
from tests.monitor.test_months import ASSUMED, months, span, whole
from tests.monitor.test_triggers import ONE, series
from tests.monitor.test_watch import STARTUP, months_, watched

EXAMPLE = Path(__file__).parents[2] / "examples" / "startup-year"
OPEN_API = {**EXERCISE, "current_route": "open_weight_api"}
BEST = {**STARTUP, "monthly_images": 4_000, "open_price": "0.001", "quality": "best_preferred"}
LESS, MORE = "Own GPUs would cost less", "Own GPUs would cost more"


def said(found: MonitorResult) -> tuple[str, str]:
    """The headline and what it means; the page has the same."""
    page = dashboard_html(found, None)
    headline, meaning = summary_text(found, 200).split("\n")[:2]
    assert f"<h1>{headline}</h1>" in page
    assert f"<p>{meaning}</p>" in page
    return headline, meaning


@pytest.mark.parametrize(
    ("volumes", "verdict", "headline", "meaning"),
    [
        (
            [90_000] * 3 + [66_000] * 7,
            Verdict.CROSSED_AND_STABLE,
            "The volume is below the crossover, but not clearly or long enough to have fallen back.",
            MORE,
        ),
        (
            [200_000, 300_000, 50_000],
            Verdict.BELOW,
            "The last month is below the crossover, but the mean of the last months is above it: by the mean, run",
            LESS,
        ),
        (
            [30_000, 30_000, 80_000],
            Verdict.CROSSED,
            "The last month is above the crossover, but the mean of the last months is not.",
            MORE,
        ),
        (
            [30_000, 30_000, 70_000],
            Verdict.APPROACHING,
            "Too close to call: the last month is near the crossover, the mean of the last months below it.",
            MORE,
        ),
        (
            [200_000, 300_000, 70_000],
            Verdict.APPROACHING,
            "Too close to call: the last month is near the crossover, the mean of the last months above it.",
            LESS,
        ),
        (
            [300_000, 300_000, 300_000, 50_000, 50_000],
            Verdict.FELL_BACK,
            "The last month has fallen back below the crossover, the mean of the last months has not.",
            LESS,
        ),
    ],
)
def test_the_headline_agrees_with_the_volume_beside_it(
    volumes: Sequence[int], verdict: Verdict, headline: str, meaning: str
) -> None:
    found = watched(OPEN_API, months_(volumes, price="0.03"))
    assert found.verdict is verdict
    first, second = said(found)
    assert first.startswith(headline)
    assert second.startswith(meaning)


def test_where_owning_was_decided_a_month_slightly_below_is_no_reason_to_rent() -> None:
    found = watched({**EXERCISE, "monthly_images": 3_000_000}, months_([67_000] * 4, price="0.03"))
    assert (found.decision.route, found.verdict) == (Route.SELF_HOST, Verdict.CROSSED_AND_STABLE)
    headline, meaning = said(found)
    assert headline.startswith("The volume is below the crossover, but not clearly")
    assert headline.endswith(": at this volume, call an open-weight inference API.")
    assert meaning.startswith(MORE)


@given(volumes=st.lists(st.integers(1, 40), min_size=3, max_size=8), owning=st.booleans())
@examples(40)
def test_no_sentence_compares_otherwise_than_the_figures(volumes: list[int], owning: bool) -> None:
    """At $0.03 paid N* is 71,428.57; whatever is said of the mean is what the trailing volume says."""
    answers = {**EXERCISE, "monthly_images": 3_000_000} if owning else OPEN_API
    found = watched(answers, months_([count * 7_000 for count in volumes], price="0.03"))
    assert found.trailing_volume is not None
    assert found.crossover is not None
    above = found.trailing_volume.expected > found.crossover.expected
    assert view_of(found).own_cheaper == above
    headline, meaning = said(found)
    if meaning.startswith((LESS, "Own GPUs are the cheaper", "Own GPUs would be cheaper")):
        assert above
    if meaning.startswith((MORE, "Own GPUs would no longer be cheaper")):
        assert not above
    if headline.startswith("The volume is above"):
        assert above
    if headline.startswith(("The volume is below", "The volume has fallen")):
        assert not above


def test_a_steady_volume_that_fired_stays_crossed_whatever_clears_it() -> None:
    rules = Thresholds(clear_below=Fraction(3, 2))
    states = [step.state for step in month_states(series(*["1.2"] * 8), ONE, rules)]
    assert states[2:] == [Verdict.CROSSED_AND_STABLE] * 6


@pytest.mark.parametrize(
    ("more", "help"),
    [
        (["--clear-below", "1.5"], "write at most --margin, 1.1"),
        (["--clear-below", "1.01", "--strict"], "write 1 at most"),
        (["--clear-below", "1.2", "--margin", "0.5"], "write 1 at most"),
    ],
)
def test_what_would_clear_each_crossing_is_refused(
    capsys: pytest.CaptureFixture[str], more: list[str], help: str
) -> None:
    assert (
        run(["monitor", str(EXAMPLE / "usage" / "*"), "--decision", str(EXAMPLE / "startup.decision.json"), *more]) == 2
    )
    error = capsys.readouterr().err
    assert "would clear a crossing in the months that make it stable" in error
    assert help in error


def test_where_owning_never_pays_a_changed_answer_is_the_headline() -> None:
    found = watched({**BEST, "current_route": "open_weight_api"}, months_([300_000] * 4, price="0.001"))
    assert found.verdict is Verdict.NOT_COMPARABLE
    assert found.decision.route is Route.CLOSED_API
    assert said(found)[0] == (
        "Own GPUs are never cheaper at this price, but the answer has changed: call an open-weight inference API."
    )
    same = replace(found, decision=found.now or found.decision)
    assert said(same)[0] == "Own GPUs are never cheaper at this price."


def test_a_payback_is_that_of_a_move_to_own_gpus_alone() -> None:
    found = watched(BEST, months_([300_000] * 4))
    assert found.now is not None
    assert (found.now.route, found.payback_months) == (Route.OPEN_WEIGHT_API, None)
    assert "payback" not in summary_text(found, 200)
    assert "Payback of moving" not in dashboard_html(found, None)
    moving = watched(STARTUP, months_([300_000] * 4))
    assert moving.now is not None
    assert moving.now.route is Route.SELF_HOST
    assert "\npayback     moving costs $60,000 once and repays after" in summary_text(moving, 200)


PRICE = Assumed(today=ASSUMED.today, price=span("0.02", "0.02", "0.02"), stated=frozenset({Guess.PRICE_PER_IMAGE}))


def test_a_price_that_is_stated_is_the_price_paid() -> None:
    by_cost = [
        day for month in ("2026-08", "2026-09", "2026-10") for day in whole(month, basis=Basis.DERIVED, cost=800)
    ]
    found = watched(OPEN_API, months(by_cost, PRICE))
    assert found.paid_price == span("0.02", "0.02", "0.02")
    assert found.crossover is not None
    assert found.crossover.expected == Fraction(2_000) / Fraction("0.018")
    assert found.verdict is Verdict.BELOW
    assert not any("--price-per-image" in note for note in found.notes)


def test_a_price_that_is_guessed_is_none_that_was_paid() -> None:
    by_cost = [
        day for month in ("2026-08", "2026-09", "2026-10") for day in whole(month, basis=Basis.DERIVED, cost=800)
    ]
    found = watched(OPEN_API, months(by_cost, replace(PRICE, stated=frozenset())))
    assert found.paid_price is None
    assert sum("--price-per-image" in note for note in found.notes) == 1


def test_megapixels_with_a_cost_have_a_price() -> None:
    days = whole("2026-10", meter="fal", basis=Basis.DERIVED, megapixels=1_000, cost=12)
    stated = frozenset({Guess.MEGAPIXELS_PER_IMAGE})
    (month,) = months(days, replace(ASSUMED, megapixels_per_image=span(1, 1, 1), stated=stated))
    assert month.paid_price == span("0.012", "0.012", "0.012")
    assert month.guessed == frozenset()
    (month,) = months(days)
    assert month.paid_price == span("0.003", "0.012", "0.048")
    found = watched(OPEN_API, [month])
    assert [note for note in found.notes if "--" in note] == [
        "images are derived from megapixels: say how many one has with --megapixels-per-image"
    ]


def test_requests_whose_images_are_stated_ask_for_nothing() -> None:
    days = whole("2026-10", source="nginx", basis=Basis.REQUESTS, requests=100)
    hint = "--images-per-request"
    assert any(hint in note for note in watched(OPEN_API, months(days)).notes)
    stated = replace(ASSUMED, images_per_request=span(1, 1, 1), stated=frozenset({Guess.IMAGES_PER_REQUEST}))
    assert not any(hint in note for note in watched(OPEN_API, months(days, stated)).notes)


def table(path: Path, header: str, rows: list[str]) -> str:
    """A plain table."""
    path.write_text("\n".join([header, *rows]) + "\n")
    return str(path)


def monitored(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """What the command finds, as JSON."""
    assert run(["monitor", *arguments, "--json"]) == 0
    data: dict[str, Any] = json.loads(capsys.readouterr().out)
    return data


def test_options_that_are_given_are_not_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mapping = tmp_path / "p.yaml"
    mapping.write_text("meter: fal\ncolumns: {at: at, cost: cost}\n")
    bill = table(tmp_path / "bill.csv", "at,cost", [f"2026-10-{day:02},50" for day in range(1, 32)])
    decision = str(EXAMPLE / "startup.decision.json")
    arguments = [bill, "--mapping", str(mapping), "--decision", decision, "--no-history", "--date", "2026-11-05"]
    asked = monitored(capsys, *arguments)
    assert asked["paid_price"] is None
    assert any("--price-per-image" in note for note in asked["notes"])
    given_ = monitored(capsys, *arguments, "--price-per-image", "0.02")
    assert given_["paid_price"] == "0.02"
    assert not any("--price-per-image" in note for note in given_["notes"])


def test_what_new_files_cover_leaves_the_months_kept_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping, decision = tmp_path / "p.yaml", tmp_path / "startup.decision.json"
    mapping.write_text("meter: openai\ncolumns: {at: at, images: images}\n")
    decision.write_bytes((EXAMPLE / "startup.decision.json").read_bytes())
    days = [f"2026-{month:02}-{day:02},100" for month in (7, 8, 9) for day in range(1, 31)]
    first = table(tmp_path / "first.csv", "at,images", days)
    more = ["--mapping", str(mapping), "--decision", str(decision)]
    monitored(capsys, first, *more, "--date", "2026-10-02")
    second = table(tmp_path / "second.csv", "at,images", ["2026-10-03,100", "2026-10-05,100"])
    found = monitored(capsys, second, *more, "--date", "2026-11-02", "--covers", "2026-10-01..2026-10-31")
    assert [(month["month"], month["complete"]) for month in found["months"]] == [
        ("2026-07", True),
        ("2026-08", True),
        ("2026-09", True),
        ("2026-10", True),
    ]


def test_a_closed_output_is_no_fault(tmp_path: Path) -> None:
    page = tmp_path / "watch.html"
    arguments = ["monitor", str(EXAMPLE / "usage" / "*"), "--decision", str(EXAMPLE / "startup.decision.json")]
    arguments += ["--no-history", "--date", "2026-11-02", "--exit-code", "--html", str(page)]
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "advisor", *arguments],
        stderr=subprocess.PIPE,
        env=dict(os.environ),
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr.decode()) == (10, f"dashboard: {page}\n")
    assert page.read_text().startswith("<!doctype html>")
