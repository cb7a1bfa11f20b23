"""Diagnostics, files, strict YAML, progress: what every other package may use."""
