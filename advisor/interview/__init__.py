"""The interview: a pure flow of questions, and the terminal on it."""
