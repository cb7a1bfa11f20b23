"""Tables of scenarios: the same rows, with their outcomes beside them."""
