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
from functools import lru_cache, partial
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.util import get_temp_dir
from typing import NamedTuple, ParamSpec

from starlette.exceptions import HTTPException

from advisor.common.diagnostics import BadInput, Problem, reason

_P = ParamSpec("_P")
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
_LIBRARIES = [
    *("advisor.monitor.run", "advisor.monitor.dashboard", "advisor.portfolio.plan"),
    *("advisor.web.usage_upload", "advisor.web.portfolio_page"),
    *("ibis.backends.duckdb", "matplotlib.figure", "matplotlib.backends.backend_svg"),
]
"""What takes seconds to import: loaded once, in the process that the others are copies of."""
_free, _places = threading.BoundedSemaphore(AT_ONCE), threading.BoundedSemaphore(PLACES)


@contextmanager
def place() -> Iterator[None]:
    """One of the places, to be taken before the body of a request arrives. Raises HTTPException if none is free."""
    if not _places.acquire(blocking=False):
        raise _busy()
    try:
        yield
    finally:
        _places.release()


@contextmanager
def turn() -> Iterator[None]:
    """A turn to work, within a place, after a wait. Raises HTTPException."""
    if not _free.acquire(timeout=_WAIT_SECONDS):
        raise _busy()
    try:
        yield
    finally:
        _free.release()


def _busy() -> HTTPException:
    return HTTPException(503, headers={"retry-after": "60"})


class TooMuch(NamedTuple):
    """The words for work beyond its limits: what it reads, in the plural, that memory is short, and what to do."""

    what: str
    out_of_memory: str
    help: str


def answer_of(words: TooMuch, work: Callable[_P, str], *arguments: _P.args, **options: _P.kwargs) -> str:
    """What a function of a module returns, run within its turn in a process of its own.

    Raises BadInput for the problems that it raises and for its limits, RuntimeError for a defect.
    """
    context, (what, out_of_memory, help) = _context(), words
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(theirs, partial(work, *arguments, **options)), daemon=True)
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
    if found is None:
        raise BadInput(Problem(out_of_memory, help=help))
    if "problems" in found:
        raise BadInput(Problem(**problem) for problem in found["problems"])
    return str(found["answer"])


def _answer(connection: Connection, work: Callable[[], str]) -> None:
    """In the process: sends what a function returns or its problems, as JSON, which the parent can read; null where the
    memory does not suffice.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles it, and ends this process
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing fails with an OSError instead
    found: Mapping[str, object] | None
    try:
        limits = ((resource.RLIMIT_AS, MAX_MEMORY), (resource.RLIMIT_FSIZE, MAX_WRITTEN), (resource.RLIMIT_CORE, 0))
        for kind, most in limits:
            with suppress(OSError, ValueError):
                resource.setrlimit(kind, (most, most))
        found = {"answer": work()}
    except BadInput as error:
        found = {"problems": [problem._asdict() for problem in error.problems]}
    except MemoryError:
        found = None
    connection.send_bytes(json.dumps(found).encode())


@lru_cache(maxsize=1)
def _context() -> ForkServerContext | SpawnContext:
    """Copies of a process that has loaded the libraries: a copy takes milliseconds, and no thread is copied.

    It is reached through a socket in the temporary folder; where that path is too long for one, each process starts
    anew, which takes about a second.
    """
    if len(os.fsencode(tempfile.gettempdir())) > _LONGEST_FOLDER:
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LIBRARIES)
    return context


def stop() -> None:
    """Removes the folder through which that process is reached; an interrupted program would leave it."""
    if _context.cache_info().currsize:
        shutil.rmtree(get_temp_dir(), ignore_errors=True)
