"""The files of a starter kit: those of the templates, copied as they are, or rendered (``*.j2``)."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path

from advisor.common.atomic_files import faults_of_writing, sync_folder
from advisor.common.diagnostics import BadInput, Problem, reason
from advisor.common.files import STANDARD_INPUT, bundled, is_folder, read_text, real, work_folder
from advisor.report.templates import fill
from advisor.starter_kit.plan import Kit

FOLDER = "starter"
"""Of the templates."""
MAX_FILES = 200
_TEMPLATE = ".j2"
_WORK = ".advisor-starter-"


def kit_files(kit: Kit, templates: Path | None = None) -> dict[str, str]:
    """The text of each file by its path in the kit, sorted. The same kit gives the same texts. Raises BadInput."""
    source = (templates or bundled("templates")) / FOLDER
    if not is_folder(source):
        help = "a templates folder is complete in itself: start from a copy of the bundled one"
        raise BadInput(Problem(f"there is no `{FOLDER}` in the templates folder", str(templates), help=help))
    paths = sorted(_paths(source))
    if len(paths) > MAX_FILES:
        what = f"there are more than {MAX_FILES} files"
        raise BadInput(Problem(what, str(source), help="check --templates"))
    named = {"kit": dataclasses.asdict(kit), "complete": {table.name: table.complete for table in kit.tables}}
    files = {}
    for path in paths:
        if path.endswith(_TEMPLATE):
            files[path.removesuffix(_TEMPLATE)] = fill(f"{FOLDER}/{path}", named, templates)
        else:
            files[path] = read_text(str(source / path))
    return dict(sorted(files.items()))


def _paths(source: Path) -> list[str]:
    """The paths of the files below a folder, without caches and hidden files."""
    found = []
    for folder, below, names in os.walk(source):
        below[:] = [name for name in below if not name.startswith((".", "__"))]
        where = Path(folder).relative_to(source)
        found += [(where / name).as_posix() for name in names if not name.startswith(".")]
    return found


def write_kit(files: Mapping[str, str], folder: Path) -> None:
    """Writes all of the files or none: into a folder next to it, which is then renamed.

    Raises BadInput for a folder that is not empty, and for one that cannot be written.
    """
    if str(folder) == STANDARD_INPUT:
        what = f"`{STANDARD_INPUT}` is standard output, not a folder"
        raise BadInput(Problem(what, "--out", help="name a folder; write `./-` for one of this name"))
    target = real(folder) if folder.is_symlink() else folder
    _check_empty(target, folder)
    with faults_of_writing(folder):
        target.parent.mkdir(parents=True, exist_ok=True)
        with work_folder(target.parent, _WORK) as work:
            new = work / "kit"
            for name, text in files.items():
                path = new / name
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("w", encoding="utf-8", newline="") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
            new.rename(target)  # also over an empty folder, and over no other
            sync_folder(target.parent)


def _check_empty(target: Path, named: Path) -> None:
    try:
        empty = not any(target.iterdir())
    except FileNotFoundError:
        return
    except NotADirectoryError:
        what = "the folder cannot be created: a file of that name exists"
        raise BadInput(Problem(what, str(named), help="name a folder")) from None
    except (OSError, ValueError) as error:
        what = f"the folder cannot be read: {reason(error)}"
        raise BadInput(Problem(what, str(named), help="name a folder you may write to")) from None
    if not empty:
        what = "the folder is not empty, so no starter kit is written into it"
        raise BadInput(Problem(what, str(named), help="name a new folder, or empty this one"))
