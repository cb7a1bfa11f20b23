"""How long a step of the interview takes, with the catalogue and without it, and how many questions it asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean, median, quantiles
from time import perf_counter, process_time
from typing import Any

from advisor.catalogue.loader import bundled_catalogue
from advisor.domain.scenario import validated
from advisor.interview.flow import Flow
from advisor.interview.question_view import InterviewViews, QuestionView
from advisor.interview.state import ASIDES, OWN_PRICES, InterviewState
from advisor.rulebook.loader import bundled_rulebook
from benchmarks.lives import DAY, LIVES, catalogue_views
from benchmarks.lives import steps as lived
from benchmarks.ours import contenders
from benchmarks.peers.scenarios import generate

INTERVIEWS = 200
QUESTIONS = (
    *("residency", "output_use", "indemnity_required", "train_on_outputs", "quality", "control", "latency"),
    *("monthly_images", "monthly_images_low", "monthly_images_high"),
    *("open_price", "closed_price", "gpu_hour_price", "images_per_gpu_hour", "monthly_overhead"),
)


def time_interviews() -> None:
    """Prints how many questions were asked, and the processor time of a step: to the next question, and its view."""
    rulebook, catalogue = bundled_rulebook(), bundled_catalogue()
    scenarios = generate(INTERVIEWS, seed=1)
    engine = contenders()[0]
    started = perf_counter()
    for scenario in scenarios:
        engine.decide(scenario)
    decision = (perf_counter() - started) / len(scenarios)
    for name, flow in (
        ("with the catalogue", Flow(rulebook, catalogue, DAY)),
        ("without a catalogue", Flow(rulebook)),
    ):
        time_flow(name, flow, scenarios, decision)
    views = catalogue_views()
    print("\nThe lives of benchmarks/lives.py, with the catalogue:")
    for name, life in LIVES.items():
        taken = [view.id for view, _, _ in lived(views, life)]
        route = sum(question in (*QUESTIONS, "model") for question in taken)
        print(f"  {name}: {len(taken)} questions, {route} about the route or the costs without inputs")


def time_flow(name: str, flow: Flow, scenarios: Sequence[Mapping[str, Any]], decision: float) -> None:
    """Prints the figures of one flow; ``decision``: the seconds of one engine decision."""
    views = InterviewViews(flow)
    first, steps, off = list[float](), list[float](), list[int]()
    asked = 0
    for scenario in scenarios:
        answers = validated({name: scenario[name] for name in QUESTIONS}, "generated").model_dump(exclude_none=True)
        state, announced = InterviewState(), list[int]()
        while True:
            started = process_time()
            view = views.next(state)
            (steps if first else first).append(process_time() - started)
            if not isinstance(view, QuestionView) or (view.id in ASIDES and view.id != OWN_PRICES):
                break
            if view.id == OWN_PRICES:
                state = state.answer(OWN_PRICES, False)
                continue
            announced.append(view.progress.about)
            state = state.answer(view.id, answers.get(view.id))
            asked += view.id in (*QUESTIONS, "model")
        off += [abs(about - len(announced)) for about in announced]
    print(f"\nInterview {name}, {len(scenarios)} random scenarios: {asked / len(scenarios):.2f} questions asked.")
    print(f"  the number announced is off by {mean(off):.1f} on average")
    p99 = quantiles(steps, n=100)[98]
    for which, seconds in (("first", first[0]), ("median", median(steps)), ("p99", p99), ("longest", max(steps))):
        print(f"  a step, {which}: {seconds * 1e3:.1f} ms, {seconds / decision:,.0f} engine decisions")


if __name__ == "__main__":
    time_interviews()
