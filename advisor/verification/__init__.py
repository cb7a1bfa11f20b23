"""Checks the files of decisions: one memo or record to the byte, and whole folders under today's rules."""
