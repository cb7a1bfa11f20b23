"""A folder for work in progress beside OUT: what is finished is renamed into place, the rest goes with the folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from advisor.errors import BadInput, Problem


@contextmanager
def work_beside(out: Path) -> Iterator[Path]:
    """A new folder on OUT's file system, gone in the end whatever happens. Raises BadInput where none can be made."""
    try:
        folder = tempfile.mkdtemp(dir=out.parent, prefix=".advisor-sweep-")
    except FileNotFoundError:
        raise BadInput(Problem("there is no such folder", str(out.parent), help="make it first")) from None
    except OSError as error:
        what = f"the file cannot be written: {(error.strerror or str(error)).lower()}"
        raise BadInput(Problem(what, str(out), help="name a folder you may write to")) from None
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
