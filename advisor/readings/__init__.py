"""Readings of one rule base: the rules engine decides, plain Python is the independent check."""
