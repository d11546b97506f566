"""Refinement of the synchronisation by onsets in the video's sound, to a few milliseconds."""

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
"""Sampling rate of the onset strength [Hz]."""

_SAMPLE_HZ: Final = 16_000
_WINDOW: Final = 1024
_BLUR: Final = 2.0
_SEARCH_S: Final = 0.15
"""Maximum correction of the offset from the hands [s]; a beat further the sound fits as well."""

_LEAD_S: Final = 0.02
"""Lead of the steepest rise before the onset is centred in the window of 64 ms [s]."""

_STANDS_OUT: Final = 1.0
"""Minimum mean strength at the score's onsets, in standard deviations: 2.5 for the sound of the
score, at most 0.3 for other sound."""


def onset_strength(path: Path) -> Array | None:
    """Return the onset strength at 100 Hz from the start of the video; None without sound.

    Computed as spectral flux: the rise of the log spectrum, summed over frequencies.
    """
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "quiet", "-i", str(path), "-map", "0:a:0"]
    command += ["-af", "aresample=async=1:first_pts=0"]  # pads a late start of the sound
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
    """Refine the offset so that the score's onsets match those of the sound.

    Returns the synchronisation unchanged if no offset stands out, for example with other sound.
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
