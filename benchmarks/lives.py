"""Four people who use the interview, and what each of them knows: answers by question, as they are typed.

A question that is not listed is answered *I do not know*, where that is possible, and else by its first option.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from advisor.interview.question_view import InterviewViews, QuestionView
from advisor.interview.state import KEEP, UNKNOWN, InterviewState

HOSPITAL = {
    "residency": "on_premises",
    "output_use": "internal",
    "indemnity_required": "false",
    "quality": "open_suffices",
    "costs": "true",
    "monthly_images": "help",
    "monthly_images.known": "day",
    "monthly_images.per_day": "400",
    "gpu_billing": "always_on",
    "peak_to_mean": "4",
    "min_gpus": "2",
    "gpu_hour_price": "help",
    "gpu_hour_price.known": "bought",
    "gpu_hour_price.purchase": "30000",
    "gpu_hour_price.years": "4",
    "gpu_hour_price.running": "200",
    "images_per_gpu_hour": "help",
    "images_per_gpu_hour.known": "image",
    "images_per_gpu_hour.seconds": "8",
    "monthly_overhead": "help",
    "monthly_overhead.engineering_hours": "20",
    "monthly_overhead.hourly_rate": "90",
}
SHOP = {
    "residency": "anywhere",
    "output_use": "commercial",
    "indemnity_required": "false",
    "train_on_outputs": "false",
    "quality": "open_suffices",
    "control": "prompt_only",
    "latency": "tolerant",
    "monthly_images": "45000",
    "closed_price": "my bill is $1,900",
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
    "monthly_images": "500",
    "open_price": "0.03",
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
    "monthly_images": "help",
    "monthly_images.known": "month",
    "monthly_images.expected": "20000",
    "monthly_images.kept": "4",
    "monthly_images.development": "growing",
    "monthly_images.growth": "8",
    "open_price": "0.10",
    "closed_price": "0.40",
    "costs": "true",
}
LIVES: Mapping[str, Mapping[str, str]] = {
    "hospital": HOSPITAL,
    "shop": SHOP,
    "hobbyist": HOBBYIST,
    "studio": STUDIO,
}


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
