"""The generalist: neural networks from score to fingertips to joints, run with numpy alone."""
