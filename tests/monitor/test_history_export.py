"""`advisor monitor --export`: the days of the history as a table that the monitor reads again."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from advisor.cli.main import run
from advisor.usage.history import append
from advisor.usage.model import COLUMNS
from tests.monitor.history_examples import NOV, names_in, plain_day


def test_the_export_is_a_table_that_the_monitor_reads_again(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path, table = tmp_path / "a b.usage.sqlite", tmp_path / "days.csv"
    kept = [plain_day(at) for at in range(31)] + [replace(plain_day(40), cost=None, currency=None, images=None)]
    append(path, kept, NOV)
    assert run(["monitor", "--history", str(path), "--export", str(table)]) == 0
    assert run(["monitor", "--history", str(path), "--export", "-"]) == 0
    assert capfd.readouterr().out == table.read_text()
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    assert tuple(rows[0]) == COLUMNS
    assert (len(rows), rows[0]["cost"], rows[-1]["cost"]) == (32, "0.28", "")
    (tmp_path / "m.yaml").write_text(
        "meter: openai\ncolumns: {at: day, images: images, cost: cost, currency: currency}\nwhere: {meter: openai}\n"
    )
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:-1]))
    scenario = str(Path(__file__).parents[2] / "examples" / "exercise-38-3-2.scenario.yaml")
    command = ["monitor", str(table), "--mapping", str(tmp_path / "m.yaml"), "--no-history", "--json"]
    assert run([*command, "--decision", scenario, "--date", "2026-11-23"]) == 0
    month = json.loads(capfd.readouterr().out)["months"][0]
    assert (month["month"], month["complete"]) == ("2026-10", True)
    assert float(month["images"]["expected"] if isinstance(month["images"], dict) else month["images"]) == 31 * 7


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--export", "-"], "no history is named"),
        (["--history", "none.sqlite", "--export", "-"], "there is no such history"),
        (["--history", "kept.sqlite", "--export", "kept.sqlite"], "would be written over"),
        (["u.csv", "--history", "kept.sqlite", "--export", "-"], "only writes what the history holds"),
        ([], "these are missing: --decision"),
    ],
)
def test_an_export_that_cannot_be(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    append(Path("kept.sqlite"), [plain_day(0)], NOV)
    assert run(["monitor", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert names_in(tmp_path) == ["kept.sqlite"]
