"""The picture of a performance."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from pianomime.hands.embodiment import embodiment
from pianomime.performance import piano_roll
from pianomime.performance.performance import Performance
from pianomime.piano.geometry import LOWEST_PITCH
from pianomime.score.score import Note, Score
from pianomime.simulation.simulation import MidiEvent, MidiKind
from pianomime.timing import ROBOPIANIST_TIMING as TIMING

LOUD, SOFT, MISSING = Note(0.0, 0.5, 40, 127), Note(0.5, 1.0, 42, 40), Note(1.0, 1.5, 44)
ADDED = Note(1.2, 1.3, 60)


def performance(*, struck):
    """Return a performance of three notes."""
    steps = 30
    nothing = np.zeros((steps, 88), bool)
    kinds = ((MidiKind.NOTE_ON, "onset_s"), (MidiKind.NOTE_OFF, "offset_s"))
    return Performance(
        score=Score.from_notes("song", [LOUD, SOFT, MISSING]),
        lead_in_s=0.0,
        hands=embodiment("pianomime"),
        timing=TIMING,
        time_s=np.arange(steps) * TIMING.decision_s,
        joint_names=("rh_FFJ1",),
        joint_position=np.zeros((steps, 1)),
        key_position=nothing.astype(float),
        active=nothing,
        goal_time_s=np.arange(steps) * TIMING.decision_s,
        goal_keys=nothing,
        midi=tuple(
            MidiEvent(getattr(note, name), kind, note.key + LOWEST_PITCH, note.velocity)
            for note in struck
            for kind, name in kinds
        ),
        played_s=1.0,
        wall_s=1.0,
    )


@pytest.fixture
def drawn(monkeypatch):
    """A list of the figures that are saved."""
    figures = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, path, dpi: figures.append(figure))
    return figures


def bars(figure):
    """Return the colours of each kind's bars, by label."""
    collections = figure.axes[0].collections
    return {
        label: bars.get_facecolor()[:, :3]
        for label, bars in zip(piano_roll._COLOURS, collections, strict=True)
    }


def test_notes_are_drawn_by_what_became_of_them(drawn, tmp_path):
    played = performance(struck=[LOUD, SOFT, ADDED])
    piano_roll.draw_piano_roll(played, played.metrics(), tmp_path / "roll.png")
    shown = bars(drawn[0])
    assert {label: len(colours) for label, colours in shown.items()} == {
        "written": 2,
        "written, missing": 1,
        "struck": 2,
        "strike too many": 1,
    }
    loud, soft = shown["struck"]
    assert loud == pytest.approx(to_rgb(piano_roll._HIT))
    assert np.all(soft > loud), "nearer to white"


def test_a_silent_performance_is_drawn(drawn, tmp_path):
    played = performance(struck=[])
    piano_roll.draw_piano_roll(played, played.metrics(), tmp_path / "roll.png")
    assert len(bars(drawn[0])["written, missing"]) == 3
