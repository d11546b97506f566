"""The graph described once, its launch file, and the pianomime command."""
