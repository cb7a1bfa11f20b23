"""The difference of two rulebooks: every flip replays, and no generated scenario flips that it does not list."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from advisor.cli.main import run
from advisor.common.files import bundled
from advisor.decision.decide import decide
from advisor.domain.scenario import Route, Scenario
from advisor.evaluation.compiler import PlainReading
from advisor.evaluation.facts import answer_facts, with_terms
from advisor.evaluation.resolution import judge
from advisor.rule_testing.diff import RulebookDiff, difference
from advisor.rulebook.loader import bundled_rulebook, load_rulebook
from advisor.rulebook.model import Rulebook
from tests.helpers.strategies import EXERCISE, complete_answers, examples, scenario

OLD = bundled_rulebook()
EDITS = {
    "the low month in place of the high one": (
        "preferences.yaml",
        "closed_rent_high: {lt: own_high}}",
        "closed_rent_low: {lt: own_low}}",
    ),
    "nothing decides what is not settled": (
        "preferences.yaml",
        "open_rent_low: {lt: own_low}, open_rent_high: {ge: own_high}}",
        "open_rent_low: {lt: own_low}, open_rent_high: {lt: own_high}}",
    ),
    "twice the overhead": (
        "terms.yaml",
        "monthly_images_low / images_per_gpu_hour) + monthly_overhead",
        "monthly_images_low / images_per_gpu_hour) + 2 * monthly_overhead",
    ),
    "adapters are not enough": ("routes.yaml", "control_depth: adapters", "control_depth: pinned_version"),
    "a revenue cap": ("routes.yaml", "revenue_cap_usd: none", "revenue_cap_usd: 1000000"),
}


@pytest.fixture(scope="module", params=list(EDITS))
def new(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Rulebook:
    folder = tmp_path_factory.mktemp("rules")
    copy_rules(folder)
    file, before, after = EDITS[request.param]
    text = (folder / file).read_text(encoding="utf-8")
    assert before in text
    (folder / file).write_text(text.replace(before, after, 1), encoding="utf-8")
    return load_rulebook(folder)


def copy_rules(folder: Path) -> None:
    for path in bundled("rules").rglob("*.yaml"):
        target = folder / path.relative_to(bundled("rules"))
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(path.read_bytes())


def routes(rulebook: Rulebook, given: Scenario) -> frozenset[Route]:
    facts = with_terms(rulebook, answer_facts(given))
    return frozenset(judge(rulebook, PlainReading(rulebook), facts).verdict.left)


@pytest.fixture(scope="module")
def found(new: Rulebook) -> RulebookDiff:
    return difference(OLD, new)


def test_every_flip_replays(new: Rulebook, found: RulebookDiff) -> None:
    assert found.flips
    for flipped in found.flips:
        assert routes(OLD, flipped.witness) == flipped.old
        assert routes(new, flipped.witness) == flipped.new
    assert 0 < sum(flipped.rows for flipped in found.flips) + found.other_axes <= found.rows


def test_no_scenario_flips_that_is_not_listed(new: Rulebook, found: RulebookDiff) -> None:
    pairs = {(flipped.old, flipped.new) for flipped in found.flips}
    seen = set()

    @settings(parent=examples(300), suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(complete_answers())
    def no_other_pair(answers: dict[str, Any]) -> None:
        given_scenario = scenario({**answers, "annual_revenue_usd": 5_000_000})
        pair = (routes(OLD, given_scenario), routes(new, given_scenario))
        if pair[0] != pair[1]:
            seen.add(pair)
            assert pair in pairs

    no_other_pair()


def test_a_rulebook_does_not_differ_from_itself() -> None:
    found = difference(OLD, load_rulebook())
    assert (found.rules, found.flips, found.other_axes) == ((), (), 0)


def test_rules_that_were_added_removed_or_reworded_are_named(tmp_path: Path) -> None:
    copy_rules(tmp_path)
    latency = tmp_path / "gates" / "latency.yaml"
    text = latency.read_text(encoding="utf-8")
    latency.write_text(text.replace("id: no-queue-spikes", "id: no-spikes"), encoding="utf-8")
    (tmp_path / "cases" / "latency.yaml").unlink()
    control = tmp_path / "gates" / "control.yaml"
    text = control.read_text(encoding="utf-8")
    control.write_text(text.replace("deeper control", "more control"), encoding="utf-8")
    for cases in (tmp_path / "cases").glob("*.yaml"):
        cases.write_text(cases.read_text(encoding="utf-8").replace("no-queue-spikes", "no-spikes"), encoding="utf-8")
    found = difference(OLD, load_rulebook(tmp_path))
    assert {(change.id, change.what, change.parts) for change in found.rules} == {
        ("no-spikes", "added", ()),
        ("no-queue-spikes", "removed", ()),
        ("control-deep-enough", "changed", ("because",)),
    }
    assert (found.flips, found.other_axes) == ((), 0)


def test_the_command_says_which_records_would_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules, records = tmp_path / "rules", tmp_path / "records"
    rules.mkdir()
    records.mkdir()
    copy_rules(rules)
    terms = rules / "terms.yaml"
    terms.write_text(terms.read_text(encoding="utf-8").replace("+ monthly_overhead", "+ 1 * monthly_overhead"))
    for name, volume in (("below", 50_000), ("above", 3_000_000)):
        record = decide(scenario({**EXERCISE, "monthly_images": volume}), decided_on=datetime.date(2026, 11, 22))
        (records / f"{name}.decision.json").write_text(record.to_json(), encoding="utf-8")
    (records / "other.json").write_text("[]", encoding="utf-8")
    command = ["rules", "diff", str(bundled("rules")), str(rules), "--records", str(records)]
    assert run(command) == 0
    assert "0 of 2 records would differ" in capsys.readouterr().out
    preferences = rules / "preferences.yaml"
    text = preferences.read_text(encoding="utf-8").replace(
        "open_rent_high: {ge: own_high}}\n  prefer: self_host",
        "open_rent_high: {ge: own_high}}\n  prefer: closed_api",
        1,
    )
    preferences.write_text(text.replace("over: [open_weight_api, closed_api]", "over: [open_weight_api, self_host]"))
    assert run(command) == 5
    said = capsys.readouterr().out
    assert f"{records / 'above.decision.json'}: self_host (cost) -> closed_api" in said
    assert "1 of 2 records would differ" in said
