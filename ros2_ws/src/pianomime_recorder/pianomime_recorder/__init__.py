"""Recorder of performances as rosbag2 bags with MCAP storage."""
