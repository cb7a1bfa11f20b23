"""Cases, coverage, mutation, proofs and differences of a rulebook."""
