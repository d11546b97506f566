"""Two simulated Shadow hands that play the piano: the library, without ROS."""
