"""The kinds of price lists that can be imported, and what each file is called."""

from __future__ import annotations

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
