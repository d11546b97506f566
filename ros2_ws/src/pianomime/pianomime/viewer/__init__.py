"""Live view of hands and piano in a browser."""
