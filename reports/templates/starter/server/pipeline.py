"""Loads a Diffusers pipeline and makes pictures with it. The heavy libraries are imported when it is loaded."""

import inspect
import io
from dataclasses import dataclass
from typing import Any, Protocol

TINY = "tiny"
"""The name of the built-in pipeline with random weights, for tests: `server/tiny.py`."""

SEEDS = 2**63
"""Seeds run from 0 up to this number less one."""


class OutOfMemory(Exception):
    """The GPU has not enough memory for this request."""


class FieldNotTaken(Exception):
    """The model has no such setting; the message is the request's field."""


@dataclass(frozen=True)
class Order:
    """What one request asks for. Sizes in pixels; None leaves the choice to the pipeline."""

    prompt: str
    seed: int
    n: int = 1
    width: int | None = None
    height: int | None = None
    steps: int | None = None
    guidance_scale: float | None = None


class Pipeline(Protocol):
    """What the server needs: PNG files for an order, one a picture."""

    def generate(self, order: Order) -> list[bytes]: ...


class DiffusersPipeline:
    """A Diffusers text-to-image pipeline on one device, for one thread at a time."""

    def __init__(self, pipeline: Any) -> None:
        import torch

        self._pipeline, self._torch = pipeline, torch
        self._fields = frozenset(inspect.signature(pipeline.__call__).parameters)
        pipeline.set_progress_bar_config(disable=True)
        for part in pipeline.components.values():
            if isinstance(part, torch.nn.Module):
                part.eval()  # Without it a part that was built, not loaded, drops out units at random.

    def generate(self, order: Order) -> list[bytes]:
        """PNG files. Picture `i` of an order has the seed `order.seed + i`, so that one of several can be made again.

        The noise is drawn on the CPU, so that a seed means the same picture on every card, as far as its arithmetic
        agrees.

        Raises:
            FieldNotTaken: the model has no such setting; nothing is left out silently.
            OutOfMemory: with the memory freed, so that a smaller order can follow.
        """
        torch = self._torch
        generators = [torch.Generator("cpu").manual_seed((order.seed + at) % SEEDS) for at in range(order.n)]
        settings = {
            "width": order.width,
            "height": order.height,
            "num_inference_steps": order.steps,
            "guidance_scale": order.guidance_scale,
        }
        asked = {name: value for name, value in settings.items() if value is not None}
        for name in asked:
            if name not in self._fields:
                raise FieldNotTaken(name)
        try:
            with torch.inference_mode():
                made = self._pipeline(
                    prompt=order.prompt,
                    num_images_per_prompt=order.n,
                    generator=generators,
                    **asked,
                )
        except torch.OutOfMemoryError:
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            raise OutOfMemory from None
        return [_png(image) for image in made.images]


def load_pipeline(model: str, *, device: str = "auto", dtype: str = "auto", lora: str | None = None) -> Pipeline:
    """The pipeline of a model id on the Hugging Face Hub or of a folder, on `device`.

    `auto` is the first GPU with bfloat16 where there is one, otherwise the CPU with float32. Only weights in the
    safetensors format are read: other formats can run code.

    Args:
        lora: a folder, file or id with a LoRA adapter, merged into the weights once (no cost per picture).

    Raises:
        OSError: the model or adapter cannot be found or read.
        ValueError: torch does not know the device or number format, or the adapter is for another model.
    """
    import torch

    _silence()
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if model == TINY and device == "cpu":
        torch.set_num_threads(1)  # So little work is slower on several threads: ten times on a busy machine.
    if dtype == "auto":
        dtype = "float32" if device == "cpu" else "bfloat16"
    numbers = getattr(torch, dtype, None)
    if not isinstance(numbers, torch.dtype):
        raise ValueError(f"`{dtype}` is no number format of torch, such as `bfloat16`")
    pipeline = _source(model, numbers)
    if lora is not None:
        _merge(pipeline, lora)
    try:
        return DiffusersPipeline(pipeline.to(device))
    except (AssertionError, RuntimeError) as fault:  # What torch raises for a device that is unknown or not there.
        raise ValueError(f"the device `{device}` cannot be used: {str(fault).splitlines()[0]}") from None


def _merge(pipeline: Any, lora: str) -> None:
    try:
        pipeline.load_lora_weights(lora)
        fits = any(pipeline.get_list_adapters().values())
    except (KeyError, RuntimeError, ValueError):
        fits = False
    if not fits:
        raise ValueError(f"the adapter `{lora}` is for another model")
    pipeline.fuse_lora()
    pipeline.unload_lora_weights()


def _silence() -> None:
    """Only errors are logged: among their warnings both libraries print the end of a prompt that is too long."""
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    for library in (diffusers_logging, transformers_logging):
        library.set_verbosity_error()
        library.disable_progress_bar()


def _source(model: str, numbers: Any) -> Any:
    if model == TINY:
        from server.tiny import tiny_pipeline

        return tiny_pipeline().to(dtype=numbers)
    from diffusers import DiffusionPipeline

    return DiffusionPipeline.from_pretrained(model, dtype=numbers, use_safetensors=True)


def _png(image: Any) -> bytes:
    """A PIL image as a PNG file, packed fast: the CPU of a server with a GPU is busier than its network."""
    file = io.BytesIO()
    image.save(file, format="PNG", compress_level=1)
    return file.getvalue()
