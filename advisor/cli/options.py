"""Shared by the commands: the argument parser, whose errors read like all others, its help, and common options."""

from __future__ import annotations

import argparse
import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted

if TYPE_CHECKING:
    import datetime

    from advisor.catalogue.loader import Catalogue

SETTING = "FIELD=VALUE"
NO_CATALOGUE = "none"
_INVALID_CHOICE = re.compile(r"argument .*?: invalid choice: (.+) \(choose from (.*)\)", re.DOTALL)
_WORDING = (
    (r"the following arguments are required: (.*)", r"these are missing: \1"),
    (r"argument (.*?): expected .*", r"`\1` needs a value"),
    (r"argument (.*?): ignored explicit argument .*", r"`\1` takes no value"),
)


_SHARED: dict[str, dict[str, Any]] = {
    "set": {"metavar": SETTING, "action": "append", "default": []},
    "json": {"action": "store_true", "help": "print the result as JSON"},
    "date": {"metavar": "YYYY-MM-DD", "help": "the date of the decision (default: today)"},
    "catalogue": {"metavar": "DIR", "help": "a catalogue folder in place of the bundled one, or `none`"},
    "overlay": {
        "metavar": "FILE",
        "action": "append",
        "default": [],
        "help": "prices of your own on top of the catalogue; may be repeated, the last one wins",
    },
    "discount": {
        "metavar": "PROVIDER=PERCENT",
        "action": "append",
        "default": [],
        "help": "what you pay less than the listed prices of a provider or cloud; may be repeated",
    },
    "rules": {"metavar": "DIR", "help": "a rules folder in place of the bundled one"},
    "templates": {"metavar": "DIR", "type": Path, "help": "a templates folder in place of the bundled one"},
}


class _Help(argparse.HelpFormatter):
    """Keeps the lines of the examples and exit codes."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" not in text:
            return super()._fill_text(text, width, indent)
        return "\n".join(indent + line for line in text.split("\n"))


class CommandParser(argparse.ArgumentParser):
    """An argument parser that raises BadInput, with the closest word for a misspelt one."""

    def __init__(self, **options: Any) -> None:
        """Declares a parser whose help ends with the examples and exit codes of the command in ``prog``."""
        super().__init__(formatter_class=_Help, allow_abbrev=False, **options)
        self.epilog = epilog(self.prog.partition(" ")[2])

    def error(self, message: str) -> NoReturn:
        """Raises BadInput instead of printing the usage."""
        invalid = _INVALID_CHOICE.fullmatch(message)
        if invalid:
            value, choices = ast.literal_eval(invalid[1]), re.findall(r"[\w-]+", invalid[2])
            help = did_you_mean(value, choices) or "one of " + ", ".join(choices)
            raise BadInput(Problem(f"{quoted(value)} is not known here", help=help))
        for pattern, words in _WORDING:
            message = re.sub(pattern, words, message)
        raise BadInput(Problem(message[:1].lower() + message[1:], help=f"see `{self.prog} --help`"))

    def refuse(self, word: str) -> NoReturn:
        """Raises BadInput for an argument this command does not have."""
        options = re.findall(r"--([\w-]+)", self.format_usage())
        close = did_you_mean(word.lstrip("-").partition("=")[0], options) if word.startswith("-") else None
        help = close.replace("`", "`--", 1) if close else f"see `{self.prog} --help`"
        raise BadInput(Problem(f"{quoted(word)} is not known here", help=help))


class Arguments(Protocol):
    """A parser, or a group of its arguments."""

    def add_argument(self, *names: str, **options: Any) -> argparse.Action:
        """Declares one argument."""


def add_shared(parser: Arguments, *names: str, **helps: str) -> None:
    """Declares options that several commands have, in this order; ``helps`` are in place of the usual words.

    ``catalogue`` brings ``overlay`` and ``discount`` along. ``catalogue_from`` and ``parse_date`` read the values.
    """
    for named in names:
        for name in (named, "overlay", "discount") if named == "catalogue" else (named,):
            help = {"help": helps[name]} if name in helps else {}
            parser.add_argument(f"--{name}", **{**_SHARED[name], **help})


def catalogue_from(options: argparse.Namespace) -> Catalogue | None:
    """The catalogue that the options name, None for ``--catalogue none``. Raises BadInput."""
    from advisor.catalogue.loader import catalogue_in_use, read_folder

    more = [f"--{name}" for name in ("overlay", "discount") if getattr(options, name)]
    if options.catalogue == NO_CATALOGUE:
        if more:
            what = f"`{more[0]}` changes the catalogue, and `--catalogue {NO_CATALOGUE}` leaves it out"
            raise BadInput(Problem(what, help="leave one of them out"))
        return None
    if not more:
        return catalogue_in_use(options.catalogue)
    from advisor.catalogue.overlays import parse_discounts, read_overlay, with_overlays

    overlays = [read_overlay(file) for file in options.overlay]
    return with_overlays(read_folder(options.catalogue), overlays, parse_discounts(options.discount))


def print_json(data: object) -> None:
    """Prints data as JSON."""
    import json

    print(json.dumps(data, ensure_ascii=False, indent=2))


def parse_date(text: str | None) -> datetime.date:
    """The date of the decision; today by default. Raises BadInput."""
    import datetime

    if text is None:
        return datetime.date.today()
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise ValueError
        return datetime.date.fromisoformat(text)
    except ValueError:
        help = "write YYYY-MM-DD, a day that exists"
        raise BadInput(Problem(f"{quoted(text)} is not a date", file="--date", help=help)) from None


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
_CODES_OF: dict[str, tuple[int, ...]] = {
    "": tuple(CODES),
    **dict.fromkeys(("interview", "decide", "explain", "portfolio", "starter"), (0, 1, 2, 3, 4, 130)),
    **dict.fromkeys(("verify", "recheck", "rules", "rules check", "rules test", "rules coverage"), (0, 1, 2, 5, 130)),
    **dict.fromkeys(("rules mutate", "rules prove", "rules diff"), (0, 1, 2, 5, 130)),
    "monitor": (0, 1, 2, 10, 130),
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
    codes = _CODES_OF.get(command, _ALWAYS)
    examples = "\n".join(f"  {example}" for example in EXAMPLES[command])
    meanings = "\n".join(f"  {code:>3}  {CODES[code]}" for code in codes)
    return f"examples:\n{examples}\n\nexit codes:\n{meanings}"
