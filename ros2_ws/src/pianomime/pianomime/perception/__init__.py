"""From a pianist's video to fingertips on the keyboard, fingering and synchronised notes."""
