"""Makes a decision from a scenario and a rulebook."""
