"""Orders one after another: one GPU, one order at a time, a bounded number of others behind it."""

import asyncio
import math
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from server.pipeline import Order, Pipeline

LONGEST_WAIT = 60
"""Seconds: the largest wait that is asked of a client."""


class QueueFull(Exception):
    """No room for another order; `wait` is after how many seconds it is worth a try."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"the queue is full; try again in {wait} s")
        self.wait = wait


class ClientGone(Exception):
    """The client closed its connection before its pictures were made."""


class OrderQueue:
    """One thread that makes orders, with room for `waiting` orders behind the one that is made."""

    def __init__(self, pipeline: Pipeline, waiting: int) -> None:
        self._pipeline, self._room = pipeline, waiting + 1
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pipeline")
        self._lock = threading.Lock()
        self._inside, self._seconds = 0, 1.0

    def inside(self) -> int:
        """How many orders wait or are made."""
        return self._inside

    async def make(self, order: Order, gone: Callable[[], Coroutine[Any, Any, None]]) -> list[bytes]:
        """PNG files, once it is this order's turn.

        Args:
            gone: returns once nobody waits for the pictures any more. An order that has not begun is then dropped:
                otherwise clients that time out and try again would keep the GPU busy for no one.

        Raises:
            QueueFull: with the time that the orders inside will take if each takes as long as the last one did.
            ClientGone: `gone` returned first.
        """
        with self._lock:
            if self._inside >= self._room:
                raise QueueFull(max(1, min(LONGEST_WAIT, math.ceil(self._inside * self._seconds))))
            self._inside += 1
        work = self._thread.submit(self._timed, order)
        work.add_done_callback(lambda _: self._leave())  # After the work itself, also if it was dropped.
        made, left = asyncio.wrap_future(work), asyncio.create_task(gone())
        await asyncio.wait((made, left), return_when=asyncio.FIRST_COMPLETED)
        if made.done():
            left.cancel()
            return made.result()
        made.cancel()
        raise ClientGone

    def _timed(self, order: Order) -> list[bytes]:
        start = time.monotonic()
        try:
            return self._pipeline.generate(order)
        finally:
            self._seconds = time.monotonic() - start

    def _leave(self) -> None:
        with self._lock:
            self._inside -= 1
