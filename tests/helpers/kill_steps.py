"""Runs a command again and again, killed before its first writing step, its second, and so on until it ends by itself.

Or with a disk that is full from that step on: then nothing can be made or written, only renamed and removed.

A writing step is a call that changes what stands in the command's folder: a file opened to be written, written, put on
the disk, renamed, linked, removed or truncated, and a folder made or removed.
"""

from __future__ import annotations

import errno
import functools
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate", "os.chmod"}
_NEED_ROOM = {"open", "os.mkdir", "os.link"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_CALLS = ("write", "fsync", "ftruncate")


def killed_at_each_step(
    start: Path, into: Path, arguments: Sequence[str], code: int = 0, *, full: bool = False, every: int = 1
) -> list[Path]:
    """Copies of ``start`` in which ``advisor`` was killed at each writing step; in the last it ended, with ``code``.

    With ``full`` the disk was full from that step on, and the command ended with exit code 2. Where a command takes
    long, ``every`` third step, say, is enough.
    """
    order = json.dumps([str(start), str(into), list(arguments), code, full, every])
    subprocess.run(
        [sys.executable, "-m", __name__, order], cwd=ROOT, check=True, stdout=subprocess.DEVNULL, timeout=300
    )
    return sorted(into.iterdir(), key=lambda folder: int(folder.name))


def contents(*folders: Path) -> dict[str, bytes]:
    """What a reader finds: all files but hidden ones, by folder and name."""
    files = [(folder, path) for folder in folders for path in folder.iterdir() if path.is_file()]
    return {f"{folder.name}/{path.name}": path.read_bytes() for folder, path in files if path.name[0] != "."}


def hidden(folder: Path) -> list[str]:
    """The names of what a command has left behind."""
    return [path.name for path in folder.rglob(".advisor-*")]


class _Steps:
    """Counts writing steps. At the first it forks a process for each step there is, in a copy of ``start``."""

    def __init__(self, start: Path, into: Path, code: int, full: bool, every: int) -> None:
        self._start, self._into, self._code, self._full, self._every = start, into, code, full, every
        self._last = self._taken = 0
        self._forked = False

    def watch(self, event: str, details: tuple[Any, ...]) -> None:
        """An audit hook."""
        if (event in _CHANGES or (event == "open" and details[2] & _WRITING)) and _is_here(details[0]):
            self.step(event in _NEED_ROOM)

    def step(self, needs_room: bool) -> None:
        """One more of them; where it is the last one to be reached, the process is killed, or the disk is full."""
        if not self._forked:
            self._forked = True
            self._fork()
        self._taken += 1
        if self._full:
            if self._taken >= self._last and needs_room:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        elif self._taken == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def _fork(self) -> None:
        for step in count(1, self._every):
            folder = self._into / str(step)
            shutil.copytree(self._start, folder, symlinks=True)
            child = os.fork()
            if child == 0:
                os.chdir(folder)
                self._last = step
                return
            status = os.waitpid(child, 0)[1]
            stopped = os.waitstatus_to_exitcode(status) == 2 if self._full else os.WIFSIGNALED(status)
            if not stopped:
                os._exit(os.waitstatus_to_exitcode(status) != self._code)

    def counted(self, call: Callable[..., Any], *parts: Any) -> Any:
        """A call that no hook hears of; what is written is written in two halves."""
        if not _is_here(parts[0]):
            return call(*parts)
        self.step(call.__name__ != "ftruncate")
        if call.__name__ != "write":
            return call(*parts)
        half = call(parts[0], parts[1][: len(parts[1]) // 2])
        self.step(True)
        return half + call(parts[0], parts[1][half:])


def _is_here(file: Any) -> bool:
    """Whether a file, named or open, is in the folder that the command runs in."""
    path = Path(f"/proc/self/fd/{file}").readlink() if isinstance(file, int) else Path(os.fsdecode(file))
    return path.absolute().is_relative_to(Path.cwd())


def main(order: str) -> None:
    """Does what ``killed_at_each_step`` asks for. The command names its files from the folder that it runs in."""
    start, into, arguments, code, full, every = json.loads(order)
    steps = _Steps(Path(start), Path(into), code, full, every)
    from advisor.cli.main import run

    if arguments[0] in ("monitor", "sweep"):  # before the steps: each of the processes would import it again
        importlib.import_module(f"advisor.{arguments[0]}.run")

    Path(into).mkdir()
    os.chdir(start)
    for name in _CALLS:
        setattr(os, name, functools.partial(steps.counted, getattr(os, name)))
    sys.addaudithook(steps.watch)
    os._exit(run(arguments))


if __name__ == "__main__":
    main(sys.argv[1])
