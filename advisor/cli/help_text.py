"""The end of every ``--help``: examples to copy, and the exit codes of the command."""

from __future__ import annotations

CODES = {
    0: "done: recommended, verified, or nothing to report",
    1: "a defect of the advisor",
    2: "bad input",
    3: "answers missing",
    4: "infeasible",
    5: "a difference or a fault was found",
    10: "crossed and stable (monitor --exit-code)",
    130: "interrupted",
}
_ALWAYS = (0, 1, 2, 130)
_DECIDES = (0, 1, 2, 3, 4, 130)
_COMPARES = (0, 1, 2, 5, 130)
_WITH_CODES: dict[str, tuple[int, ...]] = {
    "": tuple(CODES),
    "interview": _DECIDES,
    "decide": _DECIDES,
    "explain": _DECIDES,
    "portfolio": _DECIDES,
    "starter": _DECIDES,
    "verify": _COMPARES,
    "recheck": _COMPARES,
    "monitor": (0, 1, 2, 10, 130),
    "rules": _COMPARES,
    **{f"rules {name}": _COMPARES for name in ("check", "test", "coverage", "mutate", "prove", "diff")},
}
EXAMPLES: dict[str, tuple[str, ...]] = {
    "": ("advisor interview", "advisor decide photos.scenario.yaml --out decisions"),
    "interview": ("advisor interview --name photos --out decisions", "advisor interview --name photos --resume"),
    "decide": (
        "advisor decide photos.scenario.yaml",
        "advisor decide photos.scenario.yaml --set monthly_images=40k --json",
        "advisor decide new.scenario.yaml --out memos --supersedes memos/old.memo.md",
    ),
    "explain": (
        "advisor explain decisions/photos.decision.json",
        "advisor explain photos.scenario.yaml --why-not self_host",
    ),
    "verify": ("advisor verify decisions/photos.memo.md",),
    "recheck": (
        "advisor recheck decisions",
        "advisor recheck decisions --rules new-rules --json",
        "advisor recheck decisions --overlay new-prices.yaml",
    ),
    "cost": ("advisor cost --price 0.03 --gpu-hour 1.2 --images-per-hour 600 --overhead 2000",),
    "sweep": ("advisor sweep scenarios.csv --out decided.parquet",),
    "portfolio": (
        "advisor portfolio film-studio.portfolio.yaml",
        "advisor portfolio film-studio.portfolio.yaml --out plans",
        "advisor portfolio film-studio.portfolio.yaml --json --date 2026-11-27",
    ),
    "monitor": (
        "advisor monitor 'usage/*.json' --decision decisions/photos.decision.json",
        "advisor monitor bill.csv --decision photos.decision.json --html bill.html",
    ),
    "starter": (
        "advisor starter decisions/photos.decision.json --out images",
        "advisor starter photos.scenario.yaml --route self_host --out images",
    ),
    "catalogue": (
        "advisor catalogue show --model flux-1-schnell",
        "advisor catalogue import litellm prices.json",
    ),
    "catalogue show": (
        "advisor catalogue show --model flux-1-schnell",
        "advisor catalogue show --route closed_api --json",
        "advisor catalogue show --overlay own.yaml --discount fal=15%",
    ),
    "catalogue import": (
        "advisor catalogue import litellm prices.json --only 'fal*'",
        "advisor catalogue import portkey fal-ai.json --overlay own.yaml --write",
        "advisor catalogue import csv prices.csv --mapping prices.mapping.yaml",
    ),
    "catalogue age": (
        "advisor catalogue age",
        "advisor catalogue age decisions/photos.decision.json --date 2027-03-01",
    ),
    "serve": ("advisor serve --open", "advisor serve --host 0.0.0.0 --allow-host advisor.example.com"),
    "schema": ("advisor schema scenario",),
    "completion": (
        "advisor completion bash > ~/.local/share/bash-completion/completions/advisor",
        "advisor completion zsh > ~/.zfunc/_advisor",
    ),
    "rules": ("advisor rules check", "advisor rules check --rules my-rules"),
    "rules show": ("advisor rules show --rule rent-below-crossover",),
    "rules check": ("advisor rules check --rules my-rules",),
    "rules diff": ("advisor rules diff old-rules my-rules --records decisions",),
    "rules test": ("advisor rules test --rules my-rules",),
    "rules coverage": ("advisor rules coverage --rule rent-below-crossover",),
    "rules mutate": ("advisor rules mutate --rule rent-below-crossover",),
    "rules prove": ("advisor rules prove --out faults",),
}


def epilog(command: str) -> str:
    """Examples and exit codes of a command, such as ``rules check``; of the program for an empty name."""
    codes = _WITH_CODES.get(command, _ALWAYS)
    examples = "\n".join(f"  {example}" for example in EXAMPLES[command])
    meanings = "\n".join(f"  {code:>3}  {CODES[code]}" for code in codes)
    return f"examples:\n{examples}\n\nexit codes:\n{meanings}"
