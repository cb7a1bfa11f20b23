"""What a memo states: one claim a fact, worded by templates."""
