"""Make the plan of one song better by playing it."""
