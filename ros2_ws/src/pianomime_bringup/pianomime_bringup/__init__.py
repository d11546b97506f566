"""The graphs described once, for launch files and the command."""
