"""Every reader there is: of tables, which a database reads, and of pages of JSON, which are read here."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Protocol, cast

from advisor.domain.scenario import Unit
from advisor.usage.column_exprs import Cells
from advisor.usage.normalise import Shaped
from advisor.usage.options import ReadOptions
from advisor.usage.readers.focus import FOCUS
from advisor.usage.readers.gateways import LOGS
from advisor.usage.readers.litellm_logs import LITELLM_LOGS, LiteLlmLogs
from advisor.usage.readers.page_models import PageReading
from advisor.usage.readers.starter_log import STARTER_LOG
from advisor.usage.source import Source
from advisor.usage.spreadsheet_dates import Columns

PLAIN = "plain"


class TableReader(Protocol):
    """Reads one source of tables."""

    @property
    def name(self) -> str:
        """The name of the source."""

    @property
    def periods(self) -> Columns:
        """Columns of dates whose order may have to be found."""

    def fits(self, source: Source) -> bool:
        """Whether a table with these columns is of this source."""

    def shaped(self, cells: Cells, options: ReadOptions) -> Shaped:
        """The columns of ``usage.Row``. Raises BadInput."""


class PageReader(Protocol):
    """A module that reads pages of JSON."""

    NAMES: tuple[str, ...]

    def name_of(self, document: object) -> str | None:
        """Which of its sources a document is."""

    def read(self, name: str, document: object, file: str, unit: Unit, chosen: Sequence[str]) -> PageReading:
        """The rows of a document of this name. ``unit`` is what counts as an image; ``chosen`` are names that make
        images, if the user selected them. Raises BadInput."""


TABLES: tuple[TableReader, ...] = (FOCUS, LITELLM_LOGS, STARTER_LOG, *LOGS)
OF_SECONDS = ("fal-usage", "fal-billing-events", "replicate-predictions", FOCUS.name, PLAIN)
"""Sources that can count seconds of video."""
_PAGES = ("openai", "fal", "replicate", "litellm_daily")


def optional_keys(reader: TableReader) -> tuple[str, ...]:
    """Keys that are looked for in objects even where the first of them have none."""
    return reader.optional if isinstance(reader, LiteLlmLogs) else ()


def page_readers() -> tuple[PageReader, ...]:
    """The readers of pages, imported when they are needed."""
    names = [f"advisor.usage.readers.{name}" for name in _PAGES]
    return tuple(cast(PageReader, importlib.import_module(name)) for name in names)


def names() -> tuple[str, ...]:
    """Every source, as ``--format`` takes it."""
    pages = (name for reader in page_readers() for name in reader.NAMES)
    return (*(reader.name for reader in TABLES), PLAIN, *pages)
