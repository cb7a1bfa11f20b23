"""The finite set of answers and amount regions that the rules can distinguish."""
