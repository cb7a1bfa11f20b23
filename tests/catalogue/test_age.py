"""How old figures are, how far they may have moved, and which of them could turn a decision."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.catalogue.ageing import aged_entries, is_old, reach
from advisor.catalogue.loader import bundled_catalogue, catalogue_of
from advisor.cli.main import run
from advisor.common.diagnostics import BadInput
from advisor.decision.decide import decide
from advisor.decision.offer_sections import ageing
from advisor.domain.record import Decision
from tests.catalogue.small_catalogue import catalogue, lists
from tests.helpers.strategies import EXERCISE, examples, scenario

CATALOGUE = bundled_catalogue()
ON = datetime.date(2026, 11, 22)
UNPRICED = {name: value for name, value in EXERCISE.items() if "price" not in name and name != "images_per_gpu_hour"}
NEAR_A_TURN = {**UNPRICED, "model": "flux-1-schnell", "monthly_images": 3_000_000}
"""Own GPUs at the price of a community cloud, not far from the volume at which renting costs less."""
FIELDS = {"hosted": "open_price", "closed": "closed_price", "throughput": "images_per_gpu_hour"}


def decided(answers: dict[str, Any], on: datetime.date = ON) -> Decision:
    return decide(scenario(answers), catalogue=CATALOGUE, decided_on=on)


@examples(200)
@given(
    st.sampled_from(CATALOGUE.movements),
    st.integers(1, 10**8),
    st.integers(0, 3000),
    st.integers(0, 3000),
)
def test_a_figure_moves_further_the_older_it_is_and_never_to_zero(
    movement: Any, steps: int, one: int, other: int
) -> None:
    field = FIELDS.get(movement.id, "gpu_hour_price")
    value = Decimal(steps).scaleb(-3 if field == "images_per_gpu_hour" else -6)
    younger, older = (reach(movement, field, value, days) for days in sorted((one, other)))
    assert 0 < older[0] <= younger[0] <= value <= younger[1] <= older[1]
    assert reach(movement, field, value, 0) == (value, value)


def test_a_figure_of_the_age_of_the_movement_may_have_moved_by_all_of_it() -> None:
    movement = catalogue().movements[2]
    assert movement.id == "gpu-on-demand"
    assert reach(movement, "gpu_hour_price", Decimal(2), 60) == (Decimal("1.6"), Decimal("2.6"))
    assert reach(movement, "gpu_hour_price", Decimal(2), 30) == (Decimal("1.777778"), Decimal("2.3"))
    assert (is_old(movement, 60), is_old(movement, 61)) == (False, True)


def test_every_movement_of_the_bundled_catalogue_has_its_reason_and_a_date_before_today() -> None:
    for movement in CATALOGUE.movements:
        assert movement.reason
        assert movement.source
        assert movement.as_of <= ON


def test_a_catalogue_states_the_movement_of_every_kind_of_figure() -> None:
    with pytest.raises(BadInput, match="the movement of `closed` is missing"):
        catalogue_of({**lists(), "movements": tuple(m for m in lists()["movements"] if m.id != "closed")})


def test_figures_that_do_not_hold_or_are_not_known_have_no_age() -> None:
    aged = {one.entry.id: one for one in aged_entries(CATALOGUE, ON)}
    known = [entry for entry in (*CATALOGUE.hosted, *CATALOGUE.closed) if entry.usd != "unknown" and entry.holds_on(ON)]
    assert {entry.id for entry in known} <= set(aged)
    assert "own-hardware" not in aged


def test_an_old_price_that_may_have_passed_a_turn_is_in_the_record() -> None:
    decision = decided(NEAR_A_TURN)
    (found,) = [one for one in decision.ageing if one.flips_at is not None]
    assert (found.field, decision.route, found.route) == ("gpu_hour_price", "self_host", "open_weight_api")
    assert found.could_reach is not None
    assert found.flips_at is not None
    assert Fraction(found.value) < Fraction(found.flips_at) < Fraction(found.could_reach)
    rate = next(quote.value for quote in decision.quotes if quote.field == "images_per_gpu_hour")
    for price, route in ((found.value, "self_host"), (found.could_reach, "open_weight_api")):
        moved = {**NEAR_A_TURN, "gpu_hour_price": Decimal(price), "images_per_gpu_hour": Decimal(rate)}
        assert decided(moved).route == route


@examples(60)
@given(
    st.sampled_from(["flux-1-schnell", "flux-1-dev", "sdxl-1-0", "qwen-image"]),
    st.integers(1_000, 10_000_000),
    st.integers(0, 1_000),
)
def test_what_is_old_is_known_from_dates_and_what_turns_from_the_flips(model: str, volume: int, days: int) -> None:
    decision = decided({**UNPRICED, "model": model, "monthly_images": volume})
    on = ON + datetime.timedelta(days=days)
    old = ageing(decision.quotes, decision.flips, CATALOGUE, on)
    used = {quote.field: quote for quote in decision.quotes if quote.origin == "catalogue"}
    turns = {(flip.field, flip.bound) for flip in decision.flips}
    for one in old:
        assert one.age_days == (on - datetime.date.fromisoformat(one.as_of)).days
        assert (one.value, one.offer) == (used[one.field].value, used[one.field].offer)
        assert one.flips_at is None or (one.field, one.flips_at) in turns
    later = ageing(decision.quotes, decision.flips, CATALOGUE, on + datetime.timedelta(days=30))
    turned = {(one.field, one.flips_at) for one in old if one.flips_at}
    assert {one.field for one in old} <= {one.field for one in later}
    assert turned <= {(one.field, one.flips_at) for one in later}


def test_a_price_that_was_answered_never_ages() -> None:
    answered = {**EXERCISE, "monthly_images": 71_000}
    assert decided(answered, datetime.date(2036, 1, 1)).ageing == []


def test_the_command_lists_the_old_figures_of_the_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catalogue", "age", "--date", "2026-11-22"]) == 0
    said = capsys.readouterr().out
    assert "gpu-market: old after 7 days; such figures have moved: up 49.8%, down 33.2% in 30 days\n" in said
    assert "runpod-h100-sxm-community" in said
    assert "flux-1-schnell-at-nscale" not in said
    assert run(["catalogue", "age", "--date", "2026-11-22", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert len(data["movements"]) == len(CATALOGUE.movements)
    assert f"{len(data['figures'])} figures hold on 2026-11-22, {sum(one['old'] for one in data['figures'])} of" in said


def test_the_command_says_which_figure_of_a_record_could_turn_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photos.decision.json").write_text(decided(NEAR_A_TURN).to_json(), encoding="utf-8")
    assert run(["catalogue", "age", "photos.decision.json", "--date", "2026-11-22"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("photos.decision.json: 4 figures from the catalogue, 2 of them old on 2026-11-22\n")
    turning = (
        "  gpu_hour_price 2.69 (flux-1-schnell--runpod-h100-sxm-community), 13 days old: may be 3.270502 by now,"
        " and past 3.234607 the advice turns: open_weight_api\n"
    )
    assert turning in said
    assert run(["catalogue", "age", ".", "--date", "2026-11-22", "--json"]) == 0
    (record,) = json.loads(capsys.readouterr().out)["records"]
    assert record["figures"] == 4
    assert [one["flips_at"] for one in record["old"]] == ["3.234607", None]
