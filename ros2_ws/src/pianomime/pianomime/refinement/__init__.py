"""Improvement of a song's plan by playing it: iterative learning and residual RL."""
