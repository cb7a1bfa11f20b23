"""The files of a plan are the old ones or the new ones, also in the folder of the workloads, whenever it is killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.cli.main import run
from advisor.common.atomic_files import settle, writing
from tests.helpers.kill_steps import contents, hidden, killed_at_each_step
from tests.helpers.strategies import repeats
from tests.portfolio.test_whole_program import SMALL, folder

__all__ = ["folder"]

COMMAND = ["portfolio", "small.portfolio.yaml", "--out", "a", "--catalogue", "none", "--date", "2026-11-27"]


@pytest.mark.fuzz
@pytest.mark.parametrize("before", [False, True], ids=["no earlier plan", "over an earlier plan"])
def test_killed_at_each_step(before: bool, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    if before:
        assert run(COMMAND) == 0
        (folder / "small.portfolio.yaml").write_text(SMALL.replace("2000000", "3000"))
    within = ("a", "a/small")
    for name in within:
        (folder / name).mkdir(exist_ok=True)
    into = tmp_path_factory.mktemp("killed") / "copies"
    *killed, ended = killed_at_each_step(folder, into, COMMAND, every=repeats(1, 5))
    old, new = (contents(*(one / name for name in within)) for one in (folder, ended))
    assert len(new) == 3 + 2 * 4
    assert old != new
    assert not hidden(ended)
    mixed, outcomes = 0, []
    for one in killed:
        folders = [one / name for name in within]
        mixed += contents(*folders) not in (old, new)
        settle(folders[0])
        assert contents(*folders) in (old, new), one
        outcomes.append(contents(*folders) == new)
        with writing(*folders):
            assert not hidden(one)
    assert mixed, "no kill was between two renames"
    assert outcomes[0] is False
