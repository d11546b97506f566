"""Scores, and the key and pedal goals of each decision."""
