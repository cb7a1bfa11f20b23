"""The child process that renders custom templates (``limited``), one piece of work after another."""

from __future__ import annotations

import json
import math
import os
import pickle
import resource
import signal
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from advisor.common.diagnostics import BadInput, Problem
from advisor.report.limited import DATA, DEFECT, FAULTS, LENGTH, TEXT
from advisor.report.limits import Exceeded, Limits, fault, out_of_memory, out_of_time

_GRACE = 1
"""Seconds of CPU time beyond the limit after which the system kills the process."""
_AGAIN = 0.25
"""Seconds after which the exception is raised again, because some code in Jinja swallows any exception."""
_ENDLESS = resource.RLIM_INFINITY
_limits: Limits | None = None
"""The limits of the current work."""


def serve() -> None:
    """Answers requests from standard input on standard output until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles it, and ends this process
    signal.signal(signal.SIGPROF, _stop_work)
    _set_limit(resource.RLIMIT_CORE, 0)
    while length := sys.stdin.buffer.read(LENGTH):
        answer = _answer(sys.stdin.buffer.read(int.from_bytes(length)))
        sys.stdout.buffer.write(len(answer).to_bytes(LENGTH) + answer)
        sys.stdout.buffer.flush()


def lift_limits() -> None:
    """Removes the limits of the current work, so that its fault can be reported."""
    global _limits
    _limits = None
    signal.setitimer(signal.ITIMER_PROF, 0)
    _set_limit(resource.RLIMIT_CPU, _ENDLESS)
    _set_limit(resource.RLIMIT_AS, _ENDLESS)


def _answer(request: bytes) -> bytes:
    limits, file, work, arguments, here = pickle.loads(request)
    with suppress(OSError):
        os.chdir(here)
    try:
        with _held_to(limits):
            result = work(*arguments)
    except BadInput as error:
        return _faults(error.problems)
    except Exceeded as error:
        return _faults([fault(error, file)])
    except MemoryError:
        return _faults([fault(out_of_memory(limits), file)])
    except Exception:  # a defect of ours, which the parent raises with its traceback
        return DEFECT + traceback.format_exc().encode(errors="replace")
    return DATA + result if isinstance(result, bytes) else TEXT + result.encode("utf-8", "surrogatepass")


def _faults(problems: Iterable[Problem]) -> bytes:
    return FAULTS + json.dumps([problem._asdict() for problem in problems]).encode()


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
