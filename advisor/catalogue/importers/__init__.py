"""Reads price lists of other projects: a reader turns a file into an account, each entry a figure or refused."""
