"""Four people who use the interview, and what each of them knows: answers by question, as they are typed.

A question that is not listed is answered *I do not know*, where that is possible, and else by its first option. No one
knows a price but the shop, which has a bill. Run it to see how each interview ends.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping

from advisor.catalogue.loader import bundled_catalogue
from advisor.decision.decide import decide
from advisor.domain.scenario import FIELDS
from advisor.interview.flow import flow_of
from advisor.interview.question_view import InterviewViews, QuestionView
from advisor.interview.state import ASIDES, KEEP, UNKNOWN, InterviewState
from advisor.report.templates import summary
from advisor.rulebook.loader import bundled_rulebook

DAY = datetime.date(2026, 11, 22)

HOSPITAL = {
    "residency": "on_premises",
    "output_use": "internal",
    "indemnity_required": "false",
    "quality": "open_suffices",
    "annual_revenue_usd": "80M",
    "costs": "true",
    "monthly_images": "help",
    "monthly_images.known": "day",
    "monthly_images.per_day": "400",
    "gpu_billing": "always_on",
    "peak_to_mean": "4",
    "min_gpus": "2",
}
SHOP = {
    "residency": "anywhere",
    "output_use": "commercial",
    "indemnity_required": "false",
    "train_on_outputs": "false",
    "quality": "open_suffices",
    "control": "prompt_only",
    "latency": "tolerant",
    "annual_revenue_usd": "600k",
    "monthly_images": "45000",
    "own_prices": "true",
    "closed_price": "1900/45000",
    "costs": "true",
    "details": "true",
    "current_route": "closed_api",
}
HOBBYIST = {
    "residency": "anywhere",
    "output_use": "internal",
    "indemnity_required": "false",
    "train_on_outputs": "false",
    "quality": "open_suffices",
    "control": "adapters",
    "latency": "tolerant",
    "model": "flux-1-dev",
    "monthly_images": "500",
    "costs": "true",
}
STUDIO = {
    "unit": "video_second",
    "residency": "anywhere",
    "output_use": "commercial",
    "indemnity_required": "false",
    "train_on_outputs": "false",
    "quality": "best_preferred",
    "control": "prompt_only",
    "latency": "tolerant",
    "annual_revenue_usd": "2M",
    "monthly_images": "help",
    "monthly_images.known": "month",
    "monthly_images.expected": "20000",
    "monthly_images.kept": "4",
    "monthly_images.development": "growing",
    "monthly_images.growth": "8",
    "costs": "true",
}
LIVES: Mapping[str, Mapping[str, str]] = {
    "hospital": HOSPITAL,
    "shop": SHOP,
    "hobbyist": HOBBYIST,
    "studio": STUDIO,
}


BILL = ("own_prices", "closed_price")


def knowing_nothing(life: Mapping[str, str]) -> dict[str, str]:
    """A life that knows no figure but its bill, and no checkpoint."""
    return {
        name: answer
        for name, answer in life.items()
        if name in (*ASIDES, *BILL) or (name in FIELDS and FIELDS[name].options)
    }


def catalogue_views() -> InterviewViews:
    """The interview over the bundled rules and the bundled catalogue on the day of the recorded interviews."""
    return InterviewViews(flow_of(bundled_rulebook(), bundled_catalogue(), DAY))


def steps(views: InterviewViews, life: Mapping[str, str]) -> Iterator[tuple[QuestionView, str, InterviewState]]:
    """Each question of the interview of a life, the answer to it as text, and the state after it."""
    state = InterviewState()
    while isinstance(view := views.next(state), QuestionView):
        answer = _answer(view, life)
        state = state.answer_text(view.id, answer)
        yield view, answer, state


def _answer(view: QuestionView, life: Mapping[str, str]) -> str:
    if view.id in life:
        return life[view.id]
    options = [option.value for option in view.options]
    if not options:
        return "" if "." in view.id else UNKNOWN
    return next((each for each in (KEEP, UNKNOWN) if each in options), options[0])


def show_ends() -> None:
    """Prints how many questions each life is asked with the catalogue, and what its interview ends with."""
    views = catalogue_views()
    for name, life in LIVES.items():
        for knows, known in (("its volume", life), ("nothing", knowing_nothing(life))):
            answered = list(steps(views, known))
            questions = sum("." not in view.id and view.id not in ASIDES for view, _, _ in answered)
            decision = decide(answered[-1][2].scenario(), catalogue=bundled_catalogue(), decided_on=DAY)
            print(f"\n{name}, who knows {knows}: {questions} questions, {len(answered)} screens; {decision.status}")
            print(summary(decision))


if __name__ == "__main__":
    show_ends()
