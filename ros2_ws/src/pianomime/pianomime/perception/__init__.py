"""Extraction of fingertips, fingering and synchronised notes from a pianist's video."""
