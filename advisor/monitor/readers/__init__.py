"""Readers: from a file of one source to rows."""
