"""Small changes of a rulebook, and whether any scenario tells a changed one from the original."""
