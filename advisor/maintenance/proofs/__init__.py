"""Proofs with Z3 of what holds of every scenario under a rulebook."""
