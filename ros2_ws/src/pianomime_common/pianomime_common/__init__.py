"""Shared code of the nodes: conversions, parameters, topics, lifecycle and diagnostics."""
