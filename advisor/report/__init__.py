"""Turns a decision record into claims, and phrases the claims with templates."""
