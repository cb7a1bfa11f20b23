"""Why a decision is what it is: completions of partial answers, deciding axes, conflicts, flips."""
