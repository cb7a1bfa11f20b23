"""How long a step of the interview takes, beside one engine decision."""

from __future__ import annotations

from statistics import mean, median, quantiles
from time import perf_counter, process_time

from advisor.domain.scenario import validated
from advisor.interview.flow import Flow
from advisor.interview.question_view import InterviewViews
from advisor.interview.state import ASIDES, InterviewState
from advisor.rulebook.loader import bundled_rulebook
from benchmarks.lives import LIVES
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
    """Prints how many questions were asked, and the processor time of a step."""
    scenarios = generate(INTERVIEWS, seed=1)
    engine = contenders()[0]
    started = perf_counter()
    for scenario in scenarios:
        engine.decide(scenario)
    decision = (perf_counter() - started) / len(scenarios)

    flow = Flow(bundled_rulebook())
    steps: list[float] = []
    asked = 0
    off: list[int] = []
    for scenario in scenarios:
        answers = validated({name: scenario[name] for name in QUESTIONS}, "generated").model_dump(exclude_none=True)
        given, announced = InterviewState(), list[int]()
        while True:
            started = process_time()
            question = flow.next(given)
            steps.append(process_time() - started)
            if question is None or question in ASIDES:
                break
            announced.append(flow.about(given))
            given = given.answer(question, answers.get(question))
            asked += question in QUESTIONS
        off += [abs(about - len(announced)) for about in announced]
    p99 = quantiles(steps, n=100)[98]
    print(f"\nInterview, {INTERVIEWS} random scenarios: {asked / INTERVIEWS:.2f} of {len(QUESTIONS)} questions asked.")
    print(f"  the number announced is off by {mean(off):.1f} on average")
    views = InterviewViews(flow)
    for name, life in LIVES.items():
        taken = [view.id for view, _, _ in lived(views, life)]
        route = sum(question in QUESTIONS for question in taken if question not in ASIDES)
        print(f"  {name}: {len(taken)} questions, {route} about the route or the costs without inputs")
    for name, seconds in (("median", median(steps)), ("p99", p99), ("longest", max(steps))):
        print(f"  a step, {name}: {seconds * 1e3:.1f} ms, {seconds / decision:,.0f} engine decisions")


if __name__ == "__main__":
    time_interviews()
