"""From usage files to days of usage and their history."""
