"""Folders for work in progress: removed at the end, or by the next process if this one is killed."""

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
    """The temporary folder, also for libraries that ask Python for it; in memory if no other is writable.

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
    """A new folder, locked while it is in use. Unused folders with this prefix are removed first.

    Raises OSError if no folder can be created.
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
            with suppress(OSError):  # on a file system without locks, no process can find it unused either
                fcntl.flock(handle, fcntl.LOCK_EX)
            if folder.is_dir():
                return folder, handle
            os.close(handle)  # another process removed it before it was locked


def _remove_unused(folder: Path) -> None:
    """Removes a folder of this user that no process has locked."""
    handle = _opened(folder)
    try:
        if os.fstat(handle).st_uid == os.geteuid():
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)


def _opened(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
