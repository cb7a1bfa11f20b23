"""``advisor completion``: what the shell offers, and that the options of every command are in the script."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from advisor.cli.main import COMMANDS, run

COMPLETE = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_advisor
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The script for bash, in a folder that holds a file and a folder."""
    assert run(["completion", "bash"]) == 0
    path = tmp_path / "completion.bash"
    path.write_text(capsys.readouterr().out)
    (tmp_path / "mine.scenario.yaml").touch()
    (tmp_path / "myrules").mkdir()
    return path


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["comp"], {"completion"}),
        (["completion", ""], {"bash", "zsh"}),
        (["rules", "co"], {"coverage"}),
        (["decide", "--templ"], {"--templates"}),
        (["decide", "--format", "h"], {"html"}),
        (["decide", "mi"], {"mine.scenario.yaml"}),
        (["decide", "--rules", "m"], {"myrules"}),
        (["monitor", "--route", "closed"], {"closed_api"}),
        (["explain", "--why-not", "s"], {"self_host"}),
        (["decide", "x.yaml", "--supersedes", "mi"], {"mine.scenario.yaml"}),
        (["decide", "--set", "monthly_images_"], {"monthly_images_low=", "monthly_images_high="}),
        (["decide", "--set", "current_route", "="], {"self_host", "open_weight_api", "closed_api"}),
        (["decide", "--set", "current_route", "=", "open"], {"open_weight_api"}),
        (["interview", "--set", "residency=on"], {"residency=on_premises"}),
        (["decide", "--set", "open_price", "="], set()),
        (["decide", "--set", "residency", "=", "anywhere", "mi"], {"mine.scenario.yaml"}),
        (["decide", "mine.scenario.yaml", "--set", "residency", "=", "anywhere", "--js"], {"--json"}),
    ],
)
def test_bash_offers(script: Path, words: list[str], offered: set[str]) -> None:
    command = ["bash", "-c", COMPLETE, "bash", str(script), "advisor", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=script.parent)
    assert set(done.stdout.split()) == offered


def test_every_command_is_in_both_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    for shell in ("bash", "zsh"):
        assert run(["completion", shell]) == 0
        script = capsys.readouterr().out
        assert all(f"_shtab_advisor_{name}" in script for name in COMMANDS)
        if shutil.which(shell):
            assert subprocess.run([shell, "-n"], input=script, text=True, check=False).returncode == 0


def test_bash_uses_the_function_that_joins_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", "bash"]) == 0
    command = ["bash", "-c", "source /dev/stdin; complete -p advisor"]
    done = subprocess.run(command, input=capsys.readouterr().out, capture_output=True, text=True, check=True)
    assert done.stdout == "complete -o bashdefault -F _advisor advisor\n"


def test_zsh_completes_fields_and_their_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", "zsh"]) == 0
    script = capsys.readouterr().out
    assert script.count(":FIELD=VALUE:_advisor_setting") == 4
    assert "      current_route=) compadd -- self_host open_weight_api closed_api ;;" in script
