"""Calibration of the keyboard in an image."""
