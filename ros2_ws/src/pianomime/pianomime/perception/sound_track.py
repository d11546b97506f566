"""Onsets in a video's sound, to say to a few milliseconds when the score begins."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import stft

from pianomime.perception.synchronisation import Synchronisation
from pianomime.score.score import Score

Array = NDArray[np.float64]

RATE_HZ: Final = 100
"""Of the onset strength."""

_SAMPLE_HZ: Final = 16_000
_WINDOW: Final = 1024
_BLUR: Final = 2.0
_SEARCH_S: Final = 0.15
"""How far from what the hands say the sound is believed: a beat further it fits as well."""

_LEAD_S: Final = 0.02
"""The rise is steepest so much before an onset is in the middle of a window of 64 ms."""

_STANDS_OUT: Final = 1.0
"""Mean strength at the score's onsets, in standard deviations of all: 2.5 where the sound is of the
score, 0.3 at most where it is of another one."""


def onset_strength(path: Path) -> Array | None:
    """Return how strongly new sounds begin, 100 a second from the video's start; None if silent.

    Spectral flux: the rise of the log spectrum, summed over frequencies.
    """
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "quiet", "-i", str(path), "-map", "0:a:0"]
    command += ["-af", "aresample=async=1:first_pts=0"]  # sound that sets in late keeps its place
    command += ["-ac", "1", "-ar", str(_SAMPLE_HZ), "-f", "s16le", "-"]
    done = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    samples = np.frombuffer(done.stdout[: len(done.stdout) // 2 * 2], np.int16) / 2**15
    if len(samples) < _SAMPLE_HZ or not samples.any():
        return None
    hop = _SAMPLE_HZ // RATE_HZ
    _, _, spectrum = stft(samples, _SAMPLE_HZ, nperseg=_WINDOW, noverlap=_WINDOW - hop)
    loud = np.log1p(1e3 * np.abs(spectrum))
    rise = np.maximum(np.diff(loud, axis=1, prepend=loud[:, :1]), 0.0).sum(axis=0)
    return np.asarray(gaussian_filter1d(rise - rise.mean(), _BLUR))


def refine(synchronisation: Synchronisation, strength: Array, score: Score) -> Synchronisation:
    """Return the offset at which the score's onsets fall on the sound's, near what the hands say.

    Unchanged where no offset stands out: the sound may be of something else, or not be there.
    """
    onsets_s = np.unique([note.onset_s for note in score.notes])
    at_s = synchronisation.video_s(onsets_s) - _LEAD_S
    reach = round(_SEARCH_S * RATE_HZ)
    shifts = np.arange(-reach, reach + 1)
    times = np.arange(len(strength))
    match = [
        np.interp(at_s * RATE_HZ + shift, times, strength, left=0.0, right=0.0).mean()
        for shift in shifts
    ]
    best = int(np.argmax(match))
    if match[best] < _STANDS_OUT * strength.std():
        return synchronisation
    offset_s = synchronisation.offset_s + shifts[best] / RATE_HZ
    return replace(synchronisation, offset_s=float(offset_s), heard=True)
