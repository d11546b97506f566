"""Scores, and what they ask of the keys at each control step."""
