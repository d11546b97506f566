"""Pairs of hands: descriptions, names, limits, kinematics."""
