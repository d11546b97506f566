"""Benchmark of controllers on a set of songs."""
