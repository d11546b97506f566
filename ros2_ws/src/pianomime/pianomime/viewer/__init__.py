"""Look at hands and piano live, in a browser."""
