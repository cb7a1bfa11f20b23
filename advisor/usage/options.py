"""How a run reads its files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

from advisor.common.terminal import Progress
from advisor.domain.scenario import Unit
from advisor.usage.date_order import DateOrder
from advisor.usage.mapping import PlainMapping, load_mapping

DUCKDB, SPARK = "duckdb", "spark"


@dataclass(frozen=True)
class ReadOptions:
    """How usage is read.

    ``format`` names the source where its content does not; ``mapping`` is the file that says what the columns of a
    plain table mean. ``on`` is ``duckdb`` or ``spark`` (with ``master``). Rows of a bill count where ``only`` holds
    (column, text within it); requests of a log where path, method and status fit (``request_paths`` are patterns with
    ``*`` and ``?``, as are ``makes_images``, names of what makes images where a source has names alone). ``currency``
    is the one that rows must have; None: whichever, but one. ``unit`` is what the decision counts. ``date_order`` is
    that of dates such as `01/08/2026`; None: it is found in each file. Rows that cannot be read are listed in
    ``rejects``; without it one stops the run.
    """

    today: date
    format: str | None = None
    mapping: Path | None = None
    on: str = DUCKDB
    master: str | None = None
    currency: str | None = None
    only: tuple[tuple[str, str], ...] = ()
    request_paths: tuple[str, ...] = ()
    makes_images: tuple[str, ...] = ()
    request_methods: tuple[str, ...] = ("POST",)
    unit: Unit = Unit.IMAGE
    date_order: DateOrder | None = None
    rejects: Path | None = None
    progress: Progress = field(default_factory=Progress)

    @cached_property
    def plain(self) -> PlainMapping | None:
        """The mapping, read once, as it may come through a pipe. Raises BadInput."""
        return load_mapping(self.mapping, self.today.year + 1) if self.mapping else None
