"""The pictures of a memo, drawn from its record."""
