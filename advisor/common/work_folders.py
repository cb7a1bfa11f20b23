"""Folders for work in progress: gone in the end whatever happens, and where a process was killed, with the next one."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_MEMORY = Path("/dev/shm")


def temporary_folder() -> Path:
    """The temporary folder, for libraries that ask Python for it too; memory where none can be written to.

    Raises OSError.
    """
    try:
        return Path(tempfile.gettempdir())
    except OSError:
        if not _MEMORY.is_dir():
            raise
        tempfile.tempdir = str(_MEMORY)
        return _MEMORY


@contextmanager
def work_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """A new folder, locked as long as it is in use. Those of this prefix that are not in use are removed first.

    Raises OSError where no folder can be made.
    """
    for left in parent.glob(f"{prefix}*"):
        with suppress(OSError):
            _remove_unused(left)
    folder, handle = _made(parent, prefix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def _made(parent: Path, prefix: str) -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
        with suppress(FileNotFoundError):
            handle = _opened(folder)
            with suppress(OSError):  # a file system without locks: then nobody can take it for unused either
                fcntl.flock(handle, fcntl.LOCK_EX)
            if folder.is_dir():
                return folder, handle
            os.close(handle)  # somebody took it for unused before it was locked


def _remove_unused(folder: Path) -> None:
    """Removes a folder of this user's that no process has locked."""
    handle = _opened(folder)
    try:
        if os.fstat(handle).st_uid == os.geteuid():
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)


def _opened(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
