"""Portfolio -> plan: who owns is chosen jointly, so that the total of the expected months is least."""
