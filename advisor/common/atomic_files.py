"""Files that are replaced together: after a crash at any step all of them are old, or all of them are new.

New contents go to hidden files first (``.advisor-*.new`` in the folder of each target), so a full disk is noticed while
nothing has changed. Then every old file gets a second, hidden name (``.advisor-*.old`` in the folder of the first
target) and a journal is written there, which lists the files. Then the new ones are renamed over the old ones, in the
order in which they were named; last, the journal is removed.

Invariant: without a journal, all files are old or all are new. They are old until the journal exists, and new once it
has been removed; if a command is killed in between, the next command restores the old files (``settle``, which every
reader calls, and ``writing``). A file that was edited since is left unchanged.

A writer holds a lock on the folder, so a journal or a hidden file found under the lock belongs to no running command.
On a file system without locks, commands that run one after the other are still safe.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from typing import Any

from advisor.common.diagnostics import BadInput, Problem, reason

JOURNAL = ".advisor-journal"
WAIT_SECONDS = 30.0
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
"""The errors of the system for a disk, or a user's share of it, without room."""
_NEW, _OLD = ".new", ".old"
_PREFIX = ".advisor-"
_POLL_SECONDS = 0.02


def settle(folder: Path) -> None:
    """Restores the old files if a command was killed while it replaced files of this folder. Raises BadInput."""
    if os.path.lexists(folder / JOURNAL):
        with alone_in(folder):
            pass


@contextmanager
def alone_in(*folders: Path) -> Iterator[None]:
    """Holds the locks of these folders, and undoes interrupted commands in them. Raises BadInput."""
    with ExitStack() as held:
        for path in sorted({os.path.realpath(folder) for folder in folders}):
            held.enter_context(_lock(path))
        for folder in folders:
            _roll_back(folder)
        yield


@contextmanager
def writing(folder: Path, *more: Path) -> Iterator[None]:
    """As ``alone_in``; the first folder is created if it is missing, and removed again after an error."""
    made: list[Path] = []
    try:
        _make(folder, made)
        with alone_in(folder, *more):
            for one in (folder, *more):
                _clear(_left_in(one))
            yield
    except BaseException:
        for one in reversed(made):
            with suppress(OSError):
                one.rmdir()
        raise


def write_together(contents: Mapping[Path, str | bytes]) -> None:
    """Writes all of the files or none, renamed in this order. Call it within ``writing``. Raises BadInput."""
    staged: dict[Path, Path | None] = {}
    try:
        for target, content in contents.items():
            with faults_of_writing(target):
                handle, name = tempfile.mkstemp(dir=target.parent, prefix=_PREFIX, suffix=_NEW)
                staged[target] = Path(name)
                _fill(handle, content.encode() if isinstance(content, str) else content)
        replace_together(staged)
    finally:
        _clear(filter(None, staged.values()))


def replace_together(staged: Mapping[Path, Path | None]) -> None:
    """Renames files over their targets, and removes targets mapped to None: all or nothing.

    Call it within ``writing`` or ``alone_in``. Raises BadInput.
    """
    folder = next(iter(staged)).parent
    staged = {target: new for target, new in staged.items() if new or os.path.lexists(target)}
    hidden: list[Path] = []
    try:
        if len(staged) > 1:
            _write_journal(folder, staged, hidden)
        for target, new in staged.items():
            with faults_of_writing(target):
                if new is None:
                    target.unlink(missing_ok=True)
                else:
                    _move(new, target)
        _sync_folders(staged)
        (folder / JOURNAL).unlink(missing_ok=True)
    except BaseException:
        _roll_back(folder)
        _clear(hidden)
        raise
    _clear(hidden)


@contextmanager
def faults_of_writing(path: Path) -> Iterator[None]:
    """Turns the system's error on writing a file into BadInput."""
    try:
        yield
    except OSError as error:
        what = f"the file cannot be written: {reason(error)}"
        full = error.errno in DISK_FULL
        help = "free space on the disk, or name another folder" if full else "name a folder you may write to"
        raise BadInput(Problem(what, file=str(path), help=help)) from None


def _make(folder: Path, made: list[Path]) -> None:
    """Creates a folder if it is missing, and adds each folder it created to ``made``. Raises BadInput."""
    try:
        missing = list(takewhile(lambda above: not above.exists(), (folder, *folder.parents)))
        for one in reversed(missing):
            one.mkdir(exist_ok=True)
            made.append(one)
        folder.mkdir(exist_ok=True)  # refuses anything but a folder
    except (FileExistsError, NotADirectoryError):
        what = "the folder cannot be created: a file of that name exists"
        raise BadInput(Problem(what, file=str(folder), help="name a folder")) from None
    except (OSError, ValueError) as error:
        what = f"the folder cannot be created: {reason(error)}"
        raise BadInput(Problem(what, file=str(folder), help="name a folder you may write to")) from None


def sync_folder(folder: Path) -> None:
    """Flushes the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _lock(folder: str) -> Iterator[None]:
    """Waits for the lock of a folder; continues without it if locks are not supported."""
    with ExitStack() as opened:
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            opened.callback(os.close, handle)
            ends = time.monotonic() + WAIT_SECONDS
            while not _locked(handle):
                if time.monotonic() > ends:
                    what = "another advisor command is still writing in this folder"
                    raise BadInput(Problem(what, folder, help="wait until it is done, and try again"))
                time.sleep(_POLL_SECONDS)
        yield


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _fill(handle: int, content: bytes) -> None:
    with os.fdopen(handle, "wb") as file:
        mask = os.umask(0)
        os.umask(mask)
        os.fchmod(handle, 0o666 & ~mask)
        file.write(content)
        file.flush()
        os.fsync(handle)


def _write_journal(folder: Path, staged: Mapping[Path, Path | None], hidden: list[Path]) -> None:
    """Links every old file under a second name, and lists old and new files in the journal."""
    entries = []
    for target, new in staged.items():
        with faults_of_writing(target):
            old = folder / f"{_PREFIX}{secrets.token_hex(4)}{_OLD}" if os.path.lexists(target) else None
            if old:
                hidden.append(old)
                _link(target, old)
            name = os.path.relpath(target.parent.resolve() / target.name, folder.resolve())
            entries.append({"target": name, "old": old and old.name, "new": new and _fingerprint(new)})
    with faults_of_writing(folder):
        # With the folder's inode number, so that a journal from a copy or an archive is ignored.
        text = json.dumps({"folder": folder.stat().st_ino, "files": entries})
        handle, name = tempfile.mkstemp(dir=folder, prefix=_PREFIX, suffix=_NEW)
        hidden.append(Path(name))
        _fill(handle, text.encode())
        _sync_folders(staged)
        Path(name).replace(folder / JOURNAL)
        sync_folder(folder)


def _link(target: Path, old: Path) -> None:
    try:
        os.link(target, old, follow_symlinks=False)
    except OSError:
        shutil.copy2(target, old, follow_symlinks=False)  # another file system, or one without hard links


def _move(file: Path, target: Path) -> None:
    """Renames a file over its target, also from another file system."""
    try:
        file.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy = target.with_name(f"{_PREFIX}{secrets.token_hex(4)}{_NEW}")
        shutil.copy2(file, copy, follow_symlinks=False)
        copy.replace(target)


def _roll_back(folder: Path) -> None:
    """Undoes what the journal of a folder lists, if there is one. May be interrupted and repeated."""
    journal = folder / JOURNAL
    try:
        with suppress(FileNotFoundError, NotADirectoryError):
            entries = _entries(journal)
            for target, old, new in entries:
                if _fingerprint(target) == new:
                    with suppress(FileNotFoundError):
                        _move(old, target) if old else target.unlink()
            _sync_folders(target for target, _, _ in entries)
            journal.unlink()
            _clear(_left_in(folder))
    except OSError as error:
        what = f"a command was killed while it wrote here, and cannot be undone: {reason(error)}"
        raise BadInput(Problem(what, str(folder), help="try again where the folder may be written to")) from None


def _entries(journal: Path) -> list[tuple[Path, Path | None, object]]:
    """Each target, its old file, and the fingerprint of the new one; empty for a foreign journal."""
    folder = journal.parent
    try:
        data: Any = json.loads(journal.read_bytes())
        if data["folder"] != folder.stat().st_ino:
            return []
        return [
            (folder / entry["target"], folder / Path(entry["old"]).name if entry["old"] else None, entry["new"])
            for entry in data["files"]
        ]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []


def _fingerprint(path: Path) -> list[int] | None:
    """Distinguishes versions of a file, and survives a rename; None if there is no file."""
    try:
        about = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return [about.st_size, about.st_mtime_ns]


def _sync_folders(files: Iterable[Path]) -> None:
    for folder in {file.parent for file in files}:
        with suppress(OSError):  # not every file system can
            sync_folder(folder)


def _left_in(folder: Path) -> Iterable[Path]:
    """Hidden files of commands that were killed."""
    return (found for ending in (_NEW, _OLD) for found in folder.glob(f"{_PREFIX}*{ending}"))


def _clear(files: Iterable[Path]) -> None:
    for file in files:
        with suppress(OSError):
            file.unlink(missing_ok=True)
