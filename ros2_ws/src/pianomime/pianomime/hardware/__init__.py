"""What real devices speak, and emulations of them; no ROS."""
