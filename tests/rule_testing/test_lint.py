"""Each lint finds what it is for in a derived rulebook, and is silent about its harmless neighbour."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from advisor.cli.main import run
from advisor.common.files import bundled
from advisor.rulebook.lint import findings
from advisor.rulebook.loader import load_rulebook
from advisor.rulebook.records import Code


def gate(when: str, axis: str = "latency") -> str:
    return (
        f"- id: mine\n  axis: {axis}\n  when: {when}\n  eliminate: offer\n"
        "  because: of that\n  provided: this holds\n  source: a test\n"
    )


def preference(when: str, prefer: str, over: str, axis: str = "model_access") -> str:
    return (
        f"- id: mine\n  axis: {axis}\n  when: {when}\n  prefer: {prefer}\n  over: {over}\n"
        "  because: of that\n  source: a test\n"
    )


def advice(when: str, advise: str) -> str:
    return f"- id: mine\n  axis: cost\n  when: {when}\n  advise: '{advise}'\n  because: of that\n  source: a test\n"


GATES, PREFERENCES, ADVICE, TERMS = "gates/latency.yaml", "preferences.yaml", "advice.yaml", "terms.yaml"
FOUND: dict[str, tuple[str, str, str]] = {
    "one word is two words": (
        "never-fires",
        GATES,
        gate("{shared_queue: yes, latency: predictable, all: [{latency: tolerant}]}"),
    ),
    "a level between two neighbours": (
        "never-fires",
        GATES,
        gate("{shared_queue: yes, control: {gt: prompt_only, lt: pinned_version}}", "control"),
    ),
    "deeper than the deepest": ("never-fires", GATES, gate("{shared_queue: yes, control: {gt: latents}}", "control")),
    "a levels' circle": (
        "never-fires",
        GATES,
        gate("{control: {gt: control_depth}, all: [{control_depth: {ge: control}}]}", "control"),
    ),
    "a number below its bound": ("never-fires", ADVICE, advice("{monthly_images: {lt: 1}}", "Read on.")),
    "a number between two neighbours": ("never-fires", ADVICE, advice("{monthly_images: {gt: 5, lt: 6}}", "Read on.")),
    "a low month above the high one": (
        "never-fires",
        ADVICE,
        advice("{monthly_images_low: {gt: monthly_images_high}}", "Read on."),
    ),
    "a term on both sides of another": (
        "never-fires",
        ADVICE,
        advice("{open_rent_low: {lt: own_low}, all: [{open_rent_low: {ge: own_low}}]}", "Read on."),
    ),
    "constants the wrong way round": (
        "never-fires",
        ADVICE,
        advice("{few_step_speedup: {gt: gpu_month_hours}}", "Read on."),
    ),
    "a negation of what stands beside it": (
        "never-fires",
        GATES,
        gate("{shared_queue: yes, latency: predictable, not: {latency: predictable}}"),
    ),
    "an alternative against its neighbour": (
        "dead-alternative",
        GATES,
        gate("{leaves_premises: yes, latency: predictable, any: [{control: latents}, {latency: tolerant}]}"),
    ),
    "an alternative with a choice of its own against its neighbour": (
        "dead-alternative",
        GATES,
        gate(
            "{leaves_premises: yes, latency: predictable,"
            " any: [{control: latents}, {latency: tolerant, quality: [open_suffices, best_preferred]}]}"
        ),
    ),
    "an alternative against both its neighbours": (
        "dead-alternative",
        GATES,
        gate(
            "{leaves_premises: yes, latency: predictable, any: [{control: latents},"
            " {latency: tolerant, quality: open_suffices, all: [{quality: best_preferred}]}]}"
        ),
    ),
    "a listed value against its neighbour": (
        "dead-alternative",
        GATES,
        gate(
            "{leaves_premises: yes, latency: predictable, control: [pinned_version, latents], not: {control: latents}}"
        ),
    ),
    "an alternative within another": (
        "adds-nothing",
        GATES,
        gate("{leaves_premises: yes, any: [{latency: predictable}, {latency: predictable, control: latents}]}"),
    ),
    "the same value twice": (
        "adds-nothing",
        GATES,
        gate("{leaves_premises: yes, latency: [predictable, predictable]}"),
    ),
    "a wider bound beside a narrower one": (
        "adds-nothing",
        ADVICE,
        advice("{monthly_images: {gt: 1000}, all: [{monthly_images: {gt: 500}}]}", "Read on."),
    ),
    "a comparison that two others imply": (
        "adds-nothing",
        ADVICE,
        advice("{open_rent: {lt: closed_rent}, closed_rent: {lt: own}, all: [{open_rent: {lt: own}}]}", "Read on."),
    ),
    "a value left out twice": (
        "adds-nothing",
        GATES,
        gate("{leaves_premises: yes, latency: predictable, control: {gt: pinned_version, not: prompt_only}}"),
    ),
    "every value listed": ("always-true", GATES, gate("{leaves_premises: yes, latency: [tolerant, predictable]}")),
    "at least the least": ("always-true", ADVICE, advice("{monthly_images: {ge: 1}}", "Read on.")),
    "at most the deepest": (
        "always-true",
        GATES,
        gate("{leaves_premises: yes, latency: predictable, control: {le: latents}}"),
    ),
    "a bound and its complement": (
        "always-true",
        ADVICE,
        advice("{any: [{monthly_images: {lt: 9}}, {monthly_images: {ge: 9}}]}", "Read on."),
    ),
    "a gate within a gate": (
        "covered-rule",
        GATES,
        gate("{shared_queue: yes, latency: predictable, quality: open_suffices}"),
    ),
    "the same gate again": ("covered-rule", GATES, gate("{latency: predictable, shared_queue: yes}")),
    "a preference within a preference": (
        "covered-rule",
        PREFERENCES,
        preference("{quality: open_suffices}", "open_weight_api", "closed_api", "switching_cost"),
    ),
    "advice given twice": (
        "covered-rule",
        ADVICE,
        advice(
            "{route: closed_api}",
            "Plan the exit now; keep prompts and reference outputs under version control, put the call behind one "
            "interface of your own, and re-test an open model twice a year.",
        ),
    ),
    "a preference against a wider one": (
        "opposed-preferences",
        PREFERENCES,
        preference("{quality: best_preferred}", "closed_api", "open_weight_api", "switching_cost"),
    ),
    "a preference for what is out": (
        "idle-preference",
        PREFERENCES,
        preference("{closed_api: out, quality: open_suffices}", "closed_api", "self_host"),
    ),
    "a preference over what is out": (
        "idle-preference",
        PREFERENCES,
        preference("{closed_api: out, quality: open_suffices}", "open_weight_api", "[closed_api, self_host]"),
    ),
    "traits that no offer has": (
        "no-such-offer",
        GATES,
        gate("{latency: predictable, leaves_premises: no, offered_in_region: no}"),
    ),
    "a term that nothing reads": ("unused-name", TERMS, "  gpu_day: 24 * gpu_hour_price\n"),
    "a figure of the crossover without one": (
        "missing-figure",
        ADVICE,
        advice("{route: closed_api}", "It is {crossover}."),
    ),
    "a payback that never comes": (
        "missing-figure",
        ADVICE,
        advice("{moving: never}", "After {payback_months} months."),
    ),
    "a limit with nothing to move": (
        "missing-figure",
        ADVICE,
        advice("{route: self_host}", "Within {payback_limit_months} months."),
    ),
    "a GPU month without its price": ("missing-figure", ADVICE, advice("{route: self_host}", "That is {gpu_month}.")),
    "a figure that one alternative lacks": (
        "missing-figure",
        ADVICE,
        advice("{any: [{compared_with: closed_api}, {quality: best_preferred}]}", "It is {crossover}."),
    ),
    "a gate on another's axis": (
        "axis-mismatch",
        GATES,
        gate("{latency: predictable, leaves_premises: yes}", "control"),
    ),
}
HARMLESS: dict[str, tuple[str, str]] = {
    "a level between two others": (
        GATES,
        gate("{leaves_premises: yes, control: {gt: prompt_only, lt: adapters}}", "control"),
    ),
    "a number between two others": (ADVICE, advice("{monthly_images: {gt: 5, lt: 7}}", "Read on.")),
    "terms that only arithmetic relates": (
        ADVICE,
        advice("{open_rent_low: {lt: own_low}, open_rent_high: {ge: own_high}}", "Read on."),
    ),
    "alternatives that overlap": (
        GATES,
        gate("{leaves_premises: yes, any: [{latency: predictable}, {control: latents}]}"),
    ),
    "a bound of one of two": (
        ADVICE,
        advice("{monthly_images: {gt: 1000}, monthly_images_high: {lt: 90000}}", "Read on."),
    ),
    "a value left out of the levels above another": (
        GATES,
        gate("{leaves_premises: yes, latency: predictable, control: {gt: prompt_only, not: latents}}"),
    ),
    "a gate beside a gate": (GATES, gate("{latency: predictable, leaves_premises: yes}")),
    "the same preference on another axis": (
        PREFERENCES,
        preference("{self_host: out, quality: open_suffices}", "open_weight_api", "closed_api"),
    ),
    "a preference against one of another axis": (
        PREFERENCES,
        preference("{quality: best_preferred, output_use: internal}", "closed_api", "open_weight_api"),
    ),
    "a preference while another route is out": (
        PREFERENCES,
        preference("{self_host: out, quality: open_suffices}", "open_weight_api", "closed_api"),
    ),
    "traits that may be": (GATES, gate("{latency: predictable, offered_in_region: no, commercial_use: no}")),
    "a figure of the crossover": (ADVICE, advice("{settled: yes, compared_with: closed_api}", "It is {crossover}.")),
    "a payback": (
        ADVICE,
        advice("{moving: [worth_it, not_yet], quality: open_suffices}", "{payback_months} of {payback_limit_months}."),
    ),
    "a GPU month by its price": (ADVICE, advice("{gpu_hour_price: {gt: 2}}", "That is {gpu_month}.")),
    "a saving behind a term": (ADVICE, advice("{closed_rent: {lt: own}}", "{closed_saving} of {units}")),
    "a gate that reads traits alone": (GATES, gate("{leaves_premises: yes, offered_in_region: no}", "control")),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(bundled("rules"), tmp_path / "rules")


def warned(folder: Path, file: str, text: str) -> list[str | None]:
    """What is found once the text stands in the file too, apart from the missing case of its rule."""
    path = folder / file
    path.write_text(f"{path.read_text()}\n{text}")
    return [problem.code for problem in findings(load_rulebook(folder)) if problem.code != Code.UNTESTED_RULE]


def test_the_bundled_rulebook_is_clean() -> None:
    assert [str(problem) for problem in findings(load_rulebook())] == []


@pytest.mark.parametrize("name", FOUND)
def test_it_is_found(name: str, folder: Path) -> None:
    code, file, text = FOUND[name]
    assert warned(folder, file, text) == [code]


@pytest.mark.parametrize("name", HARMLESS)
def test_it_is_harmless(name: str, folder: Path) -> None:
    assert warned(folder, *HARMLESS[name]) == []


def test_every_warning_is_tried() -> None:
    tried = {code for code, _, _ in FOUND.values()} | {Code.UNTESTED_RULE}
    assert tried == {code for code in Code if code.level == "warning"}


def test_a_constant_that_nothing_reads(folder: Path) -> None:
    path = folder / TERMS
    path.write_text(path.read_text().replace("constants:\n", "constants:\n  hours_a_day: 24\n"))
    (problem,) = findings(load_rulebook(folder))
    assert (problem.code, problem.file, problem.line) == ("unused-name", str(path), 4)


def test_a_constant_that_only_a_term_reads_is_read(folder: Path) -> None:
    path = folder / ADVICE
    path.write_text(path.read_text().replace("{gpu_month_hours} hours", "all hours"))
    assert findings(load_rulebook(folder)) == []


def test_a_constant_that_only_a_figure_is_computed_with_is_read(folder: Path) -> None:
    path = folder / ADVICE
    path.write_text(path.read_text().replace("{few_step_speedup} times", "many times"))
    assert findings(load_rulebook(folder)) == []


def test_a_route_without_an_offer(folder: Path) -> None:
    path = folder / "routes.yaml"
    path.write_text(path.read_text().replace("route: self_host", "route: closed_api"))
    found = {
        problem.what.split("`")[1] for problem in findings(load_rulebook(folder)) if problem.code == "no-such-offer"
    }
    assert "rent-below-crossover" in found
    assert "open-keeps-the-way-out" not in found


def test_the_offers_of_a_case_count(folder: Path) -> None:
    cases = folder / "cases" / "latency.yaml"
    text = gate("{latency: predictable, leaves_premises: no, offered_in_region: no}")
    case = (
        "  - id: of-mine\n    about: [mine]\n    given: {latency: predictable}\n"
        "    offers: {own-gpus: {offered_in_region: no}}\n    expect: {route: none, rules: [mine]}\n"
    )
    cases.write_text(f"{cases.read_text()}\n{case}")
    assert warned(folder, GATES, text) == []


def test_check_lists_every_warning_and_exits_with_5(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / TERMS
    path.write_text(path.read_text() + "  gpu_day: 24 * gpu_hour_price\n  gpu_week: 168 * gpu_hour_price\n")
    assert run(["rules", "check", "--rules", str(folder)]) == 5
    shown = capsys.readouterr().out.splitlines()
    lines = len(path.read_text().splitlines())
    rulebook = load_rulebook(folder)
    assert shown[:7] == [
        "warning[unused-name]: nothing reads the term `gpu_day`",
        f"  --> {path}:{lines - 1}",
        "  help: take it back, or use it in a rule",
        "warning[unused-name]: nothing reads the term `gpu_week`",
        f"  --> {path}:{lines}",
        "  help: take it back, or use it in a rule",
        f"{len(rulebook.rules)} rules, {len(rulebook.cases)} cases, 2 warnings; {rulebook.digest}",
    ]


def test_check_exits_with_0_when_there_is_nothing_to_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "check"]) == 0
    rulebook = load_rulebook()
    said = f"{len(rulebook.rules)} rules, {len(rulebook.cases)} cases, no warnings; {rulebook.digest}\n"
    assert capsys.readouterr().out.startswith(said)


def test_without_cases_every_rule_is_untested(folder: Path) -> None:
    shutil.rmtree(folder / "cases")
    found = findings(load_rulebook(folder))
    untested = ["untested-rule"] * len(load_rulebook().rules)
    assert sorted(str(problem.code) for problem in found) == ["no-such-offer", *untested]  # licence-covers-region
