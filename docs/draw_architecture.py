"""Draws the packages of ``advisor`` and the imports between them: ``docs/pictures/architecture.svg`` (``make docs``).

The order is that of the layers in ``pyproject.toml``. An arc on the right is an import, from the package above to the
one below, as wide as the number of modules that import it.
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from pathlib import Path

import grimp
import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

ROOT = Path(__file__).parents[1]
SVG = {"svg.hashsalt": "architecture", "svg.fonttype": "none", "font.family": "sans-serif"}
ON_THE_WAY = ("domain", "rulebook", "evaluation", "explanation", "decision", "report", "cli")
"""The packages that a scenario goes through on its way to a memo."""


def layers() -> list[str]:
    """The packages from top to bottom, as the import contract has them; those not made yet are left out."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = (each for each in settings["tool"]["importlinter"]["contracts"] if each["type"] == "layers")
    names = [layer.strip("()") for layer in contract["layers"]]
    return [name for name in names if (ROOT / "advisor" / name / "__init__.py").is_file()]


def imports(packages: list[str]) -> Counter[tuple[str, str]]:
    """How many modules of one package import from another."""
    graph, found = grimp.build_graph("advisor", cache_dir=None), Counter[tuple[str, str]]()
    for importer in graph.modules:
        here = importer.split(".")[1:2]
        targets = {
            target.split(".")[1] for target in graph.find_modules_directly_imported_by(importer) if "." in target
        }
        found.update((here[0], target) for target in targets if here and here[0] != target and here[0] in packages)
    return Counter({pair: count for pair, count in found.items() if pair[1] in packages})


def lines_of(package: str) -> int:
    """Lines of Python in a package."""
    return sum(len(path.read_bytes().splitlines()) for path in (ROOT / "advisor" / package).rglob("*.py"))


def draw(packages: list[str]) -> Figure:
    """The figure: a row for each package, an arc for each import."""
    figure = Figure(figsize=(8, 0.42 * len(packages)), layout="constrained")
    axes = figure.add_subplot(xlim=(0, 10), ylim=(len(packages) - 0.4, -0.6))
    axes.axis("off")
    row = {name: at for at, name in enumerate(packages)}
    for name, at in row.items():
        way = name in ON_THE_WAY
        axes.text(2.3, at, f"{name}/", ha="right", va="center", weight="bold" if way else "normal", size=11)
        axes.barh(at, lines_of(name) / 3_000, left=2.5, height=0.5, color="#0b6e4f" if way else "#9aa5b1")
        axes.text(2.6 + lines_of(name) / 3_000, at, f"{lines_of(name):,} lines", va="center", size=8, color="#444444")
    for (above, below), count in sorted(imports(packages).items()):
        curve = f"arc3,rad={-0.45 - 0.02 * (row[below] - row[above]):.3f}"
        ends = ((6.2, row[above] + 0.1), (6.2, row[below] - 0.1))
        arrow = FancyArrowPatch(*ends, connectionstyle=curve, arrowstyle="-|>", mutation_scale=6)
        arrow.set(linewidth=0.4 + min(count, 12) / 8, color="#34526f", alpha=0.55)
        axes.add_patch(arrow)
    return figure


if __name__ == "__main__":
    with mpl.rc_context(SVG):
        target = sys.stdout.buffer if sys.argv[1:] == ["-"] else ROOT / "docs" / "pictures" / "architecture.svg"
        draw(layers()).savefig(target, format="svg", metadata={"Date": None, "Title": "The packages of advisor"})
