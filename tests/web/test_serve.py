"""The command: where it listens, how it ends, what it says without the extra."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.request
import webbrowser
from collections.abc import Iterator

import pytest

from advisor.cli import serve as command
from advisor.cli.main import run

SERVE = [sys.executable, "-m", "advisor", "serve", "--port", "0"]


@pytest.fixture
def serving() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command in a process of its own, and its address."""
    with subprocess.Popen(SERVE, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr
        found = re.fullmatch(r"serving at (http://127\.0\.0\.1:[0-9]+/); ctrl-c stops it\n", process.stderr.readline())
        assert found
        yield process, found[1]
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_stopped(serving: tuple[subprocess.Popen[str], str], number: signal.Signals) -> None:
    process, address = serving
    with urllib.request.urlopen(f"{address}healthz", timeout=30) as answer:
        assert answer.read() == b"ok"
        assert "server" not in answer.headers
    process.send_signal(number)
    printed, said = process.communicate(timeout=30)
    assert printed == ""
    assert said in ("interrupted\n", "")
    assert process.returncode == (130 if number is signal.SIGINT else -signal.SIGTERM)


def test_a_port_in_use_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert run(["serve", "--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: `127.0.0.1:{port}` cannot be used: address already in use")
    assert "help: choose another port with --port; 0 is any that is free" in said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--port", "http"], "`http` is not a port"),
        (["--port", "65536"], "`65536` is not a port"),
        (["--port", "-1"], "`-1` is not"),
        (["--host", "no such host"], "`no such host` is no address of this machine\n  --> --host"),
        (["--host", "http://localhost"], "is no address of this machine"),
        (["--host", "192.0.2.1"], "is no address of this machine"),
        (["--host", "a" * 70], "is no address of this machine"),
        *((["--allow-host", name], "is not the name of a host") for name in ("", "a/", "a:80", "http://a", "a b")),
        (["--catalogue", "nowhere"], "there is no such catalogue folder"),
        (["--rules", "nowhere"], "there is no such rules folder"),
    ],
)
def test_what_cannot_be_used_is_refused(options: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", *options]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "help: " in said


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.startswith(("advisor.web", "starlette", "uvicorn"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "starlette", None)
    assert run(["serve"]) == 2
    assert "help: pip install 'rent-or-own[web]'" in capsys.readouterr().err


def test_it_opens_the_browser_if_asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    command._ready("http://127.0.0.1:1/", in_browser=False)
    assert opened == []
    command._ready("http://127.0.0.1:1/", in_browser=True)
    assert opened == ["http://127.0.0.1:1/"]
    assert capsys.readouterr().err.count("serving at http://127.0.0.1:1/") == 2
