"""A small catalogue for imports: two checkpoints, three providers, one closed model, GPUs of one cloud."""

from __future__ import annotations

from advisor.catalogue.loader import Catalogue, Lists, catalogue_of, parse_lists
from advisor.common import yaml_loader

SOURCED = "source: a page, as_of: 2026-06-01, confidence: medium"
_LICENCE = (
    "{name: A, key: null, commercial_use: yes, revenue_cap_usd: none, training_on_outputs: yes,"
    " excluded_regions: [], clauses: {}, terms: []}"
)
_PROVIDER = (
    "regions: unknown, control: adapters, shared_queue: yes, output_indemnity: no, training_on_outputs: yes,"
    f" commercial_use: yes, retention: unknown, {SOURCED}"
)
TEXT = f"""
models:
- {{id: flux-1-schnell, label: FLUX, modality: image, names: [flux/schnell, FLUX.1-schnell, flux-1-schnell-fp8],
    steps: 4, few_step: true, licence: {_LICENCE}, {SOURCED}}}
- {{id: flux-1-dev, label: FLUX, modality: image, names: [flux/dev, FLUX.1-dev, flux-1-dev-fp8],
    steps: 28, few_step: false, licence: {_LICENCE}, {SOURCED}}}
providers:
- {{id: fal, label: fal, {_PROVIDER}}}
- {{id: together, label: Together, {_PROVIDER}}}
- {{id: fireworks, label: Fireworks, {_PROVIDER}}}
- {{id: openai, label: OpenAI, {_PROVIDER}}}
- {{id: google-gemini, label: Gemini, {_PROVIDER}}}
hosted:
- {{id: flux-1-schnell-at-fal, model: flux-1-schnell, provider: fal, usd: 0.004, unit: image,
    size: 1024x1024, {SOURCED}}}
- {{id: flux-1-schnell-at-together, model: flux-1-schnell, provider: together, usd: unknown, unit: image,
    size: 1024x1024, {SOURCED}}}
- {{id: flux-1-dev-at-fal, model: flux-1-dev, provider: fal, usd: 0.025, unit: image, size: any,
    note: as a page says, {SOURCED}}}
closed:
- {{id: gpt-image-1-high-at-openai, label: GPT Image 1, provider: openai, name: gpt-image-1, usd: 0.167, unit: image,
    size: 1024x1024, quality: high, {SOURCED}}}
- {{id: gpt-image-1-5-high-at-openai, label: GPT Image 1.5, provider: openai, name: gpt-image-1.5, usd: 0.1,
    unit: image, size: 1024x1024, quality: high, {SOURCED}}}
- {{id: gemini-3-pro-image-at-gemini, label: Gemini 3 Pro, provider: google-gemini, name: gemini-3-pro-image,
    usd: 0.134, unit: image, size: 1024x1024, quality: high, {SOURCED}}}
gpus:
- {{id: gcp-l4-eu, label: L4, cloud: gcp, gpu: l4, regions: [eu], pricing: on_demand, usd_per_gpu_hour: 0.8,
    leaves_premises: yes, {SOURCED}}}
throughput:
- {{id: flux-on-h100, model: flux-1-dev, gpu: h100-sxm, steps: 28, size: 1024x1024, precision: bf16, runtime: vllm,
    images_per_gpu_hour: 900, {SOURCED}}}
movements:
- {{id: hosted, old_after_days: 90, rises_percent: 0, falls_percent: 10, in_days: 90, reason: seen, {SOURCED}}}
- {{id: closed, old_after_days: 90, rises_percent: 0, falls_percent: 10, in_days: 90, reason: seen, {SOURCED}}}
- {{id: gpu-on-demand, old_after_days: 60, rises_percent: 30, falls_percent: 20, in_days: 60, reason: seen, {SOURCED}}}
- {{id: gpu-market, old_after_days: 7, rises_percent: 50, falls_percent: 50, in_days: 30, reason: seen, {SOURCED}}}
- {{id: throughput, old_after_days: 365, rises_percent: 9, falls_percent: 0, in_days: 365, reason: seen, {SOURCED}}}
"""


def lists() -> Lists:
    """The lists of the catalogue."""
    return parse_lists(yaml_loader.load(TEXT, "small.yaml"), "small.yaml")


def catalogue() -> Catalogue:
    """The catalogue."""
    return catalogue_of(lists())


def folder_files() -> dict[str, str]:
    """The files of the catalogue as a folder has them, by name."""
    parts = TEXT.strip().split("\n")
    files: dict[str, str] = {}
    name = ""
    for line in parts:
        if line and not line.startswith((" ", "-")):
            name = f"{line.removesuffix(':')}.yaml"
            files[name] = ""
        files[name] += line + "\n"
    return files
