"""How good a performance is."""
