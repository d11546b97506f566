"""The generalist as a node."""
