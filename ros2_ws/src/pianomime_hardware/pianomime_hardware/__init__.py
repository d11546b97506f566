"""Nodes in place of the simulation: drivers' bridges, and emulations of the drivers."""
