"""Tables of scenarios: the same rows, with columns for their outcomes."""
