"""What the monitor notes for people besides its figures; ``{names}`` are filled in with `format`."""

from __future__ import annotations

# ---- which source counts, and which bill pays

OTHER_SERVICES = "rows of {source} that state a cost and no images are left out where others count them"
BILL_BEFORE_ESTIMATES = "the cost is taken from the bill, not from the estimates of {sources}"
UNRELATED_COST = (
    "the cost of {sources} is left out, as none of its images count: --cost-from {first} takes it as the bill of those "
    "that do"
)
ONE_COST = "the cost of {meter} is taken from {source}, not also from {others}"
ONE_COUNT = "the images of {meter} are taken from {source}, not also from {others}"
OWN_COST_UNKNOWN = (
    "{source} states no cost for some of its images or requests in {month}, and others count the images: what was "
    "paid for each is not known"
)
BILL_WITHOUT_DAYS = (
    "a bill of {source} does not say which days it is for: it is counted for the month in which it appears"
)
BILL_FOR_SOME = "the bill of {month} is not for all of its images: the price is that of those it is for"
NO_COST = "{source}: no cost is known of any of its {all}"
SOME_COST = "{source}: no cost is known of {some} of its {all}: the price paid is that of the others"
NAMED_ABSENT = "nothing is known from {sources}, which {option} names"
NOT_DERIVED = "no images are derived from the cost of {sources}, as {others} counts images: {options} adds them up"

# ---- why a month is not complete

NOTHING_KNOWN = "nothing is known of it"
ROWS_UNKNOWN = "of {some} of {all} rows neither the images nor a cost to derive them from is known"
STILL_RUNNING = "it is still running"
NOT_BEFORE = "nothing is known before {day}"
NOT_AFTER = "nothing is known after {day}"
ONLY_BETWEEN = "it is known from {first} to {last} only"

# ---- what the cost of own GPUs assumes

OVERHEAD = "{overhead} a month of overhead for own GPUs"
OVERHEAD_OF = "{assumed}, stated for {stated} {units} a month: check it for {now}"

# ---- what the result rests on

KEPT_DAYS = "{count} days are known from earlier runs ({file})"
STALE = "the last complete month is {month}: nothing newer is known"
CREDITED = "credits made a bill of the last months nothing or less: N* is at the list price"
TOO_DEAR = "at the dear end of the ranges own GPUs are never cheaper: narrow them"
OTHER_RULES = "the rules have changed since the decision was recorded: it is held against the rules of today"
OTHER_CATALOGUE = (
    "the catalogue has changed since the decision was recorded: the bill is held against the prices of the record, "
    "and a decision made anew has those of today"
)
NARROWED_BY = {
    "images_per_request": "only requests are known: say how many images one asks for with --images-per-request",
    "megapixels_per_image": "images are derived from megapixels: say how many one has with --megapixels-per-image",
    "price_per_image": "images are derived from the cost, at about the list price: --price-per-image narrows them",
}


def joined(names: list[str]) -> str:
    """Sources as prose."""
    return " and ".join([*filter(None, [", ".join(names[:-1])]), *names[-1:]])
