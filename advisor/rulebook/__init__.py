"""The rule base as data: loading, checking and digesting ``rules/``."""
