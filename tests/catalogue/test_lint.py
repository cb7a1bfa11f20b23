"""What ``advisor rules check`` says of a catalogue: each likely fault once, and nothing of the bundled one."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path

import pytest

from advisor.catalogue.lint import NOTE, findings
from advisor.catalogue.loader import load_catalogue
from advisor.cli.main import run
from advisor.common.files import bundled

TODAY = datetime.date(2026, 11, 27)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(bundled("catalogue"), tmp_path / "catalogue")


def edit(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")


def warnings(folder: Path) -> list[str]:
    return [problem.what for problem in findings(load_catalogue(folder), TODAY) if problem.level == "warning"]


def test_the_bundled_catalogue_has_no_warning_and_one_note() -> None:
    found = findings(load_catalogue(), TODAY)
    assert [problem.level for problem in found] == [NOTE]
    assert "no offer has the GPU `l20`" in found[0].what


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        (
            "hosted.yaml",
            "as_of: 2026-11-22",
            "as_of: 2026-11-28",
            "has figures of 2026-11-28, which is after 2026-11-27",
        ),
        ("closed.yaml", "as_of: 2026-08-21", "as_of: 2027-08-21", "has figures of 2027-08-21"),
        ("gpus.yaml", "as_of: 2026-09-26, note", "as_of: 2027-09-26, note", "has figures of 2027-09-26"),
        ("hosted.yaml", "usd: 0.003\n", "usd: 3\n", "has a price of $3, outside $0.0003 to $2"),
        ("hosted.yaml", "usd: 0.003\n", "usd: 0.00003\n", "has a price of $0.00003, outside"),
        ("closed.yaml", "usd: 0.4\n", "usd: 40\n", "has a price of $40, outside $0.002 to $5"),
        ("gpus.yaml", "usd_per_gpu_hour: 6.88", "usd_per_gpu_hour: 688", "has a price of $688 an hour"),
        ("throughput.yaml", "images_per_gpu_hour: 8145.3", "images_per_gpu_hour: 0.2", "has 0.2 an hour, outside 0.5"),
        ("gpus.yaml", "regions: [us]", "regions: [mars]", "names the region `mars`, which is not known"),
        (
            "hosted.yaml",
            "model: flux-2-klein-9b",
            "model: flux-2-klein-4b",
            "model `flux-2-klein-9b` is used by no offer",
        ),
        ("closed.yaml", "provider: recraft", "provider: fal", "provider `recraft` has no offer"),
        ("gpus.yaml", "gpu: rtx-pro-6000-server", "gpu: h300", "is of the GPU `h300`, on which nothing was measured"),
        (
            "hosted.yaml",
            "confidence: medium\n",
            "confidence: medium\n    valid_from: 2026-02-01\n    valid_to: 2026-01-01\n",
            "is valid from 2026-02-01 to 2026-01-01, which is never",
        ),
        (
            "hosted.yaml",
            "confidence: medium\n",
            "confidence: medium\n    valid_from: 2026-02-01\n    retires: 2026-01-01\n",
            "retires on 2026-01-01, before it is valid",
        ),
    ],
)
def test_a_likely_fault_is_a_warning(folder: Path, name: str, old: str, new: str, said: str) -> None:
    edit(folder, name, old, new)
    (found,) = warnings(folder)
    assert said in found


def test_the_command_ends_with_5_for_a_warning_and_0_for_a_note(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["rules", "check", "--catalogue", str(folder), "--date", "2026-11-27"]
    assert run(arguments) == 0
    catalogue = load_catalogue(folder)
    offers = len([*catalogue.hosted, *catalogue.closed, *catalogue.gpus])
    said = f"{offers} offers, {len(catalogue.models)} checkpoints, no warnings; {catalogue.digest}"
    assert capsys.readouterr().out.splitlines()[-1] == said
    edit(folder, "hosted.yaml", "usd: 0.003\n", "usd: 3\n")
    assert run(arguments) == 5
    shown = capsys.readouterr().out
    assert f"{folder / 'hosted.yaml'}:7, field `usd`" in shown
    assert "1 warning; sha256:" in shown


def test_the_date_decides_what_is_of_the_future(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "check", "--date", "2026-11-22"]) == 0
    assert run(["rules", "check", "--date", "2026-11-21"]) == 5
    assert "has figures of 2026-11-22, which is after 2026-11-21" in capsys.readouterr().out
