"""Mutants: which there are, that the cases kill them or nothing can, and that what is printed tells them apart."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from advisor.cli.main import run
from advisor.common.diagnostics import BadInput
from advisor.common.files import bundled
from advisor.decision.decide import decide
from advisor.domain.cost_model import VOLUMES
from advisor.domain.scenario import FIELDS, validated
from advisor.evaluation.compiler import PlainReading
from advisor.rule_testing.cases import (
    ANY_DAY,
    CheckedOutcome,
    OfferedScenario,
    RulebookVersion,
    differences,
    of_decision,
    situation_of,
    with_offers,
)
from advisor.rule_testing.distinguish import ScenarioSearch
from advisor.rule_testing.mutation import Mutant, MutationResult, mutants, mutate
from advisor.rulebook.loader import load_rulebook
from advisor.rulebook.model import Rulebook
from advisor.scenario_space.amount_regions import AmountExample, AmountSpace, Breakpoints

RULEBOOK = load_rulebook()
MUTANTS = tuple(mutants(RULEBOOK))
AMOUNTS = (*VOLUMES, "open_price", "closed_price", "gpu_hour_price", "images_per_gpu_hour", "monthly_overhead")
NEEDS = ("residency", "output_use", "indemnity_required", "train_on_outputs", "quality", "control", "latency")


@pytest.fixture(scope="module")
def mutation() -> MutationResult:
    """The bundled rules, whole."""
    return mutate(RULEBOOK)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A copy of the bundled rules."""
    return shutil.copytree(bundled("rules"), tmp_path / "rules")


def what_of(rule: str) -> list[str]:
    return [mutant.what for mutant in MUTANTS if mutant.rule == rule]


def test_the_mutants_of_a_gate() -> None:
    assert what_of("control-deep-enough") == [
        "the rule is dropped",
        "its condition is negated",
        "`control: {gt: control_depth}` is dropped",
        "`control: {gt: control_depth}` becomes `control: {lt: control_depth}`",
        "`control: {gt: control_depth}` becomes `control: {ge: control_depth}`",
        "its axis control becomes model_access",
        "its axis control becomes latency",
    ]


def test_the_mutants_of_a_preference_hold_no_comparison_that_would_be_refused() -> None:
    assert what_of("rent-closed-while-unsettled") == [
        "the rule is dropped",
        "its condition is negated",
        "`closed_rent_low: {lt: own_low}` is dropped",
        "`closed_rent_low: {lt: own_low}` becomes `closed_rent_low: {ge: own_low}`",
        "`closed_rent_low: {lt: own_low}` becomes `closed_rent_high: {lt: own_low}`",
        "`closed_rent_low: {lt: own_low}` becomes `closed_rent_low: {lt: own_high}`",
        "`closed_rent_high: {ge: own_high}` is dropped",
        "`closed_rent_high: {ge: own_high}` becomes `closed_rent_high: {lt: own_high}`",
        "`closed_rent_high: {ge: own_high}` becomes `closed_rent_low: {ge: own_high}`",
        "`closed_rent_high: {ge: own_high}` becomes `closed_rent_high: {ge: own_low}`",
        "`closed_rent_low: {ge: own_low}` is dropped",
        "`closed_rent_low: {ge: own_low}` becomes `closed_rent_low: {lt: own_low}`",
        "`closed_rent_low: {ge: own_low}` becomes `closed_rent_high: {ge: own_low}`",
        "`closed_rent_low: {ge: own_low}` becomes `closed_rent_low: {ge: own_high}`",
        "`closed_rent_high: {lt: own_high}` is dropped",
        "`closed_rent_high: {lt: own_high}` becomes `closed_rent_high: {ge: own_high}`",
        "`closed_rent_high: {lt: own_high}` becomes `closed_rent_low: {lt: own_high}`",
        "`closed_rent_high: {lt: own_high}` becomes `closed_rent_high: {lt: own_low}`",
        "`open_weight_api: out` is dropped",
        "`open_weight_api: out` becomes `running`",
        "prefer and over are exchanged",
        "its axis switching_cost becomes cost",
    ]


def test_the_mutants_of_a_term_keep_its_unit() -> None:
    less = "10 * gpu_hour_price * monthly_images / images_per_gpu_hour"
    assert [what.split("becomes ")[1].strip("`") for what in what_of("own_tenfold_less")] == [
        f"{less} - 8 * monthly_overhead",
        f"{less.replace('10', '9')} + 8 * monthly_overhead",
        f"{less.replace('10', '11')} + 8 * monthly_overhead",
        f"{less} + 7 * monthly_overhead",
        f"{less} + 9 * monthly_overhead",
    ]


def test_options_are_replaced_and_taken_away_one_by_one() -> None:
    assert what_of("plan-the-exit") == [
        "the rule is dropped",
        "its condition is negated",
        "`route: closed_api` is dropped",
        "`route: closed_api` becomes `route: self_host`",
        "`route: closed_api` becomes `route: open_weight_api`",
    ]


def test_a_literal_level_and_a_threshold_move_one_step(rules: Path) -> None:
    advice = rules / "advice.yaml"
    when = "{control: {ge: adapters}, monthly_images: {lt: 100}, monthly_overhead: {gt: 0.01}}"
    advice.write_text(advice.read_text().replace("when: {moving: not_yet}", f"when: {when}"))
    shutil.rmtree(rules / "cases")
    changed = {mutant.what for mutant in mutants(load_rulebook(rules)) if mutant.rule == "moving-not-yet"}
    assert changed >= {
        "`control: {ge: adapters}` becomes `control: {ge: pinned_version}`",
        "`control: {ge: adapters}` becomes `control: {ge: latents}`",
        "`monthly_images: {lt: 100}` becomes `monthly_images: {le: 100}`",
        "`monthly_images: {lt: 100}` becomes `monthly_images: {lt: 99}`",
        "`monthly_images: {lt: 100}` becomes `monthly_images: {lt: 101}`",
        "`monthly_overhead: {gt: 0.01}` becomes `monthly_overhead: {gt: 0.010001}`",
    }


def test_every_rule_and_every_sum_has_mutants_with_their_place() -> None:
    """A bare product of amounts has none: with another operator its unit would not fit."""
    with_mutants = RULEBOOK.terms.keys() - {"open_rent", "closed_rent", "gpu_month"}
    assert {mutant.rule for mutant in MUTANTS} == {*RULEBOOK.rules, *with_mutants, "gpu_month_hours"}
    for mutant in MUTANTS:
        assert mutant.line is not None
        assert mutant.rule in Path(mutant.file).read_text().splitlines()[mutant.line - 1]


def test_every_mutant_is_killed_or_equivalent(mutation: MutationResult) -> None:
    assert mutation.failing == ()
    assert [f"{gap.mutant.rule}: {gap.mutant.what}" for gap in mutation.gaps] == []
    assert mutation.killed + len(mutation.equivalent) == len(MUTANTS)
    assert mutation.killed > 300


def test_what_is_equivalent_follows_from_the_range_of_months(mutation: MutationResult) -> None:
    """A second reason to drop a route changes nothing; nor does a term that no rule reads, as others repeat it."""
    redundant = re.compile(r"closed_api is taken out of `prefer`|`(open|closed)_rent_(low|high): .* own_\w+}`")
    assert len(mutation.equivalent) == 18
    for survivor in mutation.equivalent:
        unread = survivor.mutant.rule in ("gpus", "gpus_low", "gpus_high")
        assert unread or redundant.search(survivor.mutant.what), survivor.mutant.what
        assert survivor.why_equivalent


def random_situations(seed: int, count: int) -> Iterator[OfferedScenario]:
    draw = random.Random(seed)
    for _ in range(count):
        answers: dict[str, object] = {
            name: draw.choice(FIELDS[name].options) if not FIELDS[name].boolean else draw.random() < 0.2
            for name in NEEDS
        }
        volumes = sorted(draw.randint(1, 10 ** draw.randint(1, 7)) for _ in VOLUMES)
        answers |= dict(zip(VOLUMES, volumes, strict=True))
        answers |= {
            name: f"0.{draw.randint(1, 10 ** draw.randint(1, 5)):06}" for name in ("open_price", "closed_price")
        }
        answers |= {"gpu_hour_price": f"{draw.randint(1, 300) / 100:.2f}", "images_per_gpu_hour": draw.randint(1, 5000)}
        answers |= {"monthly_overhead": draw.choice([0, 1, 870, 2000, 10**6])}
        yield OfferedScenario(validated(answers, "drawn"), RULEBOOK.offers)


def test_no_scenario_drawn_tells_an_equivalent_mutant_apart(mutation: MutationResult) -> None:
    original = RulebookVersion(RULEBOOK)
    versions = [RulebookVersion(survivor.mutant.rulebook, original) for survivor in mutation.equivalent]
    routes = set()
    for situation in random_situations(1, 150):
        before = original.outcome_of(situation)
        routes.add(before.route)
        assert {version.outcome_of(situation) for version in versions} == {before}
    assert len(routes) == 4


def decided(rulebook: Rulebook, situation: OfferedScenario) -> CheckedOutcome:
    rules = with_offers(rulebook, situation.offers)
    try:
        return of_decision(decide(situation.scenario, rules, decided_on=ANY_DAY, matcher=PlainReading(rules)))
    except BadInput:
        return CheckedOutcome(None, None, None, frozenset())


@pytest.mark.parametrize(
    "mutant", random.Random(1).sample(MUTANTS, 12), ids=lambda mutant: f"{mutant.rule}-{mutant.line}"
)
def test_a_version_comes_out_as_its_rulebook_decides(mutant: Mutant) -> None:
    version = RulebookVersion(mutant.rulebook, RulebookVersion(RULEBOOK))
    about = [case for case in RULEBOOK.cases if mutant.rule in case.about] or list(RULEBOOK.cases)
    for case in random.Random(2).sample(about, 2):
        found = version.outcome_of(situation_of(case))
        if found.status is not None:
            assert found == decided(mutant.rulebook, situation_of(case)), case.id
        else:
            assert decided(mutant.rulebook, situation_of(case)).route is None


def test_the_original_comes_out_as_it_decides() -> None:
    original = RulebookVersion(RULEBOOK)
    for case in RULEBOOK.cases[::8]:
        assert original.outcome_of(situation_of(case)) == decided(RULEBOOK, situation_of(case)), case.id


def test_no_amounts_drawn_fall_outside_the_regions() -> None:
    # Along the throughput the idle hours of `gpus-always-on` rise and fall with each GPU: not every one is looked for.
    rules = [rule for rule in RULEBOOK.rules.values() if rule.id != "gpus-always-on"]
    space = AmountSpace(AMOUNTS, Breakpoints.of_rules(RULEBOOK, rules))
    start: AmountExample = {**dict.fromkeys(VOLUMES, 50_000), "open_price": 30_000, "closed_price": 40_000}
    start |= {"gpu_hour_price": 1_200_000, "images_per_gpu_hour": 600_000, "monthly_overhead": 2 * 10**9}
    as_used: AmountExample = {"gpu_billing": 0, "peak_to_mean": 1_000, "min_gpus": 1}
    start |= as_used
    found = space.examples_from([start])
    draw = random.Random(3)
    many: list[AmountExample] = []
    for _ in range(20_000):
        amounts: AmountExample = {**as_used} | {name: draw.randint(1, 10 ** draw.randint(1, 7)) for name in AMOUNTS[3:]}
        many.append({**amounts, **dict(zip(VOLUMES, sorted(draw.randint(1, 10**6) for _ in VOLUMES), strict=True))})
    assert len(space.examples_from([start, *many])) == len(found)


def test_a_search_reaches_traits_that_no_offer_has() -> None:
    """Own GPUs are out and both providers are in: with the rulebook's offers no scenario does that."""
    original = RulebookVersion(RULEBOOK)
    rule = RULEBOOK.rules["best-of-the-hosted"]
    without = RulebookVersion(
        replace(RULEBOOK, preferences=tuple(r for r in RULEBOOK.preferences if r is not rule)), original
    )
    found = ScenarioSearch(original, []).distinguish(without)
    assert found is not None
    assert found.situation.offers != RULEBOOK.offers
    assert (found.before.route, found.after.route) == ("closed_api", "open_weight_api")


def printed(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str]:
    capsys.readouterr()
    code = run(["rules", "mutate", "--rules", str(folder), *more])
    return code, capsys.readouterr().out


def test_an_emptied_file_of_cases_leaves_gaps(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (rules / "cases" / "latency.yaml").write_text("cases: []\n")
    code, text = printed(rules, capsys, "--rule", "no-queue-spikes")
    assert code == 5
    gap = "gap: no-queue-spikes, its axis latency becomes cost"
    assert f"{gap}\n  --> {rules / 'gates' / 'latency.yaml'}:1\n  given: {{" in text
    assert "75 % killed: 6 of 8 mutants; 0 equivalent, 2 gaps\n" in text


def test_what_is_printed_of_a_gap_is_a_case_that_kills_it(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for file in (rules / "cases").iterdir():
        file.unlink()
    _, text = printed(rules, capsys, "--rule", "own-above-closed-crossover")
    outcome = r"  with the rules: route (\w+), decided by (\w+)"
    gap = re.search(rf"gap: \S+, the rule is dropped\n.*\n  (given: .*)\n  (offers: .*)\n{outcome}", text)
    assert gap, text
    given, offers, route, axis = gap.groups()
    case = f"  - id: told\n    about: []\n    {given}\n    {offers}\n"
    case += f"    expect: {{route: {route}, deciding_axis: {axis}, rules: [own-above-closed-crossover]}}\n"
    (rules / "cases" / "told.yaml").write_text("cases:\n" + case)
    rulebook = load_rulebook(rules)
    (told,) = rulebook.cases
    original = RulebookVersion(rulebook)
    dropped = next(mutant for mutant in mutants(rulebook) if mutant.rule == "own-above-closed-crossover")
    assert differences(told, original.outcome_of(situation_of(told))) == []
    assert differences(told, RulebookVersion(dropped.rulebook, original).outcome_of(situation_of(told)))


def test_no_mutant_is_tried_while_a_case_fails(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = rules / "cases" / "latency.yaml"
    file.write_text(file.read_text().replace("route: self_host", "route: closed_api", 1))
    code, text = printed(rules, capsys)
    assert (code, text) == (
        5,
        "mutants are tried once every case holds; these do not: a-queue-spike-breaks-the-product\n",
    )


def test_a_rule_that_does_not_exist_is_refused(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "mutate", "--rules", str(rules), "--rule", "no-queue-spike"]) == 2
    said = "error: there is no rule `no-queue-spike`\n  --> --rule\n  help: did you mean `no-queue-spikes`?\n"
    assert capsys.readouterr().err == said
