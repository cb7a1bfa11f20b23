"""The interview: a pure flow of questions, and its terminal."""
