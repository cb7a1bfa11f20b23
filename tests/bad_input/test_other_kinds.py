"""A file that the advisor writes for another purpose is named as what it is, in one error."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.cli.main import run
from advisor.web.portfolio_page import EXAMPLE

ROOT = Path(__file__).parents[2]
SCENARIO = str(ROOT / "examples/exercise-38-3-2.scenario.yaml")
WRITTEN = {
    "decide": {"exercise-38-3-2.memo.md", "exercise-38-3-2.memo.html", "exercise-38-3-2.decision.json"},
    "portfolio": {"film-studio.portfolio.md", "film-studio.portfolio.html", "film-studio.portfolio.json"},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    for command, source in (("decide", SCENARIO), ("portfolio", str(EXAMPLE))):
        assert run([command, source, "--out", str(folder), "--date", "2026-11-22"]) == 0
    return folder


NAMES = sorted({*WRITTEN["decide"], *WRITTEN["portfolio"], EXAMPLE.name})
READ = {("starter", "exercise-38-3-2.decision.json"), ("portfolio", EXAMPLE.name)}
REFUSED = [(command, name) for command in ("decide", "starter", "portfolio") for name in NAMES]


@pytest.mark.parametrize(("command", "name"), [pair for pair in REFUSED if pair not in READ])
def test_it_is_named_in_one_error(
    command: str, name: str, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = EXAMPLE if name == EXAMPLE.name else made / name
    capsys.readouterr()
    assert run([command, str(path), "--out", str(tmp_path / "new")]) == 2
    said = capsys.readouterr().err
    assert said.count("error: ") == 1, said
    assert said.startswith("error: this is ")
    assert "\n  help: " in said
    assert not (tmp_path / "new").exists()
