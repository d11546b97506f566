"""Scores of music21's corpus, where it is installed: public-domain music of six composers."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from pianomime.errors import MissingPackageError, ScoreError
from pianomime.piano.geometry import LOWEST_PITCH, N_KEYS
from pianomime.score.score import Note, Score

COMPOSERS: Final = ("bach", "beethoven", "haydn", "mozart", "schubert", "schumann")

_QUARTER_S: Final = 0.6
"""Length of a quarter note [s]; the corpus's own tempi are those of choirs and quartets."""

_LEAST_NOTES: Final = 20


def corpus_scores(most: int) -> list[Score]:
    """Return up to `most` scores, spread over the composers' works.

    Raises:
        MissingPackageError: music21 is not installed.
    """
    try:
        from music21 import corpus
    except ImportError:
        raise MissingPackageError("music21", "score") from None
    works = [path for composer in COMPOSERS for path in corpus.getComposer(composer)]
    scores: list[Score] = []
    for i in np.linspace(0, len(works) - 1, min(most, len(works))).astype(int):
        path = works[i]
        try:
            score = _score(str(path.stem), corpus.parse(path))
        except Exception:  # a file that music21 cannot read, or that no piano can play
            continue
        scores.append(score)
    return scores


def _score(title: str, parsed: Any) -> Score:
    notes = list(_notes(parsed))
    if len(notes) < _LEAST_NOTES:
        raise ScoreError(f"{title}: {len(notes)} notes")
    return Score.from_notes(title, notes)


def _notes(parsed: Any) -> Iterator[Note]:
    for element in parsed.stripTies().flatten().notes:
        begin = float(element.offset) * _QUARTER_S
        length = float(element.quarterLength) * _QUARTER_S
        for pitch in element.pitches:
            key = pitch.midi - LOWEST_PITCH
            if length > 0 and 0 <= key < N_KEYS:
                yield Note(begin, begin + length, key)
