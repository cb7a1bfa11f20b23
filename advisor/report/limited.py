"""Runs work on templates of one's own in one process apart, which is ended where it takes too much.

A process, as neither a thread nor a signal can stop what Python computes in one step, such as a power. It is started
for the first piece of work, serves those that follow, and ends with this one.
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
from typing import TypeVar, cast

from advisor.common.diagnostics import BadInput, Problem
from advisor.report.limits import Exceeded, Limits, fault, out_of_memory, out_of_time

LENGTH = 8
"""Bytes of the number before each message, which is the message's length."""
TEXT, DATA, FAULTS, DEFECT = b"t", b"b", b"f", b"d"
"""The first byte of an answer: what follows it."""
_START = "import sys; sys.path[:] = sys.argv[1:]; from advisor.report.limited_child import serve; serve()"

Result = TypeVar("Result", str, bytes)


def within_limits(limits: Limits, file: Path, work: Callable[..., Result], *arguments: object) -> Result:
    """What ``work`` returns for the arguments. It is a function of a module; all of it can be pickled.

    ``file`` is the template to name where a limit is exceeded. May be called from any thread; one call at a time runs.
    Raises BadInput for an exceeded limit, and where ``work`` does; RuntimeError for a defect in ``work``.
    """
    request = pickle.dumps((limits, str(file), work, arguments, _here()))
    with _Shared.lock:
        try:
            worker = _Shared.worker = _Shared.worker or _Worker()
        except OSError as error:
            what = f"no process can be started to fill in templates: {(error.strerror or str(error)).lower()}"
            raise BadInput(Problem(what, str(file), help="try again when the system has room for it")) from None
        try:
            answer = worker.ask(request, limits)
        except BaseException as error:
            _Shared.stop()
            if isinstance(error, Exceeded):
                raise BadInput(fault(error, str(file))) from None
            raise
    return cast(Result, _read(answer))


def _here() -> str:
    """The folder that relative paths start from, empty where it is gone."""
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
    """The process apart, and the pipes to it."""

    def __init__(self) -> None:
        command = [sys.executable, "-c", _START, *sys.path]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._late = False

    def ask(self, request: bytes, limits: Limits) -> bytes:
        """The answer to a request. Raises Exceeded where the process has ended before it answered."""
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
            return Exceeded(f"is not filled in after {limits.waiting:g} s")
        if code == -signal.SIGXCPU:
            return out_of_time(limits)
        if code == -signal.SIGKILL:  # as the system does where memory is short
            return out_of_memory(limits)
        ended = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return Exceeded(f"cannot be filled in: the process for it ended ({ended})")

    def _end_late(self) -> None:
        self._late = True
        self._process.kill()

    def stop(self) -> None:
        """Ends the process, whatever it does, and waits for its end."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        self._process.wait()


class _Shared:
    """The one process of this program; ``lock`` is held while it works."""

    lock = threading.Lock()
    worker: _Worker | None = None

    @classmethod
    def stop(cls) -> None:
        """Ends the process where there is one; the next work gets a new one."""
        worker, cls.worker = cls.worker, None
        if worker:
            worker.stop()

    @classmethod
    def forget(cls) -> None:
        """In a fork of this program the process is not its own."""
        cls.lock, cls.worker = threading.Lock(), None


atexit.register(_Shared.stop)
os.register_at_fork(after_in_child=_Shared.forget)
