"""Train the generalist: demonstrations by the planner, datasets, networks, training."""
