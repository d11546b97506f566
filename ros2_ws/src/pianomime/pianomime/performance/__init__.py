"""Recorded performances: bags, metrics, plots, audio and video."""
