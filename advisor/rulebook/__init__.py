"""The rulebook as data: loading, checking and digesting ``rules/``."""
