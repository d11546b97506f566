"""Nodes that replace the simulation: bridges to drivers, and emulated drivers."""
