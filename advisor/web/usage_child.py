"""The process that reads uploaded usage: it may be stopped at any time, and is held to its memory and its folder."""

from __future__ import annotations

import datetime
import json
import os
import resource
import signal
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.catalogue.loader import Catalogue
from advisor.common.diagnostics import BadInput, Problem
from advisor.domain.scenario import Route
from advisor.rulebook.model import Rulebook

if TYPE_CHECKING:
    from advisor.monitor.run import Run

LIBRARIES = [
    *("advisor.monitor.run", "advisor.monitor.dashboard", "advisor.monitor.option_values"),
    *("ibis.backends.duckdb", "matplotlib.figure", "matplotlib.backends.backend_svg"),
]
"""What takes seconds to import: loaded once, in the process that the others are copies of."""
MAX_UNPACKED = 200_000_000
"""Bytes of all packed files, unpacked."""
MAX_MEMORY, MAX_WRITTEN = 4 * 2**30, 2 * 2**30
"""Bytes of address space, and of one file that is written on the way."""
_CHUNK = 1 << 20
_PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}


@dataclass(frozen=True)
class Job:
    """Files by their names in the folder, and the options of the command by name (``date_order``), as text.

    ``decision`` and ``mapping`` are names too; options that are left out are not in ``options``.
    """

    rulebook: Rulebook
    catalogue: Catalogue | None
    today: datetime.date
    usage: tuple[str, ...]
    decision: str
    mapping: str | None
    options: Mapping[str, str]


def answer(connection: Connection, folder: str, job: Job) -> None:
    """Sends ``{"page": HTML}`` or ``{"problems": [...]}`` as JSON, which the parent can read without trust."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles it, and ends this process
    found: dict[str, object]
    try:
        _hold_to_limits()
        os.chdir(folder)
        found = {"page": page_of(job)}
    except BadInput as error:
        found = {"problems": [problem._asdict() for problem in error.problems]}
    except MemoryError:
        found = {"problems": [Problem("these files need more memory than there is here", help=HELP)._asdict()]}
    connection.send_bytes(json.dumps(found).encode())


HELP = "upload fewer or smaller files, or use `advisor monitor` on your own machine"


def page_of(job: Job) -> str:
    """The dashboard of the files in the working folder, without history. Raises BadInput."""
    from advisor.monitor.dashboard import dashboard_html
    from advisor.monitor.run import monitored

    _check_unpacked(job.usage)
    usual, tempfile.tempdir = tempfile.tempdir, str(Path.cwd())  # so that what is spilled goes with the folder
    try:
        result = monitored(_run(job))
    finally:
        tempfile.tempdir = usual
    return dashboard_html(result, None)


def _run(job: Job) -> Run:
    from advisor.monitor.model import Thresholds
    from advisor.monitor.monthly_usage import Assumed
    from advisor.monitor.option_values import covered, only, rates, whole_texts
    from advisor.monitor.run import Run
    from advisor.usage.date_order import DateOrder
    from advisor.usage.options import ReadOptions

    def lines(name: str) -> list[str]:
        return [line.strip() for line in job.options.get(name, "").splitlines() if line.strip()]

    route, order = job.options.get("route"), job.options.get("date_order")
    return Run(
        usage=job.usage,
        decision=job.decision,
        rulebook=job.rulebook,
        catalogue=job.catalogue,
        route=Route(route) if route else None,
        reading=ReadOptions(
            today=job.today,
            format=job.options.get("format"),
            mapping=Path(job.mapping) if job.mapping else None,
            only=only(lines("only")),
            request_paths=whole_texts(lines("request_path"), "--request-path"),
            makes_images=tuple(lines("makes_images")),
            date_order=DateOrder(order) if order else None,
        ),
        assumed=Assumed(today=job.today, rates=rates(lines("rate")), covers=covered(job.options.get("covers"))),
        thresholds=Thresholds(),
        ranges={},
        history=None,
    )


def _check_unpacked(names: tuple[str, ...]) -> None:
    """Unpacks packed files to nowhere, up to the limit. Raises BadInput."""
    from advisor.tabular.text_files import Packing, unpacked

    done = 0
    for name in names:
        with Path(name).open("rb") as file:
            start = file.read(4)
        packing = next((Packing(kind) for magic, kind in _PACKED.items() if start.startswith(magic)), None)
        if packing is None:
            continue
        with unpacked(Path(name), packing) as file:
            while chunk := file.read(_CHUNK):
                done += len(chunk)
                if done > MAX_UNPACKED:
                    what = f"the packed files have more than {MAX_UNPACKED:,} bytes unpacked"
                    raise BadInput(Problem(what, name, help=HELP))


def _hold_to_limits() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing fails with an OSError instead
    limits = ((resource.RLIMIT_AS, MAX_MEMORY), (resource.RLIMIT_FSIZE, MAX_WRITTEN), (resource.RLIMIT_CORE, 0))
    for kind, most in limits:
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))
