"""Random exercises: what songs have too little of."""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from pianomime.piano.geometry import N_KEYS
from pianomime.score.score import Note, Score
from pianomime.timing import ROBOPIANIST_TIMING

_MAJOR: Final = (0, 2, 4, 5, 7, 9, 11)
_MINOR: Final = (0, 2, 3, 5, 7, 8, 11)
_CHORDS: Final[tuple[tuple[int, ...], ...]] = (
    (0, 4, 7),
    (0, 3, 7),
    (0, 4, 7, 10),
    (0, 3, 7, 10),
    (0, 3, 6),
    (0, 5, 7),
    (0, 7),
)
_LENGTH_S: Final = 20.0

_GAP_S: Final = ROBOPIANIST_TIMING.decision_s
"""Silence of a key before it is struck again [s]."""

Voice = Iterator[tuple[float, float, int]]
"""Onset [s], duration [s] and key of each note."""


def exercise(rng: np.random.Generator) -> Score:
    """Return an exercise for two hands, of one kind each."""
    left, right = (_KINDS[rng.integers(len(_KINDS))] for _ in range(2))
    low, high = int(rng.integers(8, 34)), int(rng.integers(42, 66))
    notes = [*_play(left(rng, low)), *_play(right(rng, high))]
    return Score.from_notes(f"exercise_{left.__name__}_{right.__name__}", notes)


def _play(voice: Voice) -> Iterator[Note]:
    for onset_s, duration_s, key in voice:
        if onset_s >= _LENGTH_S:
            return
        if 0 <= key < N_KEYS:
            yield Note(onset_s, onset_s + duration_s, key)


def _pace_s(rng: np.random.Generator) -> float:
    return float(rng.choice((0.15, 0.2, 0.25, 0.3, 0.4, 0.5)))


def _scale_keys(rng: np.random.Generator, root: int) -> list[int]:
    steps = (_MAJOR, _MINOR)[rng.integers(2)]
    octaves = int(rng.integers(1, 3))
    up = [root + 12 * octave + step for octave in range(octaves) for step in steps]
    return [*up, root + 12 * octaves]


def scale(rng: np.random.Generator, root: int) -> Voice:
    """Scales up and down."""
    pace_s, time_s = _pace_s(rng), 0.0
    while True:
        up = _scale_keys(rng, root + int(rng.integers(-5, 6)))
        for key in [*up, *up[-2:0:-1]]:
            yield time_s, pace_s, key
            time_s += pace_s


def arpeggio(rng: np.random.Generator, root: int) -> Voice:
    """Broken chords over an octave or two."""
    pace_s, time_s = _pace_s(rng), 0.0
    while True:
        chord, at = _CHORDS[rng.integers(len(_CHORDS))], root + int(rng.integers(-7, 8))
        up = [at + 12 * octave + step for octave in range(rng.integers(1, 3)) for step in chord]
        for key in [*up, at + 12, *up[:0:-1]]:
            yield time_s, pace_s * float(rng.choice((1, 1, 2))), key
            time_s += pace_s


def chords(rng: np.random.Generator, root: int) -> Voice:
    """Chords, held or struck again."""
    beat_s, time_s = 2 * _pace_s(rng), 0.0
    while True:
        chord, at = _CHORDS[rng.integers(len(_CHORDS))], root + int(rng.integers(-7, 8))
        chord = chord + ((12,) if rng.random() < 0.3 else ())
        for _ in range(rng.integers(1, 4)):
            for step in chord:
                yield time_s, beat_s - _GAP_S, at + step
            time_s += beat_s


def jumps(rng: np.random.Generator, root: int) -> Voice:
    """A low note, then a chord far from it, as in a waltz or a rag."""
    beat_s, time_s = max(0.3, _pace_s(rng)), 0.0
    while True:
        at, chord = root + int(rng.integers(-5, 6)), _CHORDS[rng.integers(len(_CHORDS))]
        yield time_s, beat_s, at - int(rng.choice((0, 5, 12)))
        for _ in range(rng.integers(1, 3)):
            time_s += beat_s
            for step in chord:
                yield time_s, beat_s - _GAP_S, at + 12 + step
        time_s += beat_s


def repetitions(rng: np.random.Generator, root: int) -> Voice:
    """The same key or octave again and again."""
    pace_s, time_s = max(0.2, _pace_s(rng)), 0.0
    while True:
        at, octave = root + int(rng.integers(-9, 10)), rng.random() < 0.3
        for _ in range(rng.integers(2, 6)):
            yield time_s, pace_s - _GAP_S, at
            if octave:
                yield time_s, pace_s - _GAP_S, at + 12
            time_s += pace_s


def melody(rng: np.random.Generator, root: int) -> Voice:
    """A tune that wanders in a key, with rests, long notes and thirds or sixths under it."""
    steps = (_MAJOR, _MINOR)[rng.integers(2)]
    unit_s, time_s, degree = _pace_s(rng), 0.0, 0
    while True:
        degree = int(np.clip(degree + rng.integers(-3, 4), -7, 10))
        length_s = unit_s * float(rng.choice((1, 1, 2, 3)))
        if rng.random() > 0.1:
            for below in (0, int(rng.choice((2, 5)))) if rng.random() < 0.25 else (0,):
                octave, step = divmod(degree - below, len(steps))
                yield time_s, length_s, root + 12 * octave + steps[step]
        time_s += length_s


_KINDS: Final[tuple[Callable[[np.random.Generator, int], Voice], ...]] = (
    scale, arpeggio, chords, jumps, repetitions, melody,
)  # fmt: skip
