"""Likely mistakes in a rulebook."""
