"""How well a controller plays a set of songs."""
