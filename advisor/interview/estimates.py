"""Working out a number nobody knows by heart. Exact; each function says what it rounds."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_DOWN, Decimal, localcontext

SECONDS_AN_HOUR = 3600
MONTHS_AHEAD = 12
MANY_STEPS, FEW_STEPS = 20, 4


def overhead(
    engineering_hours: Decimal, hourly_rate: Decimal, on_call: Decimal, idle_gpu_hours: Decimal, gpu_hour: Decimal
) -> Decimal:
    """E in dollars a month: engineering hours at their rate, on-call pay, and GPU hours paid while idle.

    >>> overhead(Decimal(20), Decimal(80), Decimal(300), Decimal(100), Decimal("1.20"))
    Decimal('2020.00')
    """
    return engineering_hours * hourly_rate + on_call + idle_gpu_hours * gpu_hour


def throughput_of_seconds(seconds_per_image: Decimal) -> Decimal:
    """r in images per GPU-hour from seconds an image (more than zero), rounded down to three places.

    >>> throughput_of_seconds(Decimal(6))
    Decimal('600.000')
    """
    return (SECONDS_AN_HOUR / seconds_per_image).quantize(Decimal("0.001"), rounding=ROUND_DOWN)


def throughput_of_steps(steps: Decimal, seconds_per_step: Decimal) -> Decimal:
    """r in images per GPU-hour from denoising steps an image and seconds a step, both more than zero.

    >>> throughput_of_steps(Decimal(20), Decimal("0.3"))
    Decimal('600.000')
    """
    return throughput_of_seconds(steps * seconds_per_step)


def few_step_throughput(images_per_hour: Decimal) -> Decimal:
    """What four steps instead of twenty make of r (Section 38.3, research frontier).

    >>> few_step_throughput(Decimal(600))
    Decimal('3000')
    """
    return images_per_hour * MANY_STEPS / FEW_STEPS


def grown(volume: Decimal, percent_a_month: Decimal) -> Decimal:
    """The volume a year from now at a steady monthly growth, rounded up to a whole image.

    >>> grown(Decimal(10_000), Decimal(10))
    Decimal('31385')
    """
    with localcontext() as context:
        context.prec = 60
        return (volume * (1 + percent_a_month / 100) ** MONTHS_AHEAD).to_integral_value(rounding=ROUND_CEILING)
