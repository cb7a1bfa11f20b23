"""From a scenario and a rulebook to a decision."""
