"""The two Shadow hands: bodies, names, limits, kinematics."""
