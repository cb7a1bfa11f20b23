"""Uploaded usage in, the dashboard out: in a temporary folder and a process that both end with the request."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.util import get_temp_dir
from pathlib import Path
from typing import BinaryIO

from advisor.common.diagnostics import HIDDEN, BadInput, Problem, reason
from advisor.common.work_folders import temporary_folder, work_folder
from advisor.web.usage_child import HELP, LIBRARIES, Job, answer

MAX_SECONDS = 60.0
"""For reading the files and judging them."""
AT_ONCE, _WAIT_SECONDS = 2, 20.0
_MAX_PAGE = 50_000_000
_LONGEST_NAME = 60
"""Characters: four bytes each fit into the name of a file."""
_LONGEST_FOLDER = 70
"""Bytes of the path of the temporary folder: a socket's path has 107 at most, of which 31 follow."""
PLACES = 10
"""Uploads that arrive, wait or are read at the same time: each may hold a thread, and its files."""
_free, _places = threading.BoundedSemaphore(AT_ONCE), threading.BoundedSemaphore(PLACES)


class Busy(Exception):
    """All places are taken by other uploads."""


@contextmanager
def place() -> Iterator[None]:
    """One of the places, to be taken before the files of a request arrive. Raises Busy."""
    if not _places.acquire(blocking=False):
        raise Busy
    try:
        yield
    finally:
        _places.release()


@contextmanager
def upload_folder() -> Iterator[Path]:
    """A folder for the files of one request, within a place. Raises Busy."""
    if not _free.acquire(timeout=_WAIT_SECONDS):
        raise Busy
    try:
        with work_folder(temporary_folder(), "advisor-web-") as folder:
            yield folder
    finally:
        _free.release()


def stored(folder: Path, stated_name: str, content: BinaryIO) -> str:
    """Writes an uploaded file into the folder; its name there."""
    name = name_for(stated_name, {path.name for path in folder.iterdir()})
    with (folder / name).open("xb") as file:
        shutil.copyfileobj(content, file)
    return name


def name_for(stated: str, taken: set[str]) -> str:
    """The name of a file without folders, hidden characters, and what would make it an option or a hidden file.

    >>> name_for("../../etc/passwd", set()), name_for("C:\\\\bill.csv", {"bill.csv"}), name_for("-", set())
    ('passwd', '2-bill.csv', 'file')
    """
    name = HIDDEN.sub("", re.split(r"[/\\]", stated)[-1])[-_LONGEST_NAME:].strip().lstrip(".-") or "file"
    number = 1
    while (name if number == 1 else f"{number}-{name}") in taken:
        number += 1
    return name if number == 1 else f"{number}-{name}"


def dashboard_of(folder: Path, job: Job) -> str:
    """The dashboard, made by another process within its limits. Raises BadInput, RuntimeError for a defect."""
    context = _context()
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=answer, args=(theirs, str(folder), job), daemon=True)
    try:
        process.start()
    except OSError as error:
        what = f"no process can be started to read the files: {reason(error)}"
        raise BadInput(Problem(what, help="try again, or use `advisor monitor` on your own machine")) from None
    finally:
        theirs.close()
    try:
        if not ours.poll(MAX_SECONDS):
            raise BadInput(Problem(f"these files take more than {MAX_SECONDS:g} s to read", help=HELP))
        found = json.loads(ours.recv_bytes(_MAX_PAGE))
    except EOFError:
        process.join()
        if process.exitcode == 1:  # it has raised
            raise RuntimeError("the process that reads uploads failed; its traceback is above") from None
        raise BadInput(Problem("these files cannot be read within the memory there is here", help=HELP)) from None
    finally:
        process.kill()
        process.join()
        ours.close()
    if "problems" in found:
        raise BadInput(Problem(**problem) for problem in found["problems"])
    return str(found["page"])


@lru_cache(maxsize=1)
def _context() -> ForkServerContext | SpawnContext:
    """Copies of a process that has loaded the libraries: a copy takes milliseconds, and no thread is copied.

    It is reached through a socket in the temporary folder; where that path is too long for one, each process starts
    anew, which takes about a second.
    """
    if len(os.fsencode(tempfile.gettempdir())) > _LONGEST_FOLDER:
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LIBRARIES)
    return context


def stop() -> None:
    """Removes the folder through which that process is reached; an interrupted program would leave it."""
    if _context.cache_info().currsize:
        shutil.rmtree(get_temp_dir(), ignore_errors=True)
