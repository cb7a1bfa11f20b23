"""The proofs: all hold of the bundled rules, each fails on a rulebook with its fault, and what they show replays."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import z3

from advisor.cli.main import run
from advisor.common.files import bundled
from advisor.decision.decide import decide
from advisor.domain.cost_model import own, rent
from advisor.domain.scenario import Route
from advisor.domain.scenario_io import read_scenario
from advisor.evaluation.facts import answer_facts
from advisor.evaluation.resolution import NOTHING, Folded, Silenced
from advisor.evaluation.z3_backend import LOGIC
from advisor.rule_testing.proofs import fault_files, proofs, witness_files
from advisor.rule_testing.properties import Example, Proof, SymbolicScenario
from advisor.rule_testing.solver import ScenarioSolver, Unsettled
from advisor.rulebook.loader import bundled_rulebook, load_rulebook
from advisor.rulebook.model import All, AnyOf, Comparison, Condition, Rulebook
from advisor.scenario_space.amount_regions import AmountRegions, PreferenceBreakpoints, Truths
from advisor.scenario_space.completions import completions_of
from tests.helpers.strategies import EXERCISE, scenario
from tests.rule_testing.planted_faults import FAULTS, Fault, judged, left, rule, without

NAMES = [
    "one-route",
    "gates-dominate",
    "cost-inequality",
    "monotone-in-volume",
    "on-premises",
    "axes-decide",
    "no-idle-rule",
    "no-implied-rule",
    "no-contradiction",
    "partial-answers",
]
OTHER_TRAITS = {
    "stays-in-region",
    "licence-covers-region",
    "commercial-use-allowed",
    "revenue-under-licence-cap",
    "best-of-the-hosted",
    "own-above-closed-crossover",
    "rent-closed-while-unsettled",
}
"""Rules that change nothing with the generic offers: they are there for offers with other traits."""


@pytest.fixture(scope="module")
def of_the_bundled_rules() -> dict[str, Proof]:
    return {proof.name: proof for proof in proofs(bundled_rulebook())}


def test_every_claim_holds_of_the_bundled_rules(of_the_bundled_rules: dict[str, Proof]) -> None:
    assert list(of_the_bundled_rules) == NAMES
    found = [(proof.name, proof.faults, proof.unsettled) for proof in of_the_bundled_rules.values()]
    assert found == [(proof.name, (), None) for proof in of_the_bundled_rules.values()]


def test_every_rule_has_a_scenario_in_which_it_matters(of_the_bundled_rules: dict[str, Proof]) -> None:
    rulebook, witnesses = bundled_rulebook(), of_the_bundled_rules["no-idle-rule"].witnesses
    assert list(witnesses) == list(rulebook.rules)
    assert {rule for rule, example in witnesses.items() if example.traits} == OTHER_TRAITS
    for id, example in witnesses.items():
        if id in {advice.id for advice in rulebook.advice}:
            assert id in {said.rule for said in decide(example.scenario, example.rulebook).advice}
        else:
            left = judged(example.rulebook, example.scenario).verdict.left
            assert judged(without(example.rulebook, id), example.scenario).verdict.left != left


def test_a_witness_states_the_traits_it_needs(of_the_bundled_rules: dict[str, Proof]) -> None:
    proof = of_the_bundled_rules["no-idle-rule"]
    example = proof.witnesses["own-above-closed-crossover"]
    assert example.traits == {"any-closed-flagship": {"shared_queue": "unknown"}}
    text = witness_files(proof)["witnesses/own-above-closed-crossover.scenario.yaml"]
    assert "# with other traits in routes.yaml: any-closed-flagship: shared_queue: unknown\n" in text
    as_stated = bundled_rulebook()
    idle = without(as_stated, "own-above-closed-crossover")
    assert left(idle, example.scenario) == left(as_stated, example.scenario)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A copy of the bundled rules without their cases."""
    return shutil.copytree(bundled("rules"), tmp_path / "rules", ignore=shutil.ignore_patterns("cases"))


def change(rules: Path, fault: Fault) -> None:
    path = rules / fault.file
    text = path.read_text(encoding="utf-8")
    assert text.count(fault.text) == 1
    path.write_text(text.replace(fault.text, fault.by), encoding="utf-8")


@pytest.mark.parametrize("kind", FAULTS)
def test_a_faulty_rulebook_is_caught_and_its_scenario_replays(
    kind: str, rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fault = FAULTS[kind]
    change(rules, fault)
    out = tmp_path / "out"
    assert run(["rules", "prove", "--rules", str(rules), "--only", fault.claim, "--json", "--out", str(out)]) == 5
    (proof,) = json.loads(capsys.readouterr().out)["proofs"]
    assert (proof["name"], proof["verdict"]) == (fault.claim, "fails")
    named = [said for said in proof["faults"] if fault.rules <= {rule["rule"] for rule in said["rules"]}]
    assert named
    assert all((rules / rule["file"]).is_file() and rule["line"] for said in named for rule in said["rules"])
    assert not any(scenario["traits"] for said in named for scenario in said["scenarios"])
    files = sorted(path for path in out.glob(f"{fault.claim}*.scenario.yaml"))
    written = {path: read_scenario(str(path)) for path in files}
    shown = [scenario["scenario"] for said in named for scenario in said["scenarios"]]
    scenarios = [scenario for scenario in written.values() if scenario.answers() in shown]
    assert len(scenarios) == len(shown)
    assert fault.replays(load_rulebook(rules), scenarios)


def test_a_fault_is_printed_with_its_rules_and_its_scenario(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(rules, FAULTS["a preference dropped, so that two routes are left"])
    assert run(["rules", "prove", "--rules", str(rules)]) == 5
    shown = capsys.readouterr().out
    assert re.search(r"^one-route +FAILS +\d+ ms  with any traits", shown, re.MULTILINE)
    assert re.search(r"^ +rules: `rent-below-crossover` \(.*preferences\.yaml:\d+\)", shown, re.MULTILINE)
    assert re.search(r"^    one-route\.scenario\.yaml:$", shown, re.MULTILINE)
    assert re.search(r"^      gpu_hour_price: 1\.2$", shown, re.MULTILINE)
    assert "10 claims: " in shown


def test_the_bundled_rules_are_proved_by_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "prove"]) == 0
    shown = capsys.readouterr().out.splitlines()
    claims = [line.split()[:2] for line in shown if not line.startswith(" ")][:-1]
    assert claims == [[name, "holds"] for name in NAMES]
    assert shown[-1].startswith("10 claims: 10 hold, 0 do not; ")


# ---------------------------------------------------------------- faults that loading refuses


def with_comparison(rulebook: Rulebook, rule: str, old: Comparison, new: Comparison) -> Rulebook:
    """The rulebook with one comparison replaced, without the checks of loading."""

    def changed(condition: Condition) -> Condition:
        if isinstance(condition, Comparison):
            return new if condition == old else condition
        parts = tuple(map(changed, condition.parts))
        return All(parts) if isinstance(condition, All) else AnyOf(parts)

    gates = tuple(replace(gate, when=changed(gate.when)) if gate.id == rule else gate for gate in rulebook.gates)
    preferences = tuple(
        replace(preference, when=changed(preference.when)) if preference.id == rule else preference
        for preference in rulebook.preferences
    )
    assert (gates, preferences) != (rulebook.gates, rulebook.preferences)
    return replace(rulebook, gates=gates, preferences=preferences)


def proof_of(rulebook: Rulebook, name: str) -> Proof:
    (proof,) = proofs(rulebook, [name])
    return proof


def only(proof: Proof) -> tuple[Example, ...]:
    assert proof.verdict == "fails"
    return proof.faults[0].examples


def test_a_lost_tie_is_shown_by_amounts_that_tie_exactly() -> None:
    old = Comparison("closed_rent_high", "ge", "own_high", against_name=True)
    rulebook = with_comparison(bundled_rulebook(), "own-above-closed-crossover", old, replace(old, op="gt"))
    proof = proof_of(rulebook, "cost-inequality")
    (example,) = only(proof)
    assert {rule.id for rule in proof.faults[0].rules} & {"own-above-closed-crossover"}
    s = example.scenario
    assert s.closed_price is not None
    assert s.gpu_hour_price is not None
    assert s.images_per_gpu_hour is not None
    assert s.high is not None
    running = own(s.gpu_hour_price, s.images_per_gpu_hour, s.monthly_overhead or 0, s.high)
    assert rent(s.closed_price, s.high) == running
    assert left(example.rulebook, s) != (Route.SELF_HOST,)


def test_a_gate_that_reads_an_amount_is_caught() -> None:
    old = Comparison("latency", "eq", "predictable")
    rulebook = with_comparison(
        bundled_rulebook(), "no-queue-spikes", old, Comparison("monthly_images", "gt", 1_000_000)
    )
    before, after = only(proof_of(rulebook, "gates-dominate"))
    assert before.scenario.residency == after.scenario.residency
    feasible = [judged(example.rulebook, example.scenario).verdict.feasible for example in (before, after)]
    assert feasible[0] != feasible[1]


def test_a_fault_that_needs_other_offers_says_which() -> None:
    undecided = without(bundled_rulebook(), "own-above-closed-crossover")
    proof = proof_of(undecided, "one-route")
    (example,) = only(proof)
    assert len(left(example.rulebook, example.scenario)) == 2
    assert len(left(undecided, example.scenario)) < 2
    (text,) = fault_files(proof).values()
    for offer, traits in example.traits.items():
        assert f"# with other traits in routes.yaml: {offer}: " in text
        assert all(f"{name}: {value}" in text for name, value in traits.items())
    assert example.traits


def test_a_trait_that_the_claim_needs_has_to_be_there() -> None:
    rulebook = bundled_rulebook()
    traits = {name: trait for name, trait in rulebook.traits.items() if name != "leaves_premises"}
    gates = tuple(gate for gate in rulebook.gates if gate.id != "stays-on-premises")
    proof = proof_of(replace(rulebook, traits=traits, gates=gates), "on-premises")
    assert [fault.what for fault in proof.faults] == ["no offer states the trait `leaves_premises`"]


def test_offers_ruled_out_by_no_answer_are_not_explained(rules: Path) -> None:
    path = rules / "gates" / "latency.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + rule("no-queues", "latency", "{shared_queue: [yes, no]}", "eliminate: offer"), "utf-8")
    rulebook = load_rulebook(rules)
    (example,) = only(proof_of(rulebook, "one-route"))
    assert not left(rulebook, example.scenario)
    assert not decide(example.scenario, rulebook).conflicts


# ---------------------------------------------------------------- faults of the program


def test_an_axis_that_cannot_be_silenced_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    fold = SymbolicScenario.fold

    def deaf(self: SymbolicScenario, silenced: Silenced = NOTHING, without: str | None = None) -> Folded[Any]:
        return fold(self, NOTHING, without)

    monkeypatch.setattr(SymbolicScenario, "fold", deaf)
    (example,) = only(proof_of(bundled_rulebook(), "axes-decide"))
    assert len(left(bundled_rulebook(), example.scenario)) < len(Route)


def with_cells(monkeypatch: pytest.MonkeyPatch, change: Callable[[dict[Truths, Any]], dict[Truths, Any]]) -> None:
    """The completions' cells, changed."""
    amounts = completions_of(bundled_rulebook()).amounts

    def regions(known: Any, ranged: bool) -> AmountRegions:
        return AmountRegions(change(amounts.regions(known, ranged).witnesses))

    changed = SimpleNamespace(amounts=SimpleNamespace(names=amounts.names, regions=regions))
    monkeypatch.setattr("advisor.rule_testing.proofs.completions_of", lambda rulebook: changed)


def test_a_combination_that_the_completions_miss_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = next(iter(completions_of(bundled_rulebook()).amounts.regions({}, True).witnesses))
    with_cells(monkeypatch, lambda cells: {truths: amounts for truths, amounts in cells.items() if truths != lost})
    (example,) = only(proof_of(bundled_rulebook(), "partial-answers"))
    assert PreferenceBreakpoints(bundled_rulebook()).truths(answer_facts(example.scenario)) == lost


def test_a_combination_that_no_scenario_reaches_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    impossible = {
        **answer_facts(scenario(EXERCISE)),
        "monthly_images_low": 10**9,
        "monthly_images_high": 1,
    }
    truths = PreferenceBreakpoints(bundled_rulebook()).truths(impossible)
    with_cells(monkeypatch, lambda cells: {**cells, truths: impossible})
    proof = proof_of(bundled_rulebook(), "partial-answers")
    assert proof.verdict == "fails"
    assert {fault.what.partition(", ")[2] for fault in proof.faults} >= {
        "the completions contain one that no scenario reaches"
    }
    assert not any(fault.examples for fault in proof.faults)


def test_an_unanswered_question_is_no_proof(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(z3.Solver, "check", lambda self, *assumed: z3.unknown)
    monkeypatch.setattr(z3.Solver, "reason_unknown", lambda self: "incomplete")
    assert run(["rules", "prove"]) == 5
    shown = capsys.readouterr().out
    assert shown.count(" UNKNOWN ") == len(NAMES)
    assert shown.count("not settled: Z3 gave no answer within its limit of 20,000,000 steps (incomplete)") == len(NAMES)
    assert "10 claims: 0 hold, 10 do not; " in shown


def test_the_limit_is_one_of_steps_so_that_a_busy_machine_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a limit that some questions reach, the same ones reach it every time; a clock is not asked."""
    monkeypatch.setattr("advisor.rule_testing.solver.LIMIT", 20_000)
    claims = ["one-route", "gates-dominate", "monotone-in-volume", "on-premises", "no-contradiction"]
    runs = [{proof.name: proof.verdict for proof in proofs(bundled_rulebook(), claims)} for _ in range(2)]
    assert runs[0] == runs[1] == {name: "unknown" if name == "monotone-in-volume" else "holds" for name in claims}
    (proof,) = proofs(bundled_rulebook(), ["monotone-in-volume"])
    assert str(proof.unsettled).startswith("Z3 gave no answer within its limit of 20,000 steps (")


def test_a_scenario_that_python_does_not_confirm_is_no_answer() -> None:
    search = ScenarioSolver(bundled_rulebook())

    def only_in_z3(world: SymbolicScenario) -> Any:
        return world.carrier.some([world.carrier is LOGIC])

    with pytest.raises(Unsettled, match="does not confirm"):
        search.find(only_in_z3)


def test_amounts_finer_than_a_file_can_state_are_no_answer() -> None:
    search = ScenarioSolver(bundled_rulebook())

    def between_two_steps(world: SymbolicScenario) -> Any:
        price = world.amounts["open_price"] * 10**6
        return world.carrier.every([price > 30_000, price < 30_001])

    with pytest.raises(Unsettled, match="finer than a scenario can state"):
        search.find(between_two_steps)


def test_a_tie_is_met_exactly_where_a_scenario_can_state_it() -> None:
    search = ScenarioSolver(bundled_rulebook())

    def tied(world: SymbolicScenario) -> Any:
        a = world.amounts
        running = a["gpu_hour_price"] * a["monthly_images"] / a["images_per_gpu_hour"] + a["monthly_overhead"]
        return world.carrier.every([a["open_price"] * a["monthly_images"] == running, a["images_per_gpu_hour"] == 7])

    found = search.find(tied)
    assert found
    amounts = found[0].world.amounts
    assert amounts["images_per_gpu_hour"] == 7
    assert amounts["open_price"] * amounts["monthly_images"] == (
        amounts["gpu_hour_price"] * amounts["monthly_images"] / Fraction(7) + amounts["monthly_overhead"]
    )


def test_a_claim_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "prove", "--only", "one-rout"]) == 2
    assert capsys.readouterr().err == "error: `one-rout` is no claim\n  help: did you mean `one-route`?\n"


def test_without_z3_the_command_says_what_to_install() -> None:
    script = "import sys; sys.modules['z3'] = None; from advisor.cli.main import run; sys.exit(run(['rules', 'prove']))"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr == (
        "error: the proofs need z3-solver, which is not installed\n  help: pip install 'rent-or-own[proof]'\n"
    )


def test_help_does_not_load_z3() -> None:
    script = "import sys; from advisor.cli.main import run; sys.modules['z3'] = None; run(['rules', 'prove', '--help'])"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "--out DIR" in ended.stdout


def test_files_of_a_fault_are_told_apart(rules: Path) -> None:
    change(rules, FAULTS["a volume from which renting wins again"])
    proof = proof_of(load_rulebook(rules), "monotone-in-volume")
    assert list(fault_files(proof)) == [
        "monotone-in-volume-1.scenario.yaml",
        "monotone-in-volume-2.scenario.yaml",
    ]
