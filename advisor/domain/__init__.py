"""Scenarios, offers, amounts, costs and records: the vocabulary of the advisor."""
