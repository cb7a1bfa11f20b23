"""What charts say: titles, descriptions, headings and labels; ``{names}`` are filled in with `format`."""

from __future__ import annotations

A_MONTH = "{units} a month"
ROUTE, RULED_OUT, RECOMMENDED = "route", "ruled out", "recommended"
FEW_STEP = "few-step model"

# ---- the eliminations

TAKES_OUT = "{axis} takes out {routes}"
LEFT = "{routes} {are} left"
NONE_LEFT = "no route is left"
COUNTS = {0: "none", 1: "one", 2: "two", 3: "three"}
LEFT_AFTER = {True: "after {axis} {count} is left", False: "after {axis} {count} are left"}
"""By whether one route is left."""
TAKES_OUT_TOO = "{axis} would have taken out {routes} too"
OF_THREE = "Of the three routes {steps}. {ending}"
INFEASIBLE = "Nothing satisfies every answer."
OPEN = "Unanswered questions can still change the outcome."
IS_RECOMMENDED = "{route} {are} recommended."
ELIMINATIONS_HEADER = ("axis", "takes out", "because", "still in the running")
HERE_TOO, LOSES = "here too", "loses"
STILL_OPEN, STILL_FEASIBLE = "still open", "still feasible"

# ---- the costs by volume

NEVER_CHEAPER = "Own GPUs never become cheaper than {route}"
ALWAYS_AS_CHEAP = "Own GPUs cost no more than {route} at every volume"
AS_CHEAP_FROM = "Own GPUs cost no more than {route} from {volume} {units} a month on"
SAME_COST = "{route} and {other} cost the same at every volume"
CHEAPER = "{route} is cheaper than {other} at every volume"
COSTS_AT = "at {volume} {units} a month: {costs}"
FROM_ON = "own GPUs cost no more than {route} from {volume} {units} a month on"
FASTER_FROM = ", with a few-step model from {volume}"
OUT_WHATEVER_THE_COST = "{routes} {are} ruled out, whatever the cost"
VOLUME_A_MONTH = "{volume} {units} a month"
OWNING_FROM = "own GPUs cost no more from, {units} a month"
OWNING_FASTER_FROM = "and from, with a few-step model"
NEVER = "never"
TIMES_AS_FAST = "{route}, {speedup} times as fast with a few-step model"
COST_A_MONTH = "cost a month"
BREAK_EVEN = "break-even with\n{route}"
UP_TO = "\nto "

# ---- the route map

VOLUME_CHANGES_IT = "No {figure} changes the route at this volume, but the volume does"
RECOMMENDED_IF = "{routes} would be recommended if the {figure} were {limit}"
RECOMMENDED_HERE = "At {volume} {units} a month and {value} for the {figure}, {route} {are} recommended"
ROUTE_IF = "with the {figure} at {limit} it would be {routes}"
MAP_HEADER = ("figure", "in this scenario", "another route if less", "another route if more")
LIMIT_LEADS_TO = "{limit}: {routes}"
ONE_OF_SEVERAL = "one of several routes"
EXPECTED_MONTH = "{units} in the expected month, the range in proportion"
BUSIEST_MONTH = "{units} in the busiest plausible month, the quietest in proportion"

# ---- the monitor's costs by volume

CROSSOVER, LAST_MONTHS = "N*", "the last months"
COST_AT = "at {volume} {units} a month ({name})"
CHEAPER_ABOVE = "Own GPUs are cheaper than {route} above N*, {volume} {units} a month"
COSTS_NOW = "At {volume} {units} a month {route} costs {rented}, own GPUs {owned}"
AT_PRICE = {
    True: "the curve of {route} is at the paid price, {price}",
    False: "the curve of {route} is at the list price, {price}",
}
"""By whether a bill says what was paid."""
CROSSING_DIFFERS = "the curves cross at another volume, as they use the expected amounts and price"
FEW_STEP_CROSSOVER = "with a few-step model it would be {volume}"
LAST_VOLUME = "the volume of the last months lies from {span}"
CROSSOVER_IS = "N* is {volume} {units} a month"
WITHIN = "{crossover}, from {span}"
LIST_PRICE = "list price"

# ---- the monitor's months

MONTHS_HEADER = ("month", "{units}, at least", "taken as", "at most", "basis", "complete", "above N*")
MONTHS_FROM_TO = "{units} a month, {span}"
SPAN_OF_MONTHS = " to "
NONE_COMPLETE = "No complete month to compare with N* yet"
ONE_COMPLETE = {True: "The one complete month lies above N*", False: "The one complete month lies below N*"}
ALL_ABOVE = "All of the {count} complete months lie above N*"
NONE_ABOVE = "None of the {count} complete months lies above N*"
SOME_ABOVE = "{some} of {count} complete months {lie} above N*, {last}"
LIE = {True: "lies", False: "lie"}
LAST_ABOVE = {True: "the last one among them", False: "the last one not"}
FIRST_WITH_DATA = "the first month with data, {month}, has {span}"
LAST_WITH_DATA = "the last month with data, {month}, has {span}"
CROSSED_IN = "the volume crossed N* in {month}"
HEIGHT_OF_COLUMN = "a column is as high as the number taken, its thin bar is the range"
NOTHING_KNOWN_OF = "nothing is known of {months}"
NOT_SHOWN = "{count} earlier months are not shown"
NO_DATA, YES_NO = "no data", {True: "yes", False: "no"}
CROSSED = "crossed"
COMPLETE, NOT_COMPLETE = "complete month", "not complete"
FILLED, DASHED, QUESTION_MARK, THIN_BAR = "filled: {kind}", "dashed: {kind}", "?: no data", "thin bar: range"

# ---- the monitor's overspend

OVERSPEND_HEADER = ("month", "beyond own GPUs in the month", "since the crossing", "from")
BASIS = {True: "estimate", False: "bill"}
BEYOND_OWN_GPUS = "beyond own GPUs since the crossing"
AS_BILLED, ESTIMATED = "as billed", "estimated"
SPENT = {
    True: "{span} less was spent since {month} than own GPUs would have cost",
    False: "{span} more was spent since {month} than own GPUs would have cost",
}
"""By whether it was less."""
IN_LAST_MONTH = "of this, {span} in the last month, {month}"
SOME_ESTIMATED = "{some} of {all} months are estimated"
ALL_BILLED = "every month is as billed"
ASSUMES = "this assumes {overhead}"
IN_THE_SUM = "{count} earlier months are in the sum, but not shown"
TAKEN_AS = "{span}, taken as {expected}"
