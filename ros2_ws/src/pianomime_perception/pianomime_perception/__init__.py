"""Score clock: key goals, fingering and fingertip goals with lookahead."""
