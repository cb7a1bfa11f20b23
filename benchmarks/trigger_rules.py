"""False alarms and delay of trigger rules on simulated histories: ``python -m benchmarks.trigger_rules``.

A history is 24 months around a level, in units of N*: lognormal noise of the given coefficient of variation, each month
remembering 0.4 of the last one's. A false alarm is a history in which the rule fires though the level is below N*; the
delay is how many months after a step from 0.6 to 1.3 N* it fires.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Sequence
from fractions import Fraction

from advisor.monitor.model import Span, Thresholds
from advisor.monitor.trigger import MonthVolume, fires, moved

HISTORIES = 2_000
MONTHS = 24
STEP_AT = 12
MEMORY = 0.4
ONE = Span(Fraction(1), Fraction(1), Fraction(1))
Rule = Callable[[Sequence[MonthVolume]], bool]


def one_month_above(known: Sequence[MonthVolume]) -> bool:
    """The last month is above N*."""
    return known[-1].images.expected > 1


def mean_of_three_above(known: Sequence[MonthVolume]) -> bool:
    """The mean of the last three is above N*."""
    return len(known) >= 3 and sum(volume.images.expected for volume in known[-3:]) > 3


def the_rule(known: Sequence[MonthVolume]) -> bool:
    """The default rule of the monitor."""
    return fires(known, ONE, Thresholds())


def the_strict_rule(known: Sequence[MonthVolume]) -> bool:
    """The monitor with ``--strict``."""
    return fires(known, ONE, Thresholds(strict=True))


RULES: dict[str, Rule] = {
    "one month above": one_month_above,
    "three-month mean above": mean_of_three_above,
    "the monitor's rule": the_rule,
    "the monitor's rule, --strict": the_strict_rule,
}


def history(levels: Sequence[float], variation: float, chance: random.Random) -> list[MonthVolume]:
    """One history around these levels."""
    spread = math.sqrt(math.log(1 + variation**2))
    noise = chance.gauss(0, spread)
    volumes = []
    for number, level in enumerate(levels):
        if number:
            noise = MEMORY * noise + math.sqrt(1 - MEMORY**2) * chance.gauss(0, spread)
        images = Fraction(round(1_000_000 * level * math.exp(noise - spread**2 / 2)), 1_000_000)
        volumes.append(MonthVolume(moved("2024-01", number), Span(images, images, images)))
    return volumes


def first_alarm(rule: Rule, volumes: Sequence[MonthVolume]) -> int | None:
    """The month in which a rule fires first."""
    return next((end - 1 for end in range(1, len(volumes) + 1) if rule(volumes[:end])), None)


def false_alarms(rule: Rule, level: float, variation: float, histories: int = HISTORIES) -> float:
    """The share of histories below N* in which a rule fires."""
    chance = random.Random(20261123)
    return statistics.fmean(
        first_alarm(rule, history([level] * MONTHS, variation, chance)) is not None for _ in range(histories)
    )


def delays(rule: Rule, variation: float, histories: int = HISTORIES) -> list[int | None]:
    """Months from a step to the alarm, 0 in the month of the step; None where it never comes; without early ones."""
    chance = random.Random(20261123)
    levels = [0.6] * STEP_AT + [1.3] * (MONTHS - STEP_AT)
    alarms = [first_alarm(rule, history(levels, variation, chance)) for _ in range(histories)]
    return [None if alarm is None else alarm - STEP_AT for alarm in alarms if alarm is None or alarm >= STEP_AT]


def main() -> None:
    """Prints the table."""
    settings = ((0.85, 0.1), (0.85, 0.2), (0.70, 0.35))
    heads = [f"false alarms at {level} N*, cv {variation}" for level, variation in settings]
    print(f"{HISTORIES:,} histories of {MONTHS} months")
    print("| rule | " + " | ".join(heads) + " | delay after a step to 1.3 N*, cv 0.1: median, within 3 months |")
    print("|---|" + "---:|" * (len(heads) + 1))
    for name, rule in RULES.items():
        shares = [f"{100 * false_alarms(rule, level, variation):.1f} %" for level, variation in settings]
        found = delays(rule, 0.1)
        known = [delay for delay in found if delay is not None]
        within = sum(delay <= 3 for delay in known) / len(found)
        print(f"| {name} | {' | '.join(shares)} | {statistics.median(known):.0f}, {100 * within:.1f} % |")


if __name__ == "__main__":
    main()
