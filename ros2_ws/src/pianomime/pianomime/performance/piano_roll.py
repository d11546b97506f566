"""Plot of a performance: each note as written and as struck, its timing and its velocity."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from pianomime.metrics.matching import TOLERANCE_S
from pianomime.metrics.notes import NARROW_S, Pairs, hits_of, later
from pianomime.performance.performance import Performance
from pianomime.piano.geometry import N_KEYS, is_black, key_name
from pianomime.score.score import Note

_WRITTEN: Final = "#2f5d9b"
_HIT: Final = "#1d7a5a"
_EXTRA: Final = "#d1334b"
_MISSING: Final = "#e08a00"

_COLOURS: Final = {
    "written": _WRITTEN,
    "written, missing": _MISSING,
    "struck": _HIT,
    "strike too many": _EXTRA,
}
"""Colours by label, in the legend's order."""

_FAINTEST: Final = 0.2
"""Strength of the colour of velocity 0; that of 127 is 1."""


def draw_piano_roll(performance: Performance, metrics: Mapping[str, float], path: Path) -> None:
    """Write a PNG with the notes by key, and below them their timing and velocity.

    The written notes are drawn as late as the performance is (`lateness_s`).

    Args:
        performance: Recorded performance.
        metrics: Its metrics, keyed by name.
        path: File to write.
    """
    seconds = len(performance.goal_keys) * performance.timing.decision_s
    notes = later(performance.score.notes, metrics["lateness_s"])
    struck = performance.struck()
    pairs = hits_of(notes, struck)
    figure = Figure(figsize=(min(24.0, max(8.0, 4 + 0.35 * seconds)), 8), layout="constrained")
    roll, timing, velocity = figure.subplots(3, sharex=True, height_ratios=(6, 1.5, 1.5))
    roll.set_xlim(0, seconds)
    _draw_roll(roll, notes, struck, pairs)
    _draw_timing(timing, pairs)
    _draw_velocity(velocity, pairs)
    late = "" if np.isnan(metrics["lateness_s"]) else f" + {1000 * metrics['lateness_s']:.0f} ms"
    velocity.set_xlabel(f"time in the score{late} [s]")
    roll.set_title(
        f"{performance.score.title} ({performance.hands.name}): F1 {metrics['f1']:.3f}, "
        f"note F1 {metrics['note_f1']:.3f}",
        wrap=True,
    )
    patches = [Patch(color=colour, label=label) for label, colour in _COLOURS.items()]
    figure.legend(handles=patches, loc="outside lower center", ncols=4, title="stronger is louder")
    figure.savefig(path, dpi=90)


def _draw_roll(axes: Axes, notes: Sequence[Note], struck: Sequence[Note], pairs: Pairs) -> None:
    """Draw written notes in the upper half of their key's row, struck ones in the lower half."""
    keys = [note.key for note in (*notes, *struck)]
    low, high = max(min(keys) - 1, 0), min(max(keys) + 2, N_KEYS)
    for key in range(low, high):
        if is_black()[key]:
            axes.axhspan(key - 0.5, key + 0.5, color="black", alpha=0.06, lw=0)
    hit, strikes = ({id(pair[i]) for pair in pairs} for i in (0, 1))
    for colour, shown, bottom in (
        (_WRITTEN, [note for note in notes if id(note) in hit], 0.0),
        (_MISSING, [note for note in notes if id(note) not in hit], 0.0),
        (_HIT, [note for note in struck if id(note) in strikes], -0.42),
        (_EXTRA, [note for note in struck if id(note) not in strikes], -0.42),
    ):
        axes.add_collection(_bars(shown, colour, bottom))
    axes.set_ylim(low - 0.5, high - 0.5)
    names = [key for key in range(low, high) if key % 12 == 3]
    axes.set_yticks(names, [key_name(key) for key in names])


def _bars(notes: Sequence[Note], colour: str, bottom: float) -> PolyCollection:
    """Return one bar for each note, 0.42 of a row high; the stronger its colour the louder."""
    corners = [
        [
            (t, note.key + bottom + dy)
            for t, dy in zip((a, b, b, a), (0, 0, 0.42, 0.42), strict=True)
        ]
        for note in notes
        for a, b in [(note.onset_s, note.offset_s)]
    ]
    strength = [_FAINTEST + (1 - _FAINTEST) * note.velocity / 127 for note in notes]
    colours = 1.0 - np.outer(strength, 1.0 - np.array(to_rgb(colour)))  # mixed with white
    return PolyCollection(corners, facecolors=colours, edgecolors=colour, lw=0.4)


def _draw_timing(axes: Axes, pairs: Pairs) -> None:
    onset_s = [note.onset_s for note, _ in pairs]
    late_ms = [1000 * (strike.onset_s - note.onset_s) for note, strike in pairs]
    for bound_ms in (-1000 * NARROW_S, 0, 1000 * NARROW_S):
        axes.axhline(bound_ms, color="black", alpha=0.3, lw=0.6)
    axes.vlines(onset_s, 0, late_ms, color=_HIT, lw=0.8)
    axes.plot(onset_s, late_ms, ".", color=_HIT, ms=4)
    axes.set_ylim(-1000 * TOLERANCE_S, 1000 * TOLERANCE_S)
    axes.set_ylabel("too late [ms]")


def _draw_velocity(axes: Axes, pairs: Pairs) -> None:
    onset_s = [note.onset_s for note, _ in pairs]
    written, struck = ([pair[i].velocity for pair in pairs] for i in (0, 1))
    axes.vlines(onset_s, written, struck, color="black", alpha=0.25, lw=0.8)
    axes.plot(onset_s, written, "_", color=_WRITTEN, ms=6)
    axes.plot(onset_s, struck, ".", color=_HIT, ms=4)
    axes.set_ylim(0, 127)
    axes.set_ylabel("velocity")
