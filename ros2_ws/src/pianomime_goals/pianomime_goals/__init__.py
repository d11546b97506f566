"""Score clock: goals with lookahead at each decision."""
