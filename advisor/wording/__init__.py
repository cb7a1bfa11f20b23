"""The words of questions, labels and charts."""
