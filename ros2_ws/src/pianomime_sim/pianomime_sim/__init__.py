"""MuJoCo simulation of two Shadow hands at a piano."""
