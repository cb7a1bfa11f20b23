"""What only prints goes on where nothing temporary can be kept."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

import pytest
from jinja2 import FileSystemBytecodeCache

from advisor.cli.main import run
from advisor.common.files import temporary_folder

ROOT = Path(__file__).parents[2]
EXAMPLE = str(ROOT / "examples" / "exercise-38-3-2.scenario.yaml")


def full(*parts: Any, **more: Any) -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("fails", ["load_bytecode", "dump_bytecode", "_get_default_cache_dir"])
def test_a_memo_is_printed_without_the_cache_of_templates(
    fails: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["decide", EXAMPLE, "--date", "2026-11-22"]) == 0
    before = capsys.readouterr()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(FileSystemBytecodeCache, fails, full)
    assert run(["decide", EXAMPLE, "--date", "2026-11-22"]) == 0
    assert capsys.readouterr() == before


def test_memory_takes_the_place_of_a_temporary_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_get_default_tempdir", full)
    monkeypatch.setattr("advisor.common.files._MEMORY", tmp_path / "none")
    with pytest.raises(OSError, match="No space left"):
        temporary_folder()
    monkeypatch.setattr("advisor.common.files._MEMORY", tmp_path)
    assert (temporary_folder(), tempfile.gettempdir()) == (tmp_path, str(tmp_path))


# Folders that stay as they are and take nothing more: the repository and its Python may be in one of them.
_FULL = """
for folder in /tmp /var/tmp /mnt; do
  mount --bind $folder $folder && mount -o remount,bind,ro $folder || exit 99
done
mount -t tmpfs none /dev/shm || exit 99
cd /mnt && HOME=/mnt TMPDIR=/tmp exec "$@"
"""


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("unshare") is None, reason="needs root to mount")
@pytest.mark.parametrize("command", ["decide {} --format html", "explain {}", "decide {}"])
def test_with_no_folder_to_write_to(command: str) -> None:
    words = command.format(EXAMPLE).split()
    program = ["unshare", "-m", "bash", "-c", _FULL, "bash", sys.executable, "-m", "advisor", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(program, capture_output=True, text=True, env=environment, check=False, timeout=120)
    if done.returncode == 99:
        pytest.skip("nothing can be mounted here")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout) > 1000
