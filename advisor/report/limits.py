"""The resource limits of custom templates, which are rendered in a child process that is killed if it exceeds them.

A process, because neither a thread nor a signal can stop a single long computation in Python, such as a power. It is
started for the first piece of work, serves the following ones, and ends with this process.
"""

from __future__ import annotations

import atexit
import math
import os
import resource
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from advisor.common.diagnostics import BadInput, Problem, reason

_HELP = "compare it with the bundled template, and look for what is repeated too often"


@dataclass(frozen=True)
class Limits:
    """The limits of one piece of work.

    ``seconds`` is CPU time, ``waiting`` wall-clock seconds; ``memory`` is bytes beyond what the process
    holds before the work, ``characters`` the length of one rendered template.
    """

    seconds: float = 10.0
    waiting: float = 60.0
    memory: int = 512 * 2**20
    characters: int = 4_000_000


FILLING = Limits()
"""For one template. A memo is 20 thousand characters, and `advisor verify` reads four million bytes at most."""
PRINTING = Limits(seconds=60.0, waiting=240.0, memory=2 * 2**30)
"""For one page as PDF, which takes seconds even normally."""


Result = TypeVar("Result", str, bytes)


# ---- limits that are exceeded


class Exceeded(Exception):
    """A limit was exceeded; the text says which, as a predicate of the template."""


def out_of_time(limits: Limits) -> Exceeded:
    """More computing time than ``limits`` allow."""
    return Exceeded(f"takes more than {limits.seconds:g} s of computing time")


def out_of_memory(limits: Limits) -> Exceeded:
    """More memory than ``limits`` allow."""
    return Exceeded(f"needs more than {limits.memory // 2**20:,} MiB of memory")


def too_long(characters: int) -> Exceeded:
    """A text longer than ``characters``."""
    return Exceeded(f"writes more than {characters:,} characters")


def fault(error: Exceeded, file: str, line: int | None = None) -> Problem:
    """The fault of a template that exceeds a limit, with its place."""
    return Problem(f"the template {error}", file, line, help=_HELP)


# ---- the parent's side

_START = "import sys; sys.path[:] = sys.argv[2:]; from advisor.report.limits import serve; serve(int(sys.argv[1]))"
_GRACE = 1
"""Seconds of CPU time beyond the limit after which the system kills the process."""
_AGAIN = 0.25
"""Seconds after which the exception is raised again, because some code in Jinja swallows any exception."""
_ENDLESS = resource.RLIM_INFINITY


def within_limits(limits: Limits, file: Path, work: Callable[..., Result], *arguments: object) -> Result:
    """The result of ``work``, a module-level function; arguments and result can be pickled.

    ``file`` is the template to name if a limit is exceeded. May be called from any thread; one call runs at a time.
    Raises BadInput for an exceeded limit and if ``work`` does, RuntimeError for a defect in ``work``.
    """
    with _Shared.lock:
        try:
            worker = _Shared.worker = _Shared.worker or _Worker()
        except OSError as error:
            what = f"no process can be started to render templates: {reason(error)}"
            raise BadInput(Problem(what, str(file), help="try again when the system has free memory")) from None
        try:
            answer = worker.ask((limits, str(file), work, arguments, _here()), limits)
        except BaseException as error:
            _Shared.stop()
            if isinstance(error, Exceeded):
                raise BadInput(fault(error, str(file))) from None
            raise
    if isinstance(answer, RuntimeError):
        raise answer
    if isinstance(answer, tuple):
        raise BadInput(answer)
    return cast(Result, answer)


def _here() -> str:
    """The working directory; empty if it no longer exists."""
    try:
        return str(Path.cwd())
    except OSError:
        return ""


class _Worker:
    """The child process, and the connection to it."""

    def __init__(self) -> None:
        import subprocess
        from multiprocessing import Pipe

        self._connection, other = Pipe()
        with other:
            command = [sys.executable, "-c", _START, str(other.fileno()), *sys.path]
            none = subprocess.DEVNULL
            self._process = subprocess.Popen(command, stdin=none, stdout=none, stderr=none, pass_fds=[other.fileno()])

    def ask(self, request: object, limits: Limits) -> Any:
        """The answer to a request. Raises Exceeded if the process has ended before it answered, or is late."""
        try:
            self._connection.send(request)
            if not self._connection.poll(limits.waiting):
                raise Exceeded(f"is not rendered after {limits.waiting:g} s")
            return self._connection.recv()
        except (EOFError, OSError):
            raise self._reason(limits) from None

    def _reason(self, limits: Limits) -> Exceeded:
        code = self._process.wait()
        if code == -signal.SIGXCPU:
            return out_of_time(limits)
        if code == -signal.SIGKILL:  # as the system does where memory is short
            return out_of_memory(limits)
        ended = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return Exceeded(f"cannot be rendered: its process ended ({ended})")

    def stop(self) -> None:
        """Kills the process and waits for its end."""
        self._process.kill()
        self._connection.close()
        self._process.wait()


class _Shared:
    """The single child process of this program; ``lock`` is held while it works."""

    lock = threading.Lock()
    worker: _Worker | None = None

    @classmethod
    def stop(cls) -> None:
        """Kills the process if there is one; the next work gets a new one."""
        worker, cls.worker = cls.worker, None
        if worker:
            worker.stop()

    @classmethod
    def forget(cls) -> None:
        """After a fork: the child process belongs to the parent."""
        cls.lock, cls.worker = threading.Lock(), None


atexit.register(_Shared.stop)
os.register_at_fork(after_in_child=_Shared.forget)


# ---- the child process

_limits: Limits | None = None
"""The limits of the current work."""


def serve(number: int) -> None:
    """Answers the requests of the connection with this file descriptor until it is closed."""
    from multiprocessing.connection import Connection

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles it, and ends this process
    signal.signal(signal.SIGPROF, _stop_work)
    _set_limit(resource.RLIMIT_CORE, 0)
    with Connection(number) as connection, suppress(EOFError):
        while True:
            connection.send(_answer(*connection.recv()))


def lift_limits() -> None:
    """Removes the limits of the current work, so that its fault can be reported."""
    global _limits
    _limits = None
    signal.setitimer(signal.ITIMER_PROF, 0)
    _set_limit(resource.RLIMIT_CPU, _ENDLESS)
    _set_limit(resource.RLIMIT_AS, _ENDLESS)


def _answer(
    limits: Limits, file: str, work: Callable[..., str | bytes], arguments: tuple[object, ...], here: str
) -> str | bytes | tuple[Problem, ...] | RuntimeError:
    """The result of some work, its faults, or a defect of ours with its traceback."""
    with suppress(OSError):
        os.chdir(here)
    try:
        with _held_to(limits):
            return work(*arguments)
    except BadInput as error:
        return tuple(error.problems)
    except Exceeded as error:
        return (fault(error, file),)
    except MemoryError:
        return (fault(out_of_memory(limits), file),)
    except Exception:  # a defect of ours, which the parent raises with its traceback
        return RuntimeError(traceback.format_exc())


@contextmanager
def _held_to(limits: Limits) -> Iterator[None]:
    global _limits
    _limits = limits
    try:
        used = resource.getrusage(resource.RUSAGE_SELF)
        spent = used.ru_utime + used.ru_stime
        _set_limit(resource.RLIMIT_CPU, math.ceil(spent + limits.seconds) + _GRACE)
        if held := _bytes_held():
            _set_limit(resource.RLIMIT_AS, held + limits.memory)
        signal.setitimer(signal.ITIMER_PROF, limits.seconds, _AGAIN)
        yield
    finally:
        lift_limits()


def _bytes_held() -> int | None:
    """The address space of this process; None if the system does not report it."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return None


def _set_limit(kind: int, most: int) -> None:
    """Sets the soft limit, at most to the hard limit."""
    hard = resource.getrlimit(kind)[1]
    soft = hard if most == _ENDLESS or (hard != _ENDLESS and hard < most) else most
    with suppress(OSError, ValueError):
        resource.setrlimit(kind, (soft, hard))


def _stop_work(*_: object) -> None:
    if _limits is not None:
        raise out_of_time(_limits)
