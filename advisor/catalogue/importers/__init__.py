"""Reads price lists of other projects: a reader turns a file into an account, each entry a figure or refused."""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import dataclass
from pathlib import PurePath

from advisor.catalogue.importers.account import Account
from advisor.common.diagnostics import BadInput, Problem, printable
from advisor.common.files import read_text

LITELLM, PORTKEY, KARPENTER, GENAI_PRICES, CSV = "litellm", "portkey", "karpenter", "genai-prices", "csv"
KINDS = {
    LITELLM: "LiteLLM's model_prices_and_context_window.json",
    PORTKEY: "a file of Portkey's pricing folder, such as fal-ai.json",
    KARPENTER: "GPU-hours by region: initial-prices.json of karpenter-provider-gcp",
    GENAI_PRICES: "a cross-check of OpenAI and Gemini: the installed package, or its data.json",
    CSV: "a table of prices, with `--mapping`",
}
CROSS_CHECKS = (GENAI_PRICES,)
"""Kinds whose figures are derived from others: they are compared, and never written."""


MAX_BYTES = 20_000_000
"""LiteLLM's file has three million."""


@dataclass(frozen=True)
class PriceList:
    """A price list as read: its name and SHA-256, and its account."""

    kind: str
    name: str
    sha256: str
    account: Account

    @property
    def title(self) -> str:
        """How sources refer to it."""
        return f"{self.kind} {self.name}"


def read_price_list(
    kind: str, file: str | None, on: datetime.date, provider: str | None = None, mapping: str | None = None
) -> PriceList:
    """Reads a price list. ``provider`` is Portkey's name of it, by default the file's. Raises BadInput."""
    if (mapping is None) is (kind == CSV):
        what, help = ("`csv` needs a mapping", "add `--mapping FILE`") if kind == CSV else _only("--mapping", CSV)
        raise BadInput(Problem(what, "--mapping", help=help))
    if provider is not None and kind != PORTKEY:
        what, help = _only("--provider", PORTKEY)
        raise BadInput(Problem(what, "--provider", help=help))
    if file is None:
        if kind != GENAI_PRICES:
            raise BadInput(Problem(f"`{kind}` needs a file", help=f"name {KINDS[kind]}"))
        from advisor.catalogue.importers.genai_prices import read_installed

        account, version = read_installed(on)
        return PriceList(kind, version, "", account)
    text = read_text(file, MAX_BYTES)
    name = printable(PurePath(file).name)
    return PriceList(
        kind, name, hashlib.sha256(text.encode()).hexdigest(), _read(kind, text, file, on, provider, mapping)
    )


def _read(kind: str, text: str, file: str, on: datetime.date, provider: str | None, mapping: str | None) -> Account:
    from advisor.catalogue.importers import genai_prices, karpenter, litellm, mapped_csv, portkey

    if kind == LITELLM:
        return litellm.read(text, file, on)
    if kind == PORTKEY:
        return portkey.read(text, file, on, provider or PurePath(file).name.removesuffix(".json"))
    if kind == KARPENTER:
        return karpenter.read(text, file, on)
    if kind == GENAI_PRICES:
        return genai_prices.read(text, file, on)
    assert mapping is not None
    return mapped_csv.read(text, file, on, mapped_csv.load_mapping(mapping))


def _only(option: str, kind: str) -> tuple[str, str]:
    return f"only `{kind}` has `{option}`", "leave it out"
