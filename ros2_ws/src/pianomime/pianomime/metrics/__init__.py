"""Metrics of a performance."""
