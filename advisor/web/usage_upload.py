"""Uploaded usage in, the dashboard out: in a temporary folder and a process that both end with the request."""

from __future__ import annotations

import datetime
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from advisor.common.diagnostics import HIDDEN, BadInput, Problem
from advisor.common.files import temporary_folder, work_folder
from advisor.domain.scenario import Route
from advisor.web.child_process import TooMuch, turn
from advisor.web.site import Site

MAX_UNPACKED = 200_000_000
"""Bytes of all packed files, unpacked."""
TOO_MUCH = TooMuch(
    "these files",
    "these files need more memory than there is here",
    "upload fewer or smaller files, or use `advisor monitor` on your own machine",
)
_CHUNK = 1 << 20
_PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}


def dashboard(
    folder: str,
    site: Site,
    today: datetime.date,
    usage: tuple[str, ...],
    decision: str,
    mapping: str | None,
    options: Mapping[str, str],
) -> str:
    """The dashboard of files by their names in the folder, without history; in a process of its own, which it moves.

    ``options`` are those of the command by name (``date_order``), as text. Raises BadInput.
    """
    from advisor.monitor.dashboard import dashboard_html
    from advisor.monitor.model import Guess, Thresholds
    from advisor.monitor.run import Run, assumed, monitored, only, whole_texts
    from advisor.usage.dates import DateOrder
    from advisor.usage.model import ReadOptions

    def lines(name: str) -> list[str]:
        return [line.strip() for line in options.get(name, "").splitlines() if line.strip()]

    os.chdir(folder)
    _check_unpacked(usage)
    route, order = options.get("route"), options.get("date_order")
    run = Run(
        usage=usage,
        decision=decision,
        rulebook=site.rulebook,
        catalogue=site.catalogue,
        route=Route(route) if route else None,
        reading=ReadOptions(
            today=today,
            format=options.get("format"),
            mapping=Path(mapping) if mapping else None,
            only=only(lines("only")),
            request_paths=whole_texts(lines("request_path"), "--request-path"),
            makes_images=tuple(lines("makes_images")),
            date_order=DateOrder(order) if order else None,
        ),
        assumed=assumed(
            today,
            {guess: options[guess] for guess in Guess if guess in options},
            rate=lines("rate"),
            covers=options.get("covers"),
            images_from=lines("images_from"),
            cost_from=lines("cost_from"),
        ),
        thresholds=Thresholds(),
        ranges={},
        history=None,
    )
    usual, tempfile.tempdir = tempfile.tempdir, folder  # so that what is spilled goes with the folder
    try:
        result = monitored(run)
    finally:
        tempfile.tempdir = usual
    return dashboard_html(result, None)


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
                    raise BadInput(Problem(what, name, help=TOO_MUCH.help))


_LONGEST_NAME = 60
"""Characters: four bytes each fit into the name of a file."""


@contextmanager
def upload_folder() -> Iterator[Path]:
    """A folder for the files of one request, within a place. Raises Busy."""
    with turn(), work_folder(temporary_folder(), "advisor-web-") as folder:
        yield folder


def stored(folder: Path, stated_name: str, content: BinaryIO) -> str:
    """Writes an uploaded file into the folder; its name there."""
    name = name_for(stated_name, {path.name for path in folder.iterdir()})
    with (folder / name).open("xb") as file:
        shutil.copyfileobj(content, file)
    return name


def name_for(stated: str, taken: set[str]) -> str:
    """The name of a file without folders, hidden characters, and what would make it an option or a hidden file.

    >>> name_for("../../etc/passwd", set()), name_for("C:\\\\bill.csv", {"bill.csv"}), name_for("-", set())
    ('passwd', '2-bill.csv', 'file')
    """
    name = HIDDEN.sub("", re.split(r"[/\\]", stated)[-1])[-_LONGEST_NAME:].strip().lstrip(".-") or "file"
    number = 1
    while (name if number == 1 else f"{number}-{name}") in taken:
        number += 1
    return name if number == 1 else f"{number}-{name}"
