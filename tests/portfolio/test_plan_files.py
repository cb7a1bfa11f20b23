"""The files of a plan: written together or not at all, with the reviewer's parts kept and a warning before they go."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

import pytest

from advisor.common.diagnostics import BadInput
from advisor.decision.decide import decide
from advisor.domain.record import Decision
from advisor.domain.scenario import Route
from advisor.portfolio.plan_files import plan_overwritten, write_plan
from advisor.portfolio.record import PortfolioPlan
from advisor.report.memo_parts import NOTES_START
from advisor.rulebook.loader import bundled_rulebook
from tests.helpers.strategies import EXERCISE, scenario
from tests.portfolio.made_plans import made_plan
from tests.report.drawn import DAY

WHOLE = {"studio.portfolio.json", "studio.portfolio.md", "studio.portfolio.html"}
STEMS = ("1-core", "2-bulk", "3-small", "4-hero-shots")
ENDINGS = ("scenario.yaml", "decision.json", "memo.md", "memo.html")
OWN = {f"studio/{stem}.{ending}" for stem in STEMS for ending in ENDINGS}


@lru_cache(maxsize=1)
def decided() -> Decision:
    return decide(scenario(EXERCISE), bundled_rulebook(), decided_on=DAY)


def write(folder: Path, plan: PortfolioPlan | None = None, name: str = "studio") -> list[Path]:
    return write_plan(plan or made_plan(), [decided()] * 4, folder, name, None)


def found(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    write(tmp_path / "plans")
    return tmp_path / "plans"


def test_the_whole_and_each_workload_have_their_files(written: Path) -> None:
    assert found(written) == WHOLE | OWN
    assert (written / "studio.portfolio.json").read_text() == made_plan().to_json()
    assert (written / "studio/2-bulk.decision.json").read_text() == decided().to_json()


@pytest.mark.parametrize("name", ["studio", "a (1) & b?", "\u00fcber#100%"])
def test_every_link_leads_to_a_file(name: str, tmp_path: Path) -> None:
    write(tmp_path, name=name)
    memo, page = (tmp_path / f"{name}.portfolio.{ending}" for ending in ("md", "html"))
    links = re.findall(r"\]\(([^)]*)\)", memo.read_text()) + re.findall('href="([^"]*)"', page.read_text())
    assert len(links) == 2 * 3 * 4
    assert [link for link in links if not (tmp_path / unquote(link)).is_file()] == []


def test_the_notes_of_every_memo_are_kept(written: Path) -> None:
    for path in (written / "studio.portfolio.md", written / "studio.portfolio.html", written / "studio/1-core.memo.md"):
        path.write_text(path.read_text().replace(f"{NOTES_START}\n", f"{NOTES_START}\nAnn: measured?\n"))
    write(written, made_plan(total="30430.51"))
    for name in ("studio.portfolio.md", "studio.portfolio.html", "studio/1-core.memo.md"):
        assert "\nAnn: measured?\n" in (written / name).read_text()
    assert '"total": "30430.51"' in (written / "studio.portfolio.json").read_text()


def test_an_accepted_memo_of_the_whole_does_not_change(written: Path) -> None:
    memo = written / "studio.portfolio.md"
    memo.write_text(memo.read_text().replace('status: "proposed"', 'status: "accepted"'))
    write(written)
    before = {name: (written / name).read_bytes() for name in found(written)}
    with pytest.raises(BadInput, match="its facts would change"):
        write(written, made_plan(total="30430.51"))
    assert {name: (written / name).read_bytes() for name in found(written)} == before


@pytest.mark.parametrize("target", ["studio.portfolio.html", "studio/4-hero-shots.memo.html", "studio"])
def test_nothing_is_written_where_one_file_cannot_be(target: str, tmp_path: Path) -> None:
    folder = tmp_path / "plans"
    if target == "studio":
        folder.mkdir()
        (folder / target).write_text("a file")
    else:
        (folder / target).mkdir(parents=True)
    before = sorted(folder.rglob("*"))
    with pytest.raises(BadInput):
        write(folder)
    assert sorted(folder.rglob("*")) == before


def test_the_folders_made_for_it_go_with_it(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        write_plan(made_plan(), [decided()] * 4, tmp_path / "new" / "plans", "a/b/c\0", None)
    assert list(tmp_path.iterdir()) == []


def test_what_is_overwritten_is_named(written: Path) -> None:
    def said(plan: PortfolioPlan) -> str | None:
        warning = plan_overwritten(plan, [decided()] * 4, written, "studio")
        return warning and warning.what

    assert said(made_plan()) is None
    plan = made_plan()
    others = [
        one.model_copy(update={"route": Route.OPEN_WEIGHT_API}) if one.title == "Core" else one
        for one in plan.workloads
    ]
    changed = made_plan(workloads=others, total="40000.00", decided_on="2026-12-01")
    assert said(changed) == (
        'the plan of 2026-11-22 is overwritten; these differ: the route of "Core", `decided_on`, `total`'
    )
    assert said(made_plan(growth=[])) == "the plan of 2026-11-22 is overwritten; these differ: explanations"
    (written / "studio.portfolio.json").write_text("{")
    assert said(made_plan()) == "an earlier plan is overwritten, and its record cannot be read"
    (written / "studio.portfolio.json").unlink()
    assert said(made_plan()) is None
    (written / "studio/3-small.decision.json").write_text("{")
    assert said(made_plan()) == "an earlier memo is overwritten, and its record cannot be read"
