"""Reading files of bounded size, writing files that are whole or absent, finding the bundled data."""

from __future__ import annotations

import codecs
import sys
from pathlib import Path

from advisor.atomic_files import settle, write_together, writing
from advisor.errors import BadInput, Problem, quoted

MAX_BYTES = 1_000_000
STANDARD_INPUT = "-"


def read_text(path: str, max_bytes: int = MAX_BYTES) -> str:
    """The text of a file, or of standard input for ``-``.

    Raises BadInput for a missing file, a directory, more than ``max_bytes`` bytes, or bytes that are not UTF-8.
    """
    name = "standard input" if path == STANDARD_INPUT else path
    try:
        data = _bytes_of(path, name, max_bytes + 1)
    except FileNotFoundError:
        raise BadInput(Problem("there is no such file", file=name, help="check the path")) from None
    except (OSError, ValueError) as error:
        help = "check the path and its permissions"
        raise BadInput(Problem(f"the file cannot be read: {_reason(error)}", file=name, help=help)) from None
    if len(data) > max_bytes:
        raise BadInput(
            Problem(
                f"there are more than {max_bytes:,} bytes here",
                file=name,
                help="a file of this kind has a few kilobytes; check that this is the right one",
            )
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"byte {quoted(hex(data[error.start]))} is not UTF-8 text"
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            what = "this is UTF-16 text, not UTF-8"
        raise BadInput(Problem(what, name, line, help="save the file as UTF-8")) from None


def _bytes_of(path: str, name: str, most: int) -> bytes:
    if path == STANDARD_INPUT:
        if sys.stdin is None:
            raise BadInput(Problem("standard input is closed", help="pipe the text in, or name a file"))
        return sys.stdin.buffer.read(most)
    if not path:
        raise BadInput(Problem("the path is empty", help="name a file"))
    settle(Path(path).parent)
    if Path(path).is_dir():
        raise BadInput(Problem("this is a folder, not a file", file=name, help="name a file in it"))
    if Path(path).exists() and not Path(path).is_file():
        # Opening a pipe waits for its writer, and a device may never end.
        raise BadInput(
            Problem("this is not a regular file", file=name, help="name a file, or pipe it in and write `-`")
        )
    with Path(path).open("rb") as file:
        return file.read(most)


def is_folder(path: Path) -> bool:
    """True for a folder; false for anything else, also for what may not be looked at."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def is_file(path: Path) -> bool:
    """True for a file; false for anything else, also for what may not be looked at."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _reason(error: OSError | ValueError) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


def write_whole(path: Path, content: str | bytes) -> None:
    """Writes a hidden file and renames it, so that a reader sees the old file or the new one, never a part."""
    with writing(path.parent):
        write_together({path: content})


def bundled(kind: str) -> Path:
    """The folder of ``rules`` or ``templates`` that came with the program, from a wheel or from a checkout."""
    package = Path(__file__).parent
    installed = package / "_bundled" / kind
    if installed.is_dir():
        return installed
    return package.parent / {"rules": "rules", "templates": "reports/templates"}[kind]
