"""Reading files of bounded size, writing files that are whole or absent, finding the bundled data."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from advisor.errors import BadInput, Problem, quoted

MAX_BYTES = 1_000_000
STANDARD_INPUT = "-"


def read_text(path: str, max_bytes: int = MAX_BYTES) -> str:
    """The text of a file, or of standard input for ``-``.

    Raises BadInput for a missing file, a directory, more than ``max_bytes`` bytes, or bytes that are not UTF-8.
    """
    name = "standard input" if path == STANDARD_INPUT else path
    try:
        if path == STANDARD_INPUT:
            data = sys.stdin.buffer.read(max_bytes + 1)
        else:
            if Path(path).exists() and not Path(path).is_file():
                raise BadInput(Problem("this is not a regular file", file=name, help="name a file"))
            with Path(path).open("rb") as file:
                data = file.read(max_bytes + 1)
    except FileNotFoundError:
        raise BadInput(Problem("there is no such file", file=name, help="check the path")) from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise BadInput(Problem(f"the file cannot be read: {reason}", file=name)) from None
    if len(data) > max_bytes:
        raise BadInput(
            Problem(
                f"the file is larger than {max_bytes:,} bytes",
                file=name,
                help="a file of this kind is a few kilobytes; check that this is the right one",
            )
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadInput(
            Problem(
                f"byte {quoted(hex(data[error.start]))} is not UTF-8 text",
                file=name,
                line=line,
                help="save the file as UTF-8",
            )
        ) from None


def write_whole(path: Path, text: str) -> None:
    """Writes beside the target and renames, so that a reader sees the old file or the new one, never a part."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            mask = os.umask(0)
            os.umask(mask)
            Path(beside).chmod(0o666 & ~mask)
            Path(beside).replace(path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BadInput(
            Problem(f"the file cannot be written: {reason}", file=str(path), help="name a folder you may write to")
        ) from None


def bundled(kind: str) -> Path:
    """The folder of ``rules`` or ``templates`` that came with the program, from a wheel or from a checkout."""
    package = Path(__file__).parent
    installed = package / "_bundled" / kind
    if installed.is_dir():
        return installed
    return package.parent / {"rules": "rules", "templates": "reports/templates"}[kind]
