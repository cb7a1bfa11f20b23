"""The words of the interview, except its questions, which are in ``questions.yaml``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HintWords:
    """What may be typed at a number or a text, in the words of a terminal or of a page; an empty text is left out."""

    keeps: str
    takes_back: str
    blank: str
    not_known_yet: str
    leaves: str
    estimates: str
    bill: str = 'A bill is fine too: "1900/45000", or "my bill is 1900".'


IN_TERMINAL = HintWords(
    keeps="Now: {answer}; press enter to keep it.",
    takes_back="Type unknown to take it back.",
    blank="Enter alone: {answer}.",
    not_known_yet="Enter alone: not known yet.",
    leaves="Enter alone: leave the estimate, which keeps its entries.",
    estimates="Type help to estimate it step by step.",
)
ON_PAGE = HintWords(
    keeps="Now: {answer}; left empty, it stays.",
    takes_back="",
    blank="Left empty: {answer}.",
    not_known_yet="Left empty: not known yet.",
    leaves="",
    estimates="",
)

NOT_KNOWN = "not known"
NOT_KNOWN_SO = "not known, so {answer}"
DO_NOT_KNOW = "I do not know yet"
CHECK_ANSWERS = "Check your answers; choose one to change it."
CHECK_HELP = "Nothing is decided before you choose Decide."
DECIDE = "Decide"
NUMBER = "Question {number} of about {about}."
ESTIMATES_NEXT = "enter: estimate it step by step"
KEYS = "? why, ctrl-b back, ctrl-c stop"
FEWER_STEPS = "with four steps instead of {steps}, about {rate} an hour"
VOLUMES = "{expected} {units} in the expected month, {low} in the quietest, {high} in the busiest"
BILL = "a bill of {bill} for {images}"
TIMES = "{times} times as busy as the mean hour"
WORKSHEET = {
    "engineering": "engineering",
    "on_call": "on-call duty",
    "monitoring": "monitoring, logs and storage",
    "spare_gpus": "GPUs without work",
}
ENGINEERING_STEP = "{hours} hours at {rate} = "
SPARE_STEP = "{gpus} GPUs for {hours} hours at {rate} = "
PRICE, THROUGHPUT = "price", "throughput"
OFFERS, MEASUREMENTS = ("offer", "offers"), ("measurement", "measurements")
SUPPLIED = "the catalogue's {figure}, {amount}"
IN_CATALOGUE = "The catalogue has {topics}."
SPAN = "{least} to {most}"
SPAN_OF = "{span} ({source}, {days})"
HOSTED_FROM = "hosted from {least}, {offers}"
NO_HOSTED_PRICE = "no hosted price known"
MEASURED = "speed on GPUs measured"
COMMERCIAL_USE = {
    "yes": "commercial use allowed",
    "no": "commercial use forbidden",
    "paid": "commercial use needs a paid licence",
    "unknown": "commercial use not clear",
}
UP_TO_REVENUE = "{use} up to {cap} of annual revenue"
INTERRUPTED = "interrupted; every answer is kept in {draft}"
GO_ON = "continue with: {command}"
