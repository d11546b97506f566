"""Descriptions of the node graphs, used by launch files and the command line."""
