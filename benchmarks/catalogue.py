"""Time decisions, sweeps, explanations and interview steps with 3 to 200 priced offers, as multiples of those with 3.

Run it with `make bench`, or with `python -m benchmarks.catalogue` from the repository's root.
"""

from __future__ import annotations

import argparse
import datetime
import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from statistics import median, quantiles
from time import process_time

from advisor.catalogue.loader import bundled_catalogue
from advisor.decision.assessment import Assessment
from advisor.decision.competition import competing
from advisor.decision.record_builder import record_of
from advisor.domain.offer import Encoded, Offer
from advisor.domain.scenario import FIELDS, Route, Scenario, validated
from advisor.evaluation.compiler import PlainReading
from advisor.evaluation.durable_rules_backend import EngineReading
from advisor.evaluation.facts import FIELDS_OF, answer_facts
from advisor.explanation.sufficient_reasons import sufficient_reasons
from advisor.rulebook.loader import bundled_rulebook
from advisor.rulebook.model import Rulebook
from advisor.scenario_space.completions import Completions, completions_of
from benchmarks.peers.scenarios import generate

SIZES = (3, 30, 100, 200)
NEEDS = ("residency", "quality", "latency", "control", "indemnity_required", "train_on_outputs", "output_use")
ON = datetime.date(2026, 11, 27)


def rulebook_of(size: int) -> Rulebook:
    """So many priced offers of one up to six checkpoints: the bundled ones first, then dearer copies."""
    whole = competing(bundled_rulebook(), bundled_catalogue(), Scenario(), ON)
    draw, models = random.Random(0), whole.models[: max(1, min(6, size // 12))]
    by_route = {route: [o for o in whole.offers if o.route is route and o.model in (None, *models)] for route in Route}
    offers: list[Offer] = []
    while len(offers) < size:
        route = list(Route)[len(offers) % 3]
        like = by_route[route][len(offers) // 3 % len(by_route[route])]
        assert like.quote is not None
        first = FIELDS_OF[route][0]
        amounts = dict(like.quote.amounts)
        if first in amounts:
            amounts[first] += draw.randrange(1 + amounts[first] * min(1, len(offers) // len(whole.offers)))
        offers.append(replace(like, id=f"offer-{len(offers)}", quote=replace(like.quote, amounts=amounts)))
    return replace(whole, offers=tuple(offers))


def scenarios_of(number: int, rulebook: Rulebook) -> list[Scenario]:
    """Complete answers without a price; every second one names a checkpoint."""
    fields = {name for names in FIELDS_OF.values() for name in names}
    found = []
    for place, answers in enumerate(generate(number, seed=1)):
        kept = {n: value for n, value in answers.items() if n in FIELDS and n not in fields and value is not None}
        found.append(validated({**kept, **({"model": rulebook.models[0]} if place % 2 else {})}, "generated"))
    return found


def interview(completions: Completions, scenario: Scenario) -> list[float]:
    """The CPU seconds of each step of an interview that answers one need after the other."""
    answers, known = answer_facts(scenario), dict[str, Encoded]()
    times = []
    for name in NEEDS:
        started = process_time()
        completions.outcomes(known, ranged=True)
        completions.open_questions(known, ranged=True)
        times.append(process_time() - started)
        known = {**known, name: answers[name]}
    return times


def times_of(size: int, number: int) -> dict[str, list[float]]:
    """CPU seconds of everything that is timed, with so many offers."""
    rulebook = rulebook_of(size)
    engine, completions = EngineReading(rulebook), completions_of(rulebook)
    times: dict[str, list[float]] = {"first question": [_seconds(partial(_first_question, rulebook))]}
    plain = PlainReading(rulebook)
    for what in ("decide", "row of a sweep", "sufficient reasons", "interview step"):
        times[what] = []
    for scenario in scenarios_of(number, rulebook):
        times["decide"].append(_seconds(partial(_decide, scenario, rulebook, engine)))
        times["row of a sweep"].append(_seconds(partial(_row, scenario, rulebook, plain)))
        assessment = Assessment(scenario, rulebook, engine)
        if assessment.route:
            force = partial(sufficient_reasons, completions, assessment.answers, assessment.route)
            times["sufficient reasons"].append(_seconds(force))
        times["interview step"] += interview(completions, scenario)[1:]
    return times


def _first_question(rulebook: Rulebook) -> None:
    Completions(rulebook).open_questions({}, ranged=True)


def _decide(scenario: Scenario, rulebook: Rulebook, engine: EngineReading) -> None:
    record_of(Assessment(scenario, rulebook, engine), ON)


def _row(scenario: Scenario, rulebook: Rulebook, plain: PlainReading) -> None:
    _ = Assessment(scenario, rulebook, plain).deciding_axes


def main() -> None:
    """Prints medians, 99th percentiles, and ratios."""
    parser = argparse.ArgumentParser(description="Time decisions with priced offers.")
    parser.add_argument("--scenarios", type=int, default=60, help="how many (default: %(default)s)")
    options = parser.parse_args()
    first: dict[str, float] = {}
    print(f"CPU milliseconds, median and 99th percentile of {options.scenarios} scenarios; times that with {SIZES[0]}")
    for size in SIZES:
        for what, found in times_of(size, options.scenarios).items():
            middle, high = median(found) * 1000, (quantiles(found, n=100)[-1] if len(found) > 1 else found[0]) * 1000
            ratio = middle / first.setdefault(what, middle)
            print(f"{size:>4} offers  {what:<20} {middle:9.1f} {high:9.1f}   {ratio:6.1f}x", flush=True)


def _seconds(use: Callable[[], object]) -> float:
    started = process_time()
    use()
    return process_time() - started


if __name__ == "__main__":
    main()
