"""The charts of a memo, drawn from its record."""
