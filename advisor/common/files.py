"""Reading files of bounded size, writing files atomically, folders for work in progress, finding the bundled data."""

from __future__ import annotations

import codecs
import errno
import fcntl
import io
import os
import re
import select
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from advisor.common.atomic_files import replace_together, settle, write_together, writing
from advisor.common.diagnostics import BadInput, Problem, quoted, reason

MAX_BYTES = 1_000_000
STANDARD_INPUT = "-"
SILENCE_SECONDS = 60.0
"""The timeout for a pipe that sends nothing, or that has no reader."""
_MOST_LINKS = 40
_STREAMS = {"-": 1, "/dev/stdout": 1, "/dev/stderr": 2}
_OPEN_FILE = re.compile(r"/(?:dev|proc/self)/fd/([0-9]{1,9})")
_IRREGULAR = "this is not a regular file"


def read_text(path: str, max_bytes: int = MAX_BYTES) -> str:
    """The text of a file, of a pipe, or of standard input for ``-``.

    Raises BadInput for a missing file, a directory, a device, a pipe that sends nothing for ``SILENCE_SECONDS``, more
    than ``max_bytes`` bytes, or bytes that are not UTF-8.
    """
    name = "standard input" if path == STANDARD_INPUT else path
    return text_of(_bytes_of(path, name, max_bytes + 1), name, max_bytes)


def text_of(data: bytes, name: str, max_bytes: int) -> str:
    """The text of bytes. Raises BadInput for more than ``max_bytes`` of them, or what is not UTF-8."""
    if len(data) > max_bytes:
        help = "a file of this kind has a few kilobytes; check that this is the right one"
        raise BadInput(Problem(f"there are more than {max_bytes:,} bytes here", file=name, help=help))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"byte {quoted(hex(data[error.start]))} is not UTF-8 text"
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            what = "this is UTF-16 text, not UTF-8"
        raise BadInput(Problem(what, name, line, help="save the file as UTF-8")) from None


def check_regular(path: Path) -> None:
    """Refuses anything but a regular file, which can be read more than once. Raises BadInput.

    Some kernel files claim to be regular (`/proc/kmsg`) and block the reader; they report a size of 0.
    """
    with os.fdopen(_opened(str(path), str(path), pipes=False), "rb", buffering=0) as file:
        try:
            if not os.fstat(file.fileno()).st_size and file.read(1) != b"":
                raise BadInput(Problem(_IRREGULAR, str(path), help="name a file"))
        except OSError as error:
            raise _unreadable(str(path), error) from None


def read_start(path: Path, most: int) -> bytes:
    """The first bytes of a regular file. Raises BadInput."""
    with os.fdopen(_opened(str(path), str(path), pipes=False), "rb") as file:
        return _bytes_within(file.fileno(), str(path), most)


def _bytes_of(path: str, name: str, most: int) -> bytes:
    if path == STANDARD_INPUT and sys.stdin is None:
        raise BadInput(Problem("standard input is closed", help="pipe the text in, or name a file"))
    try:
        if path != STANDARD_INPUT:
            with os.fdopen(_opened(path, name, pipes=True), "rb") as file:
                return _bytes_within(file.fileno(), name, most)
        try:
            handle = sys.stdin.fileno()
        except io.UnsupportedOperation:
            return sys.stdin.buffer.read(most)
        return _bytes_within(handle, name, most)
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from None


def _opened(path: str, name: str, *, pipes: bool) -> int:
    """A descriptor of a regular file or a pipe, opened without blocking (a pipe would wait for its writer)."""
    if not path:
        raise BadInput(Problem("the path is empty", help="name a file"))
    settle(Path(path).parent)
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116  # also of names that Path refuses
        if stat.S_ISDIR(mode):
            raise BadInput(Problem("this is a folder, not a file", file=name, help="name a file in it"))
        if not (stat.S_ISREG(mode) or (pipes and stat.S_ISFIFO(mode))):
            help = "name a file, or pipe it in and write `-`" if pipes else "name a file"
            raise BadInput(Problem(_IRREGULAR, file=name, help=help))
        return os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        raise BadInput(Problem("there is no such file", file=name, help="check the path")) from None
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from None


def _unreadable(name: str, error: OSError | ValueError) -> BadInput:
    help = "check the path and its permissions"
    return BadInput(Problem(f"the file cannot be read: {reason(error)}", file=name, help=help))


def _bytes_within(handle: int, name: str, most: int) -> bytes:
    """At most ``most`` bytes. A regular file never blocks; at a terminal there is no timeout."""
    regular, data = stat.S_ISREG(os.fstat(handle).st_mode), bytearray()
    waiting = select.poll()
    waiting.register(handle, select.POLLIN)
    while len(data) < most:
        if not os.isatty(handle) and not waiting.poll(0 if regular else SILENCE_SECONDS * 1000):
            if regular:
                raise BadInput(Problem(_IRREGULAR, file=name, help="name a file"))
            what = f"nothing has come from this pipe for {SILENCE_SECONDS:g} seconds"
            raise BadInput(Problem(what, file=name, help="check the program that writes to it"))
        part = os.read(handle, most - len(data))
        if not part:
            break
        data += part
    return bytes(data)


def is_folder(path: Path) -> bool:
    """True for a folder; false for anything else, and without permission to look."""
    return os.path.isdir(path)  # noqa: PTH112  # `Path.is_dir` raises what this catches


def is_file(path: Path) -> bool:
    """True for a file; false for anything else, and without permission to look."""
    return os.path.isfile(path)  # noqa: PTH113  # `Path.is_file` raises what this catches


def check_folder(path: Path) -> None:
    """Refuses a folder that may not be listed or entered, in which a search finds nothing. Raises BadInput."""
    if not os.access(path, os.R_OK | os.X_OK):
        raise _closed(str(path), OSError(errno.EACCES, os.strerror(errno.EACCES)))


def paths_below(folder: Path) -> tuple[list[Path], list[BadInput]]:
    """Every file and folder below a folder, by path, and an error for each folder that cannot be read."""
    closed: list[OSError] = []
    walk = os.walk(folder, onerror=closed.append)
    found = sorted((Path(above, name) for above, below, files in walk for name in (*below, *files)), key=Path.as_posix)
    return found, [_closed(str(error.filename), error) for error in sorted(closed, key=lambda one: str(one.filename))]


def _closed(name: str, error: OSError) -> BadInput:
    return BadInput(Problem(f"the folder cannot be read: {reason(error)}", name, help="check its permissions"))


def real(path: Path) -> Path:
    """The path with all links resolved; the path itself for a loop of links or an invalid path."""
    try:
        return Path(os.path.realpath(path))
    except (OSError, ValueError):
        return path


def write_whole(path: Path, content: str | bytes) -> None:
    """Writes a hidden file and renames it, so that a reader sees the old file or the new one, never a part.

    Only regular files are replaced; links are followed. Standard output (``-``, ``/dev/stdout``), a pipe and a device
    are written to as streams. Raises BadInput.
    """
    target = check_target(path)
    data = content.encode() if isinstance(content, str) else content
    if _is_stream(target):
        _write_stream(target, io.BytesIO(data), path)
        return
    assert isinstance(target, Path)
    with writing(target.parent):
        write_together({target: data})


def move_together(finished: Mapping[Path, Path | None]) -> None:
    """Moves finished files to their targets: all or none of the regular ones, then the streams in order.

    A target mapped to None is removed. Raises BadInput.
    """
    targets = [(path, check_target(path), file) for path, file in finished.items()]
    files = {target: file for _, target, file in targets if isinstance(target, Path) and not _is_stream(target)}
    if files:
        with writing(*(target.parent for target in files)):
            replace_together(files)
    for path, target, file in targets:
        if _is_stream(target) and file:
            with file.open("rb") as content:
                _write_stream(target, content, path)


def check_target(path: Path) -> Path | int:
    """The resolved target of a path: the number of an open file, or a path that is no link. Raises BadInput.

    Refuses folders, loops of links, and anything that can be neither replaced nor written to as a stream.
    """
    if str(path.parent) == STANDARD_INPUT:
        what = f"{quoted('-')} is standard output, not a folder"
        raise BadInput(Problem(what, str(path), help="name a folder; write `./-` for one of this name"))
    try:
        target = _target(path)
        kind = _kind(target) if isinstance(target, Path) else stat.S_IFIFO
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from None
    if kind == stat.S_IFDIR:
        raise BadInput(Problem("this is a folder, not a file", str(path), help="name a file"))
    if kind not in (0, stat.S_IFREG, stat.S_IFIFO, stat.S_IFCHR):
        raise BadInput(Problem("this is neither a file nor a pipe", str(path), help="name a file"))
    return target


def _target(path: Path) -> Path | int:
    for _ in range(_MOST_LINKS):
        name = str(path) if str(path) == "-" else os.path.abspath(path)  # noqa: PTH100  # links are followed one by one
        known = _OPEN_FILE.fullmatch(name)
        if known or name in _STREAMS:
            return int(known[1]) if known else _STREAMS[name]
        if not path.is_symlink():
            return path
        path = path.parent / path.readlink()
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def _kind(path: Path) -> int:
    """The type bits of the file's mode; 0 if there is no file."""
    try:
        return stat.S_IFMT(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _is_stream(target: Path | int) -> bool:
    """Whether the target is written to as a stream, instead of being replaced."""
    return isinstance(target, int) or _kind(target) not in (0, stat.S_IFREG)


def _write_stream(target: Path | int, content: BinaryIO, path: Path) -> None:
    try:
        with _stream(target) as stream:
            shutil.copyfileobj(content, stream)
    except BrokenPipeError as error:
        if target == 1:
            raise  # the reader of standard output has gone, which ends the program silently
        raise _unwritable(path, error) from None
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError | ValueError) -> BadInput:
    what = f"the file cannot be written: {reason(error)}"
    return BadInput(Problem(what, file=str(path), help="name a folder you may write to"))


def _stream(target: Path | int) -> BinaryIO:
    """An open file, a pipe once it has a reader, or a device, opened for writing."""
    if isinstance(target, int):
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        return os.fdopen(os.dup(target), "wb")
    until = time.monotonic() + SILENCE_SECONDS
    while True:
        try:
            handle = os.open(target, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO or time.monotonic() > until:
                raise
            time.sleep(0.05)
            continue
        os.set_blocking(handle, True)
        return os.fdopen(handle, "wb")


def bundled(kind: str) -> Path:
    """The bundled folder ``rules``, ``catalogue`` or ``templates``, from a wheel or from a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "_bundled" / kind
    if installed.is_dir():
        return installed
    return package.parent / ("reports/templates" if kind == "templates" else kind)


_MEMORY = Path("/dev/shm")


def temporary_folder() -> Path:
    """The temporary folder, also for libraries that ask Python for it; in memory if no other is writable.

    Raises OSError.
    """
    try:
        return Path(tempfile.gettempdir())
    except OSError:
        if not _MEMORY.is_dir():
            raise
        tempfile.tempdir = str(_MEMORY)
        return _MEMORY


@contextmanager
def work_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """A new folder, locked while it is in use. Unused folders with this prefix are removed first.

    Raises OSError if no folder can be created.
    """
    for left in parent.glob(f"{prefix}*"):
        with suppress(OSError):
            _remove_unused(left)
    folder, handle = _made(parent, prefix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def _made(parent: Path, prefix: str) -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
        with suppress(FileNotFoundError):
            handle = _opened_folder(folder)
            with suppress(OSError):  # on a file system without locks, no process can find it unused either
                fcntl.flock(handle, fcntl.LOCK_EX)
            if folder.is_dir():
                return folder, handle
            os.close(handle)  # another process removed it before it was locked


def _remove_unused(folder: Path) -> None:
    """Removes a folder of this user that no process has locked."""
    handle = _opened_folder(folder)
    try:
        if os.fstat(handle).st_uid == os.geteuid():
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)


def _opened_folder(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
