"""Video source, and a pianist's hands on the keyboard, as nodes."""
