"""The cases beside the rules: all hold, every rule is the subject of one in which it fires, and of one in which not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from advisor.common.diagnostics import BadInput
from advisor.common.files import bundled
from advisor.decision.decide import decide
from advisor.evaluation.compiler import PlainReading
from advisor.rule_testing.cases import ANY_DAY, failures, situation_of, with_offers
from advisor.rulebook.loader import load_rulebook
from advisor.rulebook.model import Rulebook

RULEBOOK = load_rulebook()
GIVEN = (
    "{residency: anywhere, output_use: internal, indemnity_required: false, train_on_outputs: false,"
    " quality: best_preferred, control: prompt_only, latency: tolerant, monthly_images: 50000, open_price: 0.03,"
    " closed_price: 0.04, gpu_hour_price: 1.20, images_per_gpu_hour: 600, monthly_overhead: 2000}"
)


@pytest.fixture(scope="module")
def traces() -> dict[str, set[str]]:
    """The rules that fire in each case, by the plain reading."""
    found = {}
    for case in RULEBOOK.cases:
        rules = with_offers(RULEBOOK, case.offers)
        decision = decide(situation_of(case).scenario, rules, decided_on=ANY_DAY, matcher=PlainReading(rules))
        found[case.id] = {step.rule for step in decision.trace}
    return found


def with_case(folder: Path, case: str) -> Rulebook:
    """The bundled rules with this one case in place of theirs."""
    copy = shutil.copytree(bundled("rules"), folder / "rules", ignore=shutil.ignore_patterns("cases"))
    (copy / "cases").mkdir()
    (copy / "cases" / "mine.yaml").write_text(f"base: {GIVEN}\ncases:\n  - id: mine\n{case}")
    return load_rulebook(copy)


def test_every_case_holds() -> None:
    assert RULEBOOK.cases
    assert [str(problem) for problem in failures(RULEBOOK)] == []


def test_every_rule_is_the_subject_of_a_case() -> None:
    assert {rule for case in RULEBOOK.cases for rule in case.about} == set(RULEBOOK.rules)


def test_every_rule_fires_in_a_case_about_it() -> None:
    assert {rule for case in RULEBOOK.cases for rule in case.about if rule in case.rules} == set(RULEBOOK.rules)


def test_every_rule_has_a_neighbouring_case_in_which_it_does_not_fire(traces: dict[str, set[str]]) -> None:
    silent = {rule for case in RULEBOOK.cases for rule in set(case.about) - traces[case.id]}
    assert silent == set(RULEBOOK.rules)


def test_a_rule_a_case_is_about_fires_exactly_if_it_is_expected(traces: dict[str, set[str]]) -> None:
    for case in RULEBOOK.cases:
        assert set(case.about) & traces[case.id] == set(case.about) & set(case.rules), case.id


EXPECTED = "expect: {route: closed_api, deciding_axis: model_access"
FAILING = {
    "the route is closed_api, not none": "expect: {route: none, deciding_axis: model_access}",
    "the deciding axis is model_access, not cost": "expect: {route: closed_api, deciding_axis: cost}",
    "the deciding axis is model_access, not none": "expect: {route: closed_api}",
    "these rules did not fire: stays-on-premises": f"{EXPECTED}, rules: [stays-on-premises]}}",
    "the case is about these rules and does not expect them, and they fired: best-while-modest": f"{EXPECTED}}}",
}


@pytest.mark.parametrize("difference", FAILING)
def test_a_case_that_does_not_hold_is_told(difference: str, tmp_path: Path) -> None:
    about = "[best-while-modest]" if "about" in difference else "[stays-on-premises]"
    rulebook = with_case(tmp_path, f"    about: {about}\n    given: {{}}\n    {FAILING[difference]}\n")
    (problem,) = failures(rulebook)
    assert problem.what == f"case `mine` fails: {difference}"
    assert (problem.file, problem.line) == (str(tmp_path / "rules" / "cases" / "mine.yaml"), 3)


def test_no_route_means_infeasible_and_not_open(tmp_path: Path) -> None:
    missing = "    about: []\n    given: {quality: open_suffices, open_price: null}\n    expect: {route: none}\n"
    (problem,) = failures(with_case(tmp_path, missing))
    assert problem.what == "case `mine` fails: the route is open, not none"


def test_a_case_may_change_offers(tmp_path: Path) -> None:
    given = "    about: [stays-on-premises]\n    given: {residency: on_premises}\n"
    offers = "    offers: {any-closed-flagship: {leaves_premises: no}}\n"
    expect = "    expect: {route: closed_api, deciding_axis: cost, rules: [stays-on-premises]}\n"
    rulebook = with_case(tmp_path, given + offers + expect)
    assert failures(rulebook) == []
    assert [offer.stated["leaves_premises"] for offer in rulebook.cases[0].offers] == ["no", "yes", "no"]
    assert [offer.stated["leaves_premises"] for offer in rulebook.offers] == ["no", "yes", "yes"]
    assert rulebook.digest == RULEBOOK.digest
    shutil.rmtree(tmp_path / "rules")
    assert [problem.what for problem in failures(with_case(tmp_path, given + expect))] == [
        "case `mine` fails: the route is self_host, not closed_api; the deciding axis is residency, not cost"
    ]


REFUSED = {
    "[any-closed-flagship]": "in case `mine`, `[any-closed-flagship]` is not a mapping",
    "{any-closed-flagship: yes}": "in case `mine`, `yes` is not a mapping",
    "{any-closed-flagshp: {leaves_premises: no}}": (
        "case `mine` changes offer `any-closed-flagshp`, which does not exist"
    ),
    "{any-closed-flagship: {leaves_premise: no}}": "`leaves_premise` is not known here",
    "{any-closed-flagship: {leaves_premises: perhaps}}": "`perhaps` is not an option of `leaves_premises`",
    "{own-gpus: {revenue_cap_usd: 1.001}}": "`1.001` has more digits than are kept",
    "{own-gpus: {leaves_premises: unknown}}": (
        "case `mine` leaves `leaves_premises` unknown, and gate `stays-on-premises` has no `provided`"
    ),
}


@pytest.mark.parametrize("offers", REFUSED)
def test_faulty_offers_of_a_case_are_refused(offers: str, tmp_path: Path) -> None:
    case = f"    about: []\n    given: {{}}\n    offers: {offers}\n    expect: {{route: none}}\n"
    with pytest.raises(BadInput) as refused:
        with_case(tmp_path, case)
    (problem,) = refused.value.problems
    assert problem.what == REFUSED[offers]
    assert problem.file == str(tmp_path / "rules" / "cases" / "mine.yaml")
    assert problem.line is not None
    assert problem.help
