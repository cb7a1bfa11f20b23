"""Paths that name no plain file: what is read from them, and what is written to them."""

from __future__ import annotations

import io
import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest

from advisor.cli.main import run
from advisor.common import files
from advisor.common.diagnostics import BadInput
from advisor.common.files import check_regular, check_target, move_together, read_text, write_whole
from tests.bad_input.test_command_lines import EXAMPLE
from tests.helpers.strategies import some_of
from tests.sweep.sweeping import PLAIN, Sweeping

NAMES = (
    "loop",
    "loop/deeper",
    "folder",
    "gone",
    "gone/x",
    "below/x",
    "socket",
    "/dev/null/x",
    "x" * 300,
    "",
    "a\0b",
    "-",
)
"""All but standard output of these can be neither read nor written."""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(files, "SILENCE_SECONDS", 0.2)
    Path("loop").symlink_to("loop")
    Path("folder").mkdir()
    Path("below").write_text("x")
    Path("plain").write_text("old")
    Path("link").symlink_to("plain")
    Path("dangling").symlink_to("new")
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        yield tmp_path


def said(use: Callable[..., object], *arguments: object) -> str:
    """The error."""
    with pytest.raises(BadInput) as caught:
        use(*arguments)
    assert "\n  help: " in str(caught.value)
    return caught.value.problems[0].what


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("loop", "the file cannot be read: too many levels of symbolic links"),
        ("folder", "this is a folder, not a file"),
        ("gone", "there is no such file"),
        ("below/x", "the file cannot be read: not a directory"),
        ("socket", "this is not a regular file"),
        ("/dev/zero", "this is not a regular file"),
        ("/dev/tty", "this is not a regular file"),
        ("a\0b", "the file cannot be read: embedded null byte"),
        ("", "the path is empty"),
        ("pipe", "nothing has come from this pipe for 0.2 seconds"),
    ],
)
def test_what_cannot_be_read(name: str, what: str) -> None:
    assert said(read_text, name) == what
    if name:
        assert said(check_regular, Path(name)) == (what if name != "pipe" else "this is not a regular file")


@pytest.mark.skipif(not os.access("/proc/kmsg", os.R_OK), reason="there is none, or it may not be read")
@pytest.mark.parametrize("most", [1, 10**9])
def test_a_file_of_the_kernel_that_waits_is_refused(most: int) -> None:
    assert said(read_text, "/proc/kmsg", most) in (
        "this is not a regular file",
        f"there are more than {most:,} bytes here",
        "the file cannot be read: operation not permitted",
    )


def test_a_file_of_the_kernel_is_no_table() -> None:
    assert said(check_regular, Path("/proc/self/status")) == "this is not a regular file"
    check_regular(Path("plain"))


def test_a_pipe_is_read_to_its_end() -> None:
    writer = threading.Thread(target=lambda: Path("pipe").write_text("a" * 100_000))
    writer.start()
    assert read_text("pipe") == "a" * 100_000
    writer.join()


def test_an_open_pipe_is_read_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("/dev/fd/{}", "/proc/self/fd/{}", "-"):
        end, other = os.pipe()
        with os.fdopen(end) as read, os.fdopen(other, "w") as write:
            monkeypatch.setattr(sys, "stdin", read)
            write.write("said")
            write.flush()
            assert said(read_text, name.format(end)).startswith("nothing has come"), "it was never closed"
            write.write("said")
            write.close()
            assert read_text(name.format(end)) == "said"


def test_a_silent_standard_input_ends_the_program() -> None:
    code = "import sys; from advisor.common import files; files.SILENCE_SECONDS = 0.2; from advisor.cli.main import run"
    end, other = os.pipe()
    command = [sys.executable, "-c", f"{code}; sys.exit(run(['decide', '-']))"]
    with os.fdopen(end) as read, os.fdopen(other, "w"):
        done = subprocess.run(command, stdin=read, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        2,
        "error: nothing has come from this pipe for 0.2 seconds",
    )


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("loop", "the file cannot be written: too many levels of symbolic links"),
        ("loop/x", "the file cannot be written: too many levels of symbolic links"),
        ("folder", "this is a folder, not a file"),
        ("below/x", "the folder cannot be created: a file of that name exists"),
        ("socket", "this is neither a file nor a pipe"),
        ("/dev/full", "the file cannot be written: no space left on device"),
        ("/dev/fd/99", "the file cannot be written: bad file descriptor"),
        ("pipe", "the file cannot be written: no such device or address"),
        ("-/x", "`-` is standard output, not a folder"),
        ("a\0b", "the file cannot be written: embedded null byte"),
        ("x" * 300, "the file cannot be written: file name too long"),
    ],
)
def test_what_cannot_be_written(name: str, what: str) -> None:
    before = sorted(str(path) for path in Path().rglob("*"))
    assert said(write_whole, Path(name), "new") == what
    Path("finished").write_text("new")
    moved = said(move_together, {Path(name): Path("finished")})
    assert moved == what or (name, moved) == ("below/x", "the file cannot be written: not a directory")
    Path("finished").unlink()
    assert sorted(str(path) for path in Path().rglob("*")) == before


def test_only_regular_files_are_replaced(capfd: pytest.CaptureFixture[str]) -> None:
    for number, write in enumerate((write_whole, _moved)):
        text = f"new {number}"
        for name in ("plain", "link", "dangling", "fresh/x", "/dev/null", "-", "/dev/stdout", "/dev/stderr"):
            write(Path(name), text)
        assert Path("plain").read_text() == Path("new").read_text() == Path("fresh/x").read_text() == text
        assert Path("link").is_symlink()
        assert Path("dangling").is_symlink()
        assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
        assert capfd.readouterr() == (text * 2, text)
        Path("new").unlink()


def _moved(path: Path, text: str) -> None:
    Path("finished").write_text(text)
    move_together({path: Path("finished")})


def test_a_link_to_standard_output_leads_to_it(capfd: pytest.CaptureFixture[str]) -> None:
    Path("out").symlink_to("/dev/stdout")
    write_whole(Path("out"), "said")
    assert capfd.readouterr().out == "said"


def test_an_open_file_is_written_on() -> None:
    with Path("open").open("w") as file:
        file.write("head ")
        file.flush()
        write_whole(Path(f"/dev/fd/{file.fileno()}"), "body")
        write_whole(Path(f"/proc/self/fd/{file.fileno()}"), " end")
    assert Path("open").read_text() == "head body end"


def test_a_pipe_is_written_once_it_has_a_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SILENCE_SECONDS", 20)
    found: list[str] = []
    reader = threading.Timer(0.2, lambda: found.append(Path("pipe").read_text()))
    reader.start()
    write_whole(Path("pipe"), "x" * 200_000)
    reader.join()
    assert found == ["x" * 200_000]
    assert Path("pipe").is_fifo()


def test_what_is_checked_is_what_is_written() -> None:
    assert check_target(Path("link")) == Path("plain")
    assert check_target(Path("-")) == 1
    assert check_target(Path("gone/x")) == Path("gone/x")


COMMANDS = [
    ["decide", "PATH"],
    ["decide", "ok.yaml", "--out", "PATH"],
    ["decide", "ok.yaml", "--out", "out", "--supersedes", "PATH"],
    ["decide", "ok.yaml", "--rules", "PATH"],
    ["decide", "ok.yaml", "--templates", "PATH"],
    ["explain", "PATH"],
    ["verify", "PATH"],
    ["recheck", "PATH"],
    ["rules", "check", "--rules", "PATH"],
    ["rules", "check", "--catalogue", "PATH"],
    ["catalogue", "show", "--catalogue", "PATH"],
    ["rules", "diff", "PATH", "PATH"],
    ["rules", "diff", "rules", "rules", "--records", "PATH"],
    ["sweep", "PATH.csv", "--out", "out.csv"],
    ["sweep", "in.csv", "--out", "PATH.csv"],
    ["sweep", "in.csv", "--out", "out.csv", "--rejects", "PATH"],
    ["catalogue", "import", "litellm", "PATH"],
    ["catalogue", "import", "csv", "in.csv", "--mapping", "PATH"],
    ["catalogue", "import", "portkey", "list.json", "--overlay", "PATH", "--write"],
    ["catalogue", "import", "portkey", "list.json", "--catalogue", "PATH"],
    ["interview", "--name", "x", "--out", "PATH"],
    ["interview", "--resume", "--name", "x", "--out", "PATH"],
    ["interview", "--answers", "PATH", "--name", "x"],
]


CALLS = [(arguments, name) for arguments in COMMANDS for name in NAMES]


@pytest.mark.fuzz
@pytest.mark.parametrize(
    ("arguments", "name"), some_of(CALLS, 4), ids=lambda part: part if isinstance(part, str) else " ".join(part)
)
def test_no_command_ends_in_a_traceback(
    arguments: list[str], name: str, here: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("ok.yaml").write_text(EXAMPLE.read_text())
    Path("rules").symlink_to(EXAMPLE.parents[1] / "rules")
    Path("in.csv").write_text("latency\ntolerant\n")
    Path("list.json").write_text("{}")
    for special in ("loop", "folder", "socket"):
        Path(f"{special}.csv").symlink_to(special)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    code = run([word.replace("PATH", name) for word in arguments])
    printed, error = capfd.readouterr()
    if code == 2 and error:
        assert error.startswith(("error: ", "error["))
        assert "\n  help: " in error
    else:
        assert code in (0, 2, 3, 5), (printed, error)
    assert Path("loop").is_symlink()
    assert Path("socket").is_socket()


def test_named_rejects_are_written_and_never_removed(sweeping: Sweeping) -> None:
    sweeping.write("in.csv", [PLAIN])
    named = sweeping.folder / "mine.csv"
    named.write_text("of mine")
    assert sweeping("in.csv", "out.csv", "--rejects", str(named)).code == 0
    assert named.read_text() == "line,field,reason,help\n"


def test_rejects_by_their_usual_name_replace_no_file_of_others(sweeping: Sweeping) -> None:
    sweeping.write("in.csv", [PLAIN])
    usual = sweeping.folder / "out.csv.rejects.csv"
    usual.write_text("of mine")
    done = sweeping("in.csv", "out.csv")
    assert done.said.startswith("error: rejected rows would be listed here, and this file is not such a list\n")
    assert usual.read_text() == "of mine"
    assert not (sweeping.folder / "out.csv").exists()
    usual.write_text("line,field,reason,help\n1,,x,y\n")
    assert sweeping("in.csv", "out.csv").code == 0
    assert not usual.exists()


def test_rejects_go_to_a_stream(sweeping: Sweeping, capfd: pytest.CaptureFixture[str]) -> None:
    sweeping.write("in.csv", [{**PLAIN, "latency": "x"}])
    arguments = ["sweep", str(sweeping.folder / "in.csv"), "--out", str(sweeping.folder / "out.csv"), "--rejects"]
    for name in ("-", "/dev/stdout"):
        assert run([*arguments, name]) == 2
        assert capfd.readouterr().out.startswith("line,field,reason,help\n2,latency,`x` is not an option")
    assert run([*arguments, "/dev/null"]) == 2
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.fixture
def sweeping(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Sweeping:
    return Sweeping(tmp_path, capfd)


IN_THE_WAY = product(("link", "loop", "pipe", "socket", "folder"), ("ok.memo.md", "ok.decision.json", "ok.memo.pdf"))


@pytest.mark.fuzz
@pytest.mark.parametrize(("kind", "name"), some_of(IN_THE_WAY, 2))
def test_the_files_of_a_decision_replace_regular_files_only(
    kind: str, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("ok.yaml").write_text(EXAMPLE.read_text())
    Path("out").mkdir()
    Path(kind).rename(Path("out", name))
    if kind == "link":
        Path("out", "plain").write_text("old")
    assert run(["decide", "ok.yaml", "--out", "out"]) == 2
    said = capfd.readouterr().err
    assert said.startswith("error: ")
    assert f"--> out/{name}\n  help: " in said
    assert {path.name for path in Path("out").iterdir()} <= {name, "plain"}


def test_a_superseded_memo_may_be_a_link() -> None:
    Path("ok.yaml").write_text(EXAMPLE.read_text())
    assert run(["decide", "ok.yaml", "--out", "old"]) == 0
    Path("memo.md").symlink_to("old/ok.memo.md")
    assert run(["decide", "ok.yaml", "--out", "new", "--supersedes", "memo.md"]) == 0
    assert Path("memo.md").is_symlink()
    assert "superseded by ../new/ok.memo.md" in Path("old/ok.memo.md").read_text()
