"""Songs to learn from: clips, the repertoire, exercises, and variations of them."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np

from pianomime.errors import ScoreError
from pianomime.learning.exercises import exercise
from pianomime.piano.geometry import N_KEYS
from pianomime.score.clips import load_clips
from pianomime.score.repertoire import find_score, repertoire
from pianomime.score.score import Score

_MIRROR_KEY: Final = 41
"""The D around which black and white keys lie alike on both sides."""

_MOST_SEMITONES: Final = 6
_STRETCH: Final = (0.85, 1.3)


@dataclass(frozen=True)
class HeldOut:
    """Held-out songs, matched under transposition, tempo change and mirroring.

    Attributes:
        fingerprints: See `fingerprint`.
    """

    fingerprints: Collection[str]

    @classmethod
    def of(cls, scores: Sequence[Score]) -> "HeldOut":
        """Return held-out `scores`."""
        return cls(frozenset(map(fingerprint, scores)))

    def check(self, score: Score) -> None:
        """Refuse a score that is held out.

        Raises:
            ScoreError: It is, perhaps transposed, mirrored or at another tempo.
        """
        if fingerprint(score) in self.fingerprints:
            raise ScoreError(f"{score.title}: is held out for the test")


def fingerprint(score: Score) -> str:
    """Return a hash that is invariant to transposition, tempo, mirroring, title and fingering.

    Onsets that are less than a millisecond apart are one, at whatever tempo.
    """
    return _hash(_onset_keys(score))


def passages(score: Score, onsets: int) -> list[str]:
    """Return the fingerprint of each run of so many onsets, to find passages that songs share."""
    groups = _onset_keys(score)
    return [_hash(groups[i : i + onsets]) for i in range(len(groups) - onsets + 1)]


def _onset_keys(score: Score) -> list[list[int]]:
    """Return the keys that begin together, onset after onset."""
    ordered = sorted(score.notes, key=lambda note: note.onset_s)
    return [
        sorted(note.key for note in group)
        for _, group in groupby(ordered, key=lambda note: round(note.onset_s, 3))
    ]


def _hash(groups: list[list[int]]) -> str:
    low, top = groups[0][0], groups[0][-1]
    up = [[key - low for key in group] for group in groups]
    down = [[top - key for key in reversed(group)] for group in groups]
    return min(hashlib.sha256(repr(keys).encode()).hexdigest() for keys in (up, down))


def mirrored(score: Score) -> Score:
    """Mirror the keyboard: the left hand's part becomes the right's.

    Raises:
        ScoreError: A note would leave the keyboard.
    """
    turned = (replace(n, key=2 * _MIRROR_KEY - n.key, finger=-1) for n in score.notes)
    return Score.from_notes(f"{score.title} mirrored", turned, score.pedal)


def songs(clips: Path | None, held_out: HeldOut, more: Sequence[Score] = ()) -> list[Score]:
    """Return training clips, the repertoire and `more`, unchanged.

    What is held out is not among them.

    Raises:
        ScoreError: A file is not what it should be.
    """
    found = [find_score(name) for name in repertoire()]
    if clips is not None:
        found += [clip.score() for clip in load_clips(clips, "train")]
    allowed = [
        score.without_fingers()
        for score in (*found, *more)
        if fingerprint(score) not in held_out.fingerprints
    ]
    return _once(allowed)


def variation(score: Score, rng: np.random.Generator) -> Score:
    """Return `score` in another key, at another tempo, perhaps mirrored."""
    varied = score
    if rng.random() < 0.5 and all(0 <= 2 * _MIRROR_KEY - n.key < N_KEYS for n in score.notes):
        varied = mirrored(varied)
    keys = [note.key for note in varied.notes]
    low, high = max(-_MOST_SEMITONES, -min(keys)), min(_MOST_SEMITONES, N_KEYS - 1 - max(keys))
    varied = varied.transposed(int(rng.integers(low, high + 1)))
    return varied.stretched(float(rng.uniform(*_STRETCH)))


def curriculum(base: Sequence[Score], rounds: int, seed: int) -> Iterator[Score]:
    """Yield each song unchanged, then `rounds` variations of all songs, with exercises between."""
    yield from base
    for number in range(rounds):
        rng = np.random.default_rng((seed, number))
        for score in base:
            yield variation(score, rng)
            if rng.random() < 0.25:
                yield exercise(rng)


def _once(scores: Sequence[Score]) -> list[Score]:
    return list({score.sha256: score for score in scores}.values())
