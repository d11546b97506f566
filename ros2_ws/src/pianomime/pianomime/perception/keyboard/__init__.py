"""Where the keyboard is in an image, and which keys of it are seen."""
