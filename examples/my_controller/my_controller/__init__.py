"""A controller of its own package: plays the melody with one finger."""
