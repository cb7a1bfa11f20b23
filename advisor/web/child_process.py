"""Work on what was uploaded, in a process of its own, which is stopped after some time and may run out of memory."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.util import get_temp_dir
from typing import Any

from advisor.common.diagnostics import BadInput, Problem, reason

MAX_SECONDS = 60.0
"""For one piece of work."""
MAX_MEMORY, MAX_WRITTEN = 4 * 2**30, 2 * 2**30
"""Bytes of address space, and of one file that is written on the way."""
AT_ONCE, _WAIT_SECONDS = 2, 20.0
_MAX_ANSWER = 50_000_000
_LONGEST_FOLDER = 70
"""Bytes of the path of the temporary folder: a socket's path has 107 at most, of which 31 follow."""
PLACES = 10
"""Requests that arrive, wait or are worked on at the same time: each may hold a thread, and its files."""
LIBRARIES = [
    *("advisor.monitor.run", "advisor.monitor.dashboard", "advisor.portfolio.plan"),
    *("ibis.backends.duckdb", "matplotlib.figure", "matplotlib.backends.backend_svg"),
]
"""What takes seconds to import: loaded once, in the process that the others are copies of."""
_free, _places = threading.BoundedSemaphore(AT_ONCE), threading.BoundedSemaphore(PLACES)


class Busy(Exception):
    """All places are taken by other requests."""


@contextmanager
def place() -> Iterator[None]:
    """One of the places, to be taken before the body of a request arrives. Raises Busy."""
    if not _places.acquire(blocking=False):
        raise Busy
    try:
        yield
    finally:
        _places.release()


@contextmanager
def turn() -> Iterator[None]:
    """The right to start a process, within a place. Raises Busy."""
    if not _free.acquire(timeout=_WAIT_SECONDS):
        raise Busy
    try:
        yield
    finally:
        _free.release()


def answer_of(work: Callable[..., None], *arguments: object, what: str, help: str) -> Any:
    """What a process answers in which ``work(connection, *arguments)`` runs and calls ``send``, within its turn.

    ``what`` is what it reads, in the plural, and ``help`` what to do where that is too much. Raises BadInput for the
    problems that it sends and for its limits, RuntimeError for a defect.
    """
    context = _context()
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(theirs, *arguments), daemon=True)
    try:
        process.start()
    except OSError as error:
        cause = f"no process can be started to read {what}: {reason(error)}"
        raise BadInput(Problem(cause, help=help)) from None
    finally:
        theirs.close()
    try:
        if not ours.poll(MAX_SECONDS):
            raise BadInput(Problem(f"{what} take more than {MAX_SECONDS:g} s to read", help=help))
        found = json.loads(ours.recv_bytes(_MAX_ANSWER))
    except EOFError:
        process.join()
        if process.exitcode == 1:  # it has raised
            raise RuntimeError("the process that reads uploads failed; its traceback is above") from None
        raise BadInput(Problem(f"{what} cannot be read within the memory there is here", help=help)) from None
    finally:
        process.kill()
        process.join()
        ours.close()
    if "problems" in found:
        raise BadInput(Problem(**problem) for problem in found["problems"])
    return found["answer"]


def send(connection: Connection, work: Callable[[], Any], out_of_memory: Problem) -> None:
    """Sends, from the process, what a function returns or its problems, as JSON, which the parent can read."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles it, and ends this process
    found: Mapping[str, object]
    try:
        _hold_to_limits()
        found = {"answer": work()}
    except BadInput as error:
        found = {"problems": [problem._asdict() for problem in error.problems]}
    except MemoryError:
        found = {"problems": [out_of_memory._asdict()]}
    connection.send_bytes(json.dumps(found).encode())


def _hold_to_limits() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing fails with an OSError instead
    limits = ((resource.RLIMIT_AS, MAX_MEMORY), (resource.RLIMIT_FSIZE, MAX_WRITTEN), (resource.RLIMIT_CORE, 0))
    for kind, most in limits:
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))


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
