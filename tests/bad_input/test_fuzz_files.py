"""Files damaged at random: the command says so or decides, and never breaks."""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from advisor.cli.main import run
from tests.helpers.strategies import examples

SCENARIO = b"""\
title: "A feature: caf\xc3\xa9"
residency: anywhere
output_use: commercial
annual_revenue_usd: 5000000
indemnity_required: false
train_on_outputs: false
quality: open_suffices
control: prompt_only
latency: tolerant
monthly_images: 50000
monthly_images_low: 40000
monthly_images_high: 6e4
open_price: 0.03
closed_price: 0.04
gpu_hour_price: 1.20
images_per_gpu_hour: 600
monthly_overhead: 2000
current_route: closed_api
migration_cost: 15000
"""
JSON = b"""\
{
  "title": "A feature: caf\\u00e9",
  "residency": "anywhere", "indemnity_required": false, "quality": "best_preferred",
  "control": "adapters", "latency": null,
  "monthly_images": 50000, "open_price": 0.03, "closed_price": "0.04",
  "gpu_hour_price": 1.20, "images_per_gpu_hour": 600, "monthly_overhead": 2e3
}
"""
TROUBLE = st.sampled_from(
    [
        *(
            b"\t",
            b": ",
            b"- ",
            b"'",
            b'"',
            b"{",
            b"}",
            b"[",
            b"]",
            b"&a ",
            b"*a",
            b"!!x ",
            b"|\n",
            b">\n",
            b"? ",
            b"---\n",
        ),
        *(b"...\n", b"%YAML 9\n", b"#", b"\\", b"\\ud800", b"\x00", b"\xff", b"\r", b"\xc2\x85", b"\xe2\x80\xa8", b","),
        *(b"0x", b"-", b"0", b"9" * 200, b"e400", b"1e-9", b".nan", b"true", b"null", b"<<: ", b"\xef\xbb\xbf"),
    ]
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good file after one to six accidents."""
    data = draw(st.sampled_from((SCENARIO, JSON)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        until = draw(st.integers(at, min(len(data), at + 30)))
        kind = draw(st.sampled_from(("flip", "cut", "repeat", "truncate", "insert", "replace", "splice", "swap")))
        lines = data.splitlines(keepends=True)
        if kind == "flip" and at < len(data):
            data = data[:at] + bytes([data[at] ^ (1 << draw(st.integers(0, 7)))]) + data[at + 1 :]
        elif kind == "cut":
            data = data[:at] + data[until:]
        elif kind == "repeat" and lines:
            line = draw(st.sampled_from(lines))
            data += line * draw(st.integers(1, 3))
        elif kind == "truncate":
            data = data[:at]
        elif kind in ("insert", "replace"):
            data = data[:at] + draw(TROUBLE) + data[at if kind == "insert" else until :]
        elif kind == "splice":
            data = data[:at] + draw(st.binary(max_size=12)) + data[until:]
        elif kind == "swap" and len(lines) > 1:
            one, other = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
            lines[one], lines[other] = lines[other], lines[one]
            data = b"".join(lines)
    return data


@examples(300)
@given(damaged(), st.sampled_from(([], ["--json"])))
def test_a_damaged_file_is_decided_or_refused(data: bytes, form: list[str]) -> None:
    said, printed = io.StringIO(), io.StringIO()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scenario.yaml"
        file.write_bytes(data)
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(printed):
            code = run(["decide", str(file), "--date", "2026-01-01", *form])
        assert [path.name for path in Path(folder).iterdir()] == ["scenario.yaml"]
    assert code in (0, 2, 3, 4)
    assert "Traceback" not in said.getvalue()
    assert bool(printed.getvalue()) == (code != 2)
    if code == 2:
        assert all(line.startswith(("error: ", "  --> ", "  help: ")) for line in said.getvalue().splitlines())
        assert all(char.isprintable() or char == "\n" for char in said.getvalue())
