"""Diagnostics, files, strict YAML, text on a terminal: what every other package may use."""
