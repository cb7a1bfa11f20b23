"""Uploaded usage in, the dashboard out: in a temporary folder and a process that both end with the request."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from advisor.common.diagnostics import HIDDEN
from advisor.common.work_folders import temporary_folder, work_folder
from advisor.web.child_process import answer_of, turn
from advisor.web.usage_child import HELP, Job, answer

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


def dashboard_of(folder: Path, job: Job) -> str:
    """The dashboard, made by another process within its limits. Raises BadInput, RuntimeError for a defect."""
    return str(answer_of(answer, str(folder), job, what="these files", help=HELP))
