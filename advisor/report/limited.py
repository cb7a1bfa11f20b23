"""Runs work on custom templates in a child process, which is killed if it exceeds its limits.

A process, because neither a thread nor a signal can stop a single long computation in Python, such as a power. It is
started for the first piece of work, serves the following ones, and ends with this process.
"""

from __future__ import annotations

import atexit
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import cast

from advisor.common.diagnostics import BadInput, Problem, reason
from advisor.report.limits import Exceeded, Limits, Result, fault, out_of_memory, out_of_time

LENGTH = 8
"""Bytes of the number before each message, which is the message's length."""
TEXT, DATA, FAULTS, DEFECT = b"t", b"b", b"f", b"d"
"""The first byte of an answer: the type of its content."""
_START = "import sys; sys.path[:] = sys.argv[1:]; from advisor.report.limited_child import serve; serve()"


def within_limits(limits: Limits, file: Path, work: Callable[..., Result], *arguments: object) -> Result:
    """The result of ``work``, a module-level function; arguments and result can be pickled.

    ``file`` is the template to name if a limit is exceeded. May be called from any thread; one call runs at a time.
    Raises BadInput for an exceeded limit and if ``work`` does, RuntimeError for a defect in ``work``.
    """
    request = pickle.dumps((limits, str(file), work, arguments, _here()))
    with _Shared.lock:
        try:
            worker = _Shared.worker = _Shared.worker or _Worker()
        except OSError as error:
            what = f"no process can be started to render templates: {reason(error)}"
            raise BadInput(Problem(what, str(file), help="try again when the system has free memory")) from None
        try:
            answer = worker.ask(request, limits)
        except BaseException as error:
            _Shared.stop()
            if isinstance(error, Exceeded):
                raise BadInput(fault(error, str(file))) from None
            raise
    return cast(Result, _read(answer))


def _here() -> str:
    """The working directory; empty if it no longer exists."""
    try:
        return str(Path.cwd())
    except OSError:
        return ""


def _read(answer: bytes) -> str | bytes:
    kind, content = answer[:1], answer[1:]
    if kind == FAULTS:
        raise BadInput(Problem(**problem) for problem in json.loads(content))
    if kind == DEFECT:
        raise RuntimeError(content.decode(errors="replace"))
    return content if kind == DATA else content.decode("utf-8", "surrogatepass")


class _Worker:
    """The child process, and the pipes to it."""

    def __init__(self) -> None:
        command = [sys.executable, "-c", _START, *sys.path]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._late = False

    def ask(self, request: bytes, limits: Limits) -> bytes:
        """The answer to a request. Raises Exceeded if the process has ended before it answered."""
        clock = threading.Timer(limits.waiting, self._end_late)
        clock.daemon = True
        clock.start()
        try:
            answer = self._exchange(request)
        finally:
            clock.cancel()
        if answer is None:
            raise self._reason(limits)
        return answer

    def _exchange(self, request: bytes) -> bytes | None:
        assert self._process.stdin
        assert self._process.stdout
        with suppress(BrokenPipeError):
            self._process.stdin.write(len(request).to_bytes(LENGTH) + request)
            self._process.stdin.flush()
        length = self._process.stdout.read(LENGTH)
        answer = self._process.stdout.read(int.from_bytes(length))
        return answer if length and len(answer) == int.from_bytes(length) else None

    def _reason(self, limits: Limits) -> Exceeded:
        code = self._process.wait()
        if self._late:
            return Exceeded(f"is not rendered after {limits.waiting:g} s")
        if code == -signal.SIGXCPU:
            return out_of_time(limits)
        if code == -signal.SIGKILL:  # as the system does where memory is short
            return out_of_memory(limits)
        ended = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return Exceeded(f"cannot be rendered: its process ended ({ended})")

    def _end_late(self) -> None:
        self._late = True
        self._process.kill()

    def stop(self) -> None:
        """Kills the process and waits for its end."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]  # opened as pipes above
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
