"""Kits for the tests: one of each route, and programs that run inside a kit as its user would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from advisor.cli.main import run

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
DAY = "2026-11-22"
OF_ROUTE = {
    "self_host": "catalogue/hospital-flux-dev",
    "open_weight_api": "catalogue/flux-schnell-in-the-eu",
    "closed_api": "catalogue/frontier-with-indemnity",
    "stated_prices": "exercise-38-3-2",
}
"""An example for each route, and one whose prices are all stated."""
SECRET = "sk-secret-of-the-environment-0815"


def starter(example: str, folder: Path, *more: str) -> int:
    """``advisor starter`` for an example; returns the exit code."""
    return run(["starter", str(EXAMPLES / f"{example}.scenario.yaml"), "--out", str(folder), "--date", DAY, *more])


def texts(folder: Path) -> dict[str, str]:
    """Every file of a folder by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def in_kit(folder: Path, *arguments: str, **variables: str) -> str:
    """What Python prints when it runs in the folder of a kit. Raises CalledProcessError."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "IMAGES"))}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**environment, "PYTHONDONTWRITEBYTECODE": "1", **variables},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
