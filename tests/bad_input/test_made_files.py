"""Files that are best made by a program: huge, deep, of the wrong kind, or not text at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from advisor.cli.main import run
from advisor.common import files
from tests.bad_input.conftest import Refused


def _written(data: bytes, name: str = "scenario.yaml") -> Callable[[], str]:
    def make() -> str:
        Path(name).write_bytes(data)
        return name

    return make


def _huge() -> str:
    with Path("scenario.yaml").open("wb") as file:
        file.truncate(50_000_000)
    return "scenario.yaml"


def _folder() -> str:
    Path("folder").mkdir()
    return "folder"


def _pipe() -> str:
    os.mkfifo("pipe")
    return "pipe"


def _link_to_itself() -> str:
    Path("loop.yaml").symlink_to("loop.yaml")
    return "loop.yaml"


def _below_a_file() -> str:
    Path("scenario.yaml").write_text("residency: anywhere\n")
    return "scenario.yaml/deeper.yaml"


def _lines(line: str, count: int) -> bytes:
    return "".join(f"{line}\n".replace("#", str(number)) for number in range(count)).encode()


CASES: dict[str, Callable[[], str]] = {
    "empty": _written(b""),
    "empty.json": _written(b"", "scenario.json"),
    "only-a-byte-order-mark": _written("\ufeff".encode()),
    "only-white-space": _written(b" \n\n \n"),
    "50-megabytes": _huge,
    "one-byte-too-many": _written(b"title: x" + b"x" * 200_000),
    "folder": _folder,
    "missing": lambda: "nowhere.yaml",
    "missing-folder": lambda: "nowhere/scenario.yaml",
    "below-a-file": _below_a_file,
    "name-too-long": lambda: "x" * 300 + ".yaml",
    "name-with-an-escape": lambda: "a\x1b[31m\u202eb\nc.yaml",
    "name-that-is-not-text": lambda: "a\udcff.yaml",
    "name-that-is-empty": lambda: "",
    "pipe-without-a-writer": _pipe,
    "device-without-an-end": lambda: "/dev/zero",
    "link-to-itself": _link_to_itself,
    "not-utf-8": _written(b"residency: anywhere\ntitle: caf\xe9\n"),
    "utf-16": _written("residency: anywhere\n".encode("utf-16")),
    "picture": _written(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"),
    "surrogate-in-utf-8": _written(b"title: \xed\xa0\x80\n"),
    "nul": _written(b"residency: anywhere\ntitle: a\x00b\n"),
    "bell": _written("title: caf\u00e9\nregion: \x07eu\n".encode()),
    "terminal-escape": _written(b"residency: \x1b[31manywhere\n"),
    "terminal-escape-by-name": _written(b'residency: "\\e[31manywhere"\n"\\e[2J": 1\n'),
    "mark-that-turns-the-text-round": _written('"monthly_\u202eimages": 50000\n'.encode()),
    "space-that-does-not-break": _written("monthly_images: 50\u00a0000\n".encode()),
    "byte-order-mark-within": _written("residency: anywhere\n\ufefftitle: x\n".encode()),
    "control-character.json": _written(b'{"title": "a\x07b"}', "scenario.json"),
    "nested-brackets": _written(b"title: " + b"[" * 90_000),
    "nested-lists": _written(b"- " * 90_000),
    "nested-question-marks": _written(b"? " * 90_000),
    "nested-by-indentation": _written(b"".join(b" " * depth + b"a:\n" for depth in range(500))),
    "nested-and-closed": _written(b"title: " + b"[" * 40 + b"]" * 40),
    "nested.json": _written(b'{"title": ' + b"[" * 90_000, "scenario.json"),
    "nested-and-closed.json": _written(b'{"title": ' + b"[" * 90_000 + b"]" * 90_000 + b"}", "scenario.json"),
    "number-of-5000-digits": _written(b"monthly_images: " + b"9" * 5000 + b"\n"),
    "number-of-5000-digits.json": _written(b'{"monthly_images": ' + b"9" * 5000 + b"}", "scenario.json"),
    "fraction-of-5000-digits": _written(b"open_price: 0." + b"3" * 5000 + b"\n"),
    "name-of-1100-characters": _written(b"x" * 1100 + b": 1\n"),
    "name-of-900-characters": _written(b"x" * 900 + b": 1\n"),
    "title-of-10001-characters": _written(b"title: " + b"x" * 10_001 + b"\n"),
    "option-of-10001-characters": _written(b"residency: " + b"x" * 10_001 + b"\n"),
    "ten-thousand-fields": _written(_lines("field_#: 1", 10_000)),
    "ten-thousand-fields.json": _written(
        b"{" + b", ".join(b'"field_%d": 1' % number for number in range(10_000)) + b"}", "scenario.json"
    ),
    "ten-thousand-times-the-same-field": _written(_lines("region: eu", 10_000)),
    "a-hundred-unknown-fields": _written(_lines("monthly_images_#: 1", 100)),
    "ten-thousand-aliases": _written(_lines("a#: *a", 10_000)),
}


@pytest.mark.parametrize("case", CASES)
def test_the_file_is_refused(
    case: str,
    monkeypatch: pytest.MonkeyPatch,
    refused: Refused,
    snapshot: SnapshotAssertion,
) -> None:
    monkeypatch.setattr(files, "SILENCE_SECONDS", 0.1)
    assert refused("decide", CASES[case]()) == snapshot


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every file")
def test_a_file_one_may_not_read_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("secret.yaml").write_text("residency: anywhere\n")
    Path("secret.yaml").chmod(0)
    assert run(["decide", "secret.yaml"]) == 2
    assert "permission denied" in capfd.readouterr().err


def test_what_looks_odd_but_is_right_is_accepted(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    odd = {
        "byte-order-mark.yaml": "\ufeffresidency: on_premises\n",
        "byte-order-mark.json": '\ufeff{"residency": "on_premises"}',
        "windows-lines.yaml": "residency: on_premises\r\ncontrol: latents\r\n",
        "no-last-line-break.yaml": "residency: on_premises",
        "document-marks.yaml": "---\nresidency: on_premises\n...\n",
        "null-is-not-known.yaml": "residency: on_premises\nlatency: null\nopen_price:\ntitle: ~\n",
        "brackets-in-a-title.yaml": f"residency: on_premises\ntitle: '{'[' * 99}'\n",
        "longest-title.yaml": f"residency: on_premises\ntitle: {'ä' * 10_000}\n",
        "flow-on-one-line.json": '{"residency":"on_premises","monthly_images":5e4,"open_price":"0.03"}',
        "pair-of-escapes.json": '{"residency": "on_premises", "title": "\\ud83d\\ude00"}',
    }
    for name, text in odd.items():
        Path(name).write_text(text, encoding="utf-8", newline="")
        assert run(["decide", name]) in (0, 3), (name, capfd.readouterr().err)
