"""The claims of a memo: one for each fact, worded by templates."""
