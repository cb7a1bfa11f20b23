"""Portfolio files: what is read, and the words with which each malformed one is refused."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from advisor.catalogue.loader import catalogue_in_use
from advisor.common import yaml_loader
from advisor.common.diagnostics import BadInput
from advisor.decision.competition import model_faults
from advisor.domain.scenario import GpuBilling
from advisor.portfolio.portfolio import MAX_POOLS, MAX_WORKLOADS, parse_portfolio, read_portfolio

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "examples" / "exercise-38-3-2.scenario.yaml"
WRONG: dict[str, str] = yaml_loader.load((HERE / "portfolios.yaml").read_text(), "portfolios.yaml")
FAULTS = "title: faulty\nopen_price: cheap\nqualty: open_suffices\n"


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(EXAMPLE, tmp_path / "hero.yaml")
    (tmp_path / "faults.yaml").write_text(FAULTS)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_refused_in_these_words(name: str, snapshot: SnapshotAssertion) -> None:
    Path("studio.yaml").write_text(WRONG[name])
    with pytest.raises(BadInput) as refused:
        read_portfolio("studio.yaml")
    assert str(refused.value) == snapshot


def test_scenarios_are_read_from_files_with_answers_on_top() -> None:
    Path("studio.yaml").write_text(
        "title: Studio\nshared_overhead: 4000\n"
        "pools:\n  main: {gpu_hour_price: 1.50, gpu_billing: always_on, min_gpus: 2}\n"
        "workloads:\n  - {scenario: hero.yaml}\n"
        "  - {scenario: hero.yaml, title: core, pool: main, gpu_hour_price: null, peak_to_mean: 2,\n"
        "     monthly_images: 7e4}\n"
        "  - {monthly_images: 5}\n"
    )
    portfolio = read_portfolio("studio.yaml")
    hero, core, last = portfolio.workloads
    assert (portfolio.title, portfolio.shared_overhead) == ("Studio", Decimal(4000))
    assert hero.pool is None
    assert hero.scenario.gpu_hour_price == Decimal("1.2")
    assert (core.title, core.pool, core.scenario.monthly_images) == ("core", "main", Decimal(70_000))
    assert core.scenario.gpu_hour_price == Decimal("1.5")
    assert core.scenario.gpu_billing is GpuBilling.ALWAYS_ON
    assert core.scenario.min_gpus == 2
    assert core.scenario.open_price == hero.scenario.open_price
    assert last.title == "workload 3"


def test_a_scenario_file_is_relative_to_the_portfolio() -> None:
    Path("inner").mkdir()
    Path("hero.yaml").rename("inner/hero.yaml")
    Path("inner/studio.yaml").write_text("workloads: [{scenario: hero.yaml}]")
    assert read_portfolio("inner/studio.yaml").workloads[0].scenario.monthly_images == 50_000


def test_the_text_of_a_portfolio_alone_names_no_file() -> None:
    with pytest.raises(BadInput, match="a file cannot be named here"):
        parse_portfolio("workloads: [{scenario: hero.yaml}]", "the text")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("workloads:\n" + "- {monthly_images: 5}\n" * (MAX_WORKLOADS + 1), "501 workloads, more than 500"),
        ("pools:\n" + "".join(f"  p{n}: {{}}\n" for n in range(MAX_POOLS + 1)), "101 pools, more than 100"),
        ("pools:\n  " + "x" * 201 + ": {}\n", "the name of the pool has 201 characters"),
        ("workloads:\n- {" + ", ".join(f"a{n}: 1" for n in range(201)) + "}\n", "there are 201 entries"),
    ],
)
def test_its_size_is_bounded(text: str, what: str) -> None:
    with pytest.raises(BadInput, match=what):
        parse_portfolio(text, "large")


def test_a_fault_of_the_catalogue_has_its_place() -> None:
    Path("studio.yaml").write_text("workloads:\n  - title: core\n    model: flux-9\n")
    catalogue = catalogue_in_use(None)
    with pytest.raises(BadInput) as refused:
        read_portfolio("studio.yaml", lambda found: model_faults(catalogue, found))
    (problem,) = refused.value.problems
    assert (problem.file, problem.line, problem.field) == ("studio.yaml", 3, "model")
    assert problem.what.startswith("for workload `core`, ")
