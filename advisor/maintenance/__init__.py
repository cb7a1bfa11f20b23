"""For whoever keeps ``rules/``: its cases, and what else can be said of a rulebook as a whole."""
