"""The advisor as a contender: the one file of the benchmarks that knows its interface."""

from __future__ import annotations

from benchmarks.peers import Contender


def contenders() -> list[Contender]:
    """The advisor's readings that take part, the one that decides in daily use first."""
    return []
