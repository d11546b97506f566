"""Plot of a performance: keys played correctly, missed, and pressed wrongly."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from pianomime.performance.performance import Performance
from pianomime.piano.geometry import is_black, key_name

_SILENT, _PLAYED, _MISSED, _WRONG = range(4)
_COLOURS: Final = ("#ffffff", "#2a7f62", "#9fb8d9", "#d1495b")
_LABELS: Final = ("", "wanted and played", "missed", "wrong")


def draw_piano_roll(performance: Performance, metrics: Mapping[str, float], path: Path) -> None:
    """Write a PNG with one row per used key and one column per decision of the score."""
    goal_keys, pressed = performance.goal_keys, performance.pressed
    used = np.flatnonzero((goal_keys | pressed).any(axis=0))
    low, high = (used.min() - 1, used.max() + 2) if len(used) else (39, 52)
    low, high = max(low, 0), min(high, goal_keys.shape[1])
    state = np.full(goal_keys.shape, _SILENT)
    state[goal_keys & pressed] = _PLAYED
    state[goal_keys & ~pressed] = _MISSED
    state[~goal_keys & pressed] = _WRONG
    seconds = len(goal_keys) * performance.timing.decision_s
    figure = Figure(figsize=(min(24.0, 4 + 0.35 * seconds), 5), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(
        state[:, low:high].T,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        cmap=ListedColormap(_COLOURS),
        vmin=-0.5,
        vmax=3.5,
        extent=(0, seconds, low - 0.5, high - 0.5),
    )
    for key in range(low, high):
        if is_black()[key]:
            axes.axhspan(key - 0.5, key + 0.5, color="black", alpha=0.06, lw=0)
    names = [key for key in range(low, high) if key_name(key).startswith("C") and key % 12 == 3]
    axes.set_yticks(names, [key_name(key) for key in names])
    axes.set_xlabel("time in the score [s]")
    axes.set_title(
        f"{performance.score.title} ({performance.hands.name}): F1 {metrics['f1']:.3f}, "
        f"note F1 {metrics['note_f1']:.3f}"
    )
    patches = [Patch(color=_COLOURS[i], label=_LABELS[i]) for i in (_PLAYED, _MISSED, _WRONG)]
    axes.legend(handles=patches, loc="upper right", ncols=3, fontsize="small")
    figure.savefig(path, dpi=90)
