"""A folder for work in progress next to OUT: finished files are renamed into place, the rest is removed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from advisor.common.atomic_files import DISK_FULL, faults_of_writing
from advisor.common.diagnostics import BadInput, Problem, reason
from advisor.common.work_folders import work_folder

PREFIX = ".advisor-sweep-"


@contextmanager
def sweep_work_folder(out: Path) -> Iterator[Path]:
    """A new folder on OUT's file system, removed at the end.

    Raises BadInput if none can be created, and if the disk is full while it is in use.
    """
    with ExitStack() as working:
        try:
            folder = working.enter_context(work_folder(out.parent, PREFIX))
        except FileNotFoundError:
            raise BadInput(Problem("there is no such folder", str(out.parent), help="make it first")) from None
        except OSError as error:
            what = f"the file cannot be written: {reason(error)}"
            raise BadInput(Problem(what, str(out), help="name a folder you may write to")) from None
        try:
            yield folder
        except OSError as error:
            if error.errno not in DISK_FULL:
                raise
            with faults_of_writing(out):
                raise
