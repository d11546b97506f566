"""Live view of the graph in a browser."""
