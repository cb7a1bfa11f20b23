"""What ``advisor cost`` prints; ``{names}`` are filled in with `format`."""

from __future__ import annotations

CROSSOVER = "crossover: {volume} images a month{below}"
NO_CROSSOVER = "crossover: none, self-hosting {verdict} (the price {price} is not above {limit}){below}"
NEVER_CHEAPER, NEVER_AS_CHEAP = "is never cheaper", "never wins"
BELOW = "; self-hosting also costs no more {ranges}"
RANGE, MORE_RANGES = "from {start} to {end}", "in {count} more ranges"
AT_VOLUME = "at {volume} images a month {cheaper}: hosted {hosted}, self-hosted {owned} a month{gpus}"
CHEAPER = {True: "hosting is cheaper", False: "self-hosting costs no more"}
"""By whether hosting is."""
WITH_GPUS = {True: " with {count} GPU", False: " with {count} GPUs"}
"""By whether it is one."""
