"""Nodes of perception: video source, and detection of a pianist's hands on the keyboard."""
