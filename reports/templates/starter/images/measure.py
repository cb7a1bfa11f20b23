"""Measures the configured route: ``python -m images.measure --concurrency 4 --images 32 --steps 4 --size 1024x1024``.

Prints images per hour and the latency of a call. On your own GPUs the rate is r of the decision, images per GPU-hour,
and the last line is what to paste behind ``advisor decide``. Measure with the size, the steps and the adapters that
you will serve, and with as many calls at a time as keep the GPU busy.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from images import shapes
from images.client import generate_on
from images.config import LOG_VARIABLE, Route, load_route
from images.errors import ImagesError

LOG = "measured.jsonl"
"""Measured calls are logged here if ``IMAGES_LOG`` names no other file: they are no production volume."""

SELF_HOST = "self_host"
SHORT = 4
"""Calls for each one at a time, below which the last calls, when some threads are idle, weigh too much."""


@dataclass(frozen=True)
class Plan:
    """What is sent: ``images`` in calls of ``per_call``, ``concurrency`` calls at a time, after a warm-up as wide."""

    images: int = 32
    concurrency: int = 4
    per_call: int = 1
    steps: int | None = None
    size: str = "1024x1024"
    prompt: str = "a lighthouse on a cliff at dusk"

    @property
    def calls(self) -> int:
        return self.images // self.per_call

    @property
    def warm_up(self) -> int:
        return self.concurrency


@dataclass(frozen=True)
class Measurement:
    """What came back. ``seconds`` is by the clock on the wall, from the first call to the last answer.

    ``latencies`` are seconds of the calls that succeeded, in order of size; ``faults`` counts the others by message.
    """

    images: int
    seconds: float
    latencies: tuple[float, ...]
    faults: Counter[str]

    @property
    def per_hour(self) -> float:
        return self.images * 3600 / self.seconds

    def latency(self, share: float) -> float:
        """The least latency that this share of the calls did not exceed.

        >>> Measurement(4, 1.0, (0.1, 0.2, 0.3, 0.4), Counter()).latency(0.5)
        0.2
        """
        return self.latencies[max(0, math.ceil(share * len(self.latencies)) - 1)]


def measure(route: Route, plan: Plan) -> Measurement:
    """Sends the warm-up, then the plan with the clock running. Raises ImagesError if a call of the warm-up fails."""

    def call(at: int) -> tuple[int, float, str | None]:
        started = time.monotonic()
        try:
            # Another prompt each time, so that no cache answers.
            made = generate_on(
                route, f"{plan.prompt}, {at}", steps=plan.steps, seed=None, size=plan.size, n=plan.per_call
            )
        except ImagesError as error:
            return 0, 0.0, str(error)
        return len(made), time.monotonic() - started, None

    with ThreadPoolExecutor(plan.concurrency) as threads, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # What the route does not take is said once, by the command.
        for _, _, fault in threads.map(call, range(plan.warm_up)):
            if fault is not None:
                raise ImagesError(fault, "warm-up")
        started = time.monotonic()
        results = list(threads.map(call, range(plan.warm_up, plan.warm_up + plan.calls)))
        seconds = time.monotonic() - started
    return Measurement(
        images=sum(images for images, _, _ in results),
        seconds=seconds,
        latencies=tuple(sorted(latency for _, latency, fault in results if fault is None)),
        faults=Counter(fault for _, _, fault in results if fault is not None),
    )


def per_gpu_hour(measured: Measurement, gpus: int) -> str:
    """Images per GPU-hour as ``--set`` takes it, rounded down to three digits: a measurement has no more.

    >>> per_gpu_hour(Measurement(32, 12.3, (), Counter()), 2)
    '4680'
    >>> per_gpu_hour(Measurement(2, 5000.0, (), Counter()), 1)
    '1.44'
    """
    rate = measured.per_hour / gpus
    digits = 2 - math.floor(math.log10(rate))
    cut = math.floor(rate * 10**digits) / 10**digits
    return f"{cut:.{max(digits, 0)}f}"


# ---- the command line


def main(arguments: Sequence[str] | None = None) -> int:
    """0 with figures, 1 if a call failed, 2 if the options or the configuration cannot be used."""
    parser = _parser()
    options = parser.parse_args(arguments)
    plan = Plan(options.images, options.concurrency, options.per_call, options.steps, options.size, options.prompt)
    if plan.images % plan.per_call:
        parser.error(f"{plan.images} images are not a whole number of calls of {plan.per_call} images")
    if plan.calls < plan.concurrency:
        parser.error(f"{plan.calls} calls cannot be sent {plan.concurrency} at a time; ask for more images")
    os.environ.setdefault(LOG_VARIABLE, LOG)
    try:
        route = load_route(options.route)
        if route.name != SELF_HOST and options.gpus is not None:
            parser.error(f"the route `{route.name}` is hosted: its GPUs are not yours, so --gpus means nothing there")
        request = shapes.request(route, plan.prompt, plan.steps, None, plan.size, plan.per_call)
        route.token()
    except ImagesError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for line in _before(route, plan, request.left_out):
        print(line, flush=True)
    try:
        measured = measure(route, plan)
    except ImagesError as error:
        print(f"error: the warm-up failed, nothing was measured: {error}", file=sys.stderr)
        return 1
    for line in _after(route, plan, measured, options.gpus or 1):
        print(line)
    return 1 if measured.faults else 0


def _before(route: Route, plan: Plan, left_out: Sequence[str]) -> Iterator[str]:
    yield f"route            {route.name}: {route.model} at {route.base_url}"
    steps = plan.steps if plan.steps is not None else route.steps
    said = "the route's own steps" if steps is None or "steps" in left_out else f"{steps} steps"
    each = f"{plan.per_call} image" + ("s" if plan.per_call > 1 else "")
    yield f"calls            {plan.calls} of {each}, {plan.concurrency} at a time, {plan.size}, {said}"
    yield f"warm-up          {plan.warm_up} of the same before the clock runs"
    if route.name != SELF_HOST:
        images = plan.images + plan.warm_up * plan.per_call
        price = route.price_per_image
        cost = "the price is not known" if price is None else f"about ${price * images:f}, at ${price:f} each"
        yield f"cost             {images} images are paid for: {cost}"
    if plan.calls < SHORT * plan.concurrency:
        yield f"note             a short run: {SHORT * plan.concurrency} calls or more give a steadier rate"


def _after(route: Route, plan: Plan, measured: Measurement, gpus: int) -> Iterator[str]:
    failed = measured.faults.total()
    yield f"images           {measured.images} made, {failed * plan.per_call} failed, in {measured.seconds:.2f} s"
    if measured.latencies:
        p50, p95 = measured.latency(0.5), measured.latency(0.95)
        yield f"images per hour  {measured.per_hour:,.0f}"
        yield f"latency          p50 {p50:.3f} s, p95 {p95:.3f} s"
    for fault, count in measured.faults.most_common(5):
        yield f"failed           {count}: {fault}"
    if measured.faults:
        yield "note             calls failed, so the rate is not that of the route; the line to paste is left out"
    elif route.name != SELF_HOST:
        yield "note             this route is hosted: the rate is what the provider lets through at this concurrency,"
        yield "                 and no property of a GPU, so it is no images_per_gpu_hour"
    else:
        yield f"per GPU-hour     on {gpus} GPU{'s' if gpus > 1 else ''}; paste this behind advisor decide:"
        yield f"--set images_per_gpu_hour={per_gpu_hour(measured, gpus)}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m images.measure", description="Measures the configured route.")
    parser.add_argument("--concurrency", type=_count(256), default=4, help="calls at a time (default: 4)")
    parser.add_argument("--images", type=_count(100_000), default=32, help="images in all (default: 32)")
    parser.add_argument("--per-call", type=_count(64), default=1, help="images a call (default: 1)")
    parser.add_argument("--steps", type=_count(1000), help="denoising steps (default: the route's own)")
    parser.add_argument("--size", default=Plan.size, help="width and height (default: %(default)s)")
    parser.add_argument("--prompt", default=Plan.prompt, help="a number is added to it (default: `%(default)s`)")
    parser.add_argument("--gpus", type=_count(100_000), help="GPUs behind the address, self_host only (default: 1)")
    parser.add_argument("--route", help="a route of routes.toml (default: the active one)")
    return parser


def _count(most: int) -> Callable[[str], int]:
    def count(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"`{text[:40]}` is not a whole number from 1 to {most}")
        return int(text)

    return count


if __name__ == "__main__":
    sys.exit(main())
