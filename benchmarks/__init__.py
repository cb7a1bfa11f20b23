"""Benchmarks: the advisor's decision against other rule engines, its cold start, and a soak test."""
