"""Small changes of a rulebook, and which of them the cases notice."""
