"""Metrics in words, for the terminal."""

from collections.abc import Mapping
from math import isnan


def described(metrics: Mapping[str, float]) -> list[str]:
    """Return lines on a performance's keys, notes, timing and dynamics."""
    keys = (
        f"keys: F1 {metrics['f1']:.3f} (precision {metrics['precision']:.3f}, "
        f"recall {metrics['recall']:.3f})"
    )
    return [keys, *described_notes(metrics)]


def described_notes(metrics: Mapping[str, float]) -> list[str]:
    """Return lines on a performance's notes, timing and dynamics."""
    lines = [
        f"notes: F1 {metrics['note_f1']:.3f}, within 25 ms {metrics['note_f1_25']:.3f}; per 100 "
        f"notes {metrics['extra_per_100']:.1f} strikes too many, "
        f"{metrics['missing_per_100']:.1f} missing",
    ]
    if not isnan(metrics["lateness_s"]):
        lines.append(
            f"timing: struck {1000 * metrics['lateness_s']:.0f} ms after the onset, 90 % within "
            f"{1000 * metrics['spread_s']:.0f} ms of that; lengths F1 {metrics['length_f1']:.3f}, "
            f"pedal F1 {metrics['pedal_f1']:.3f}"
        )
    if not isnan(metrics["velocity_error"]):
        lines.append(
            f"dynamics: velocity off by {metrics['velocity_error']:.0f} of 127, "
            f"F1 within 8 {metrics['velocity_f1']:.3f}"
        )
    return lines
