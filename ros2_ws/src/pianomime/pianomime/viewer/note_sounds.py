"""Audio samples of the keys, for playback in the browser."""

from functools import cache
from typing import Final

from pianomime.performance.sound import synthesise, wav_bytes
from pianomime.piano.geometry import LOWEST_PITCH
from pianomime.score.quiet import pretty_midi

RINGS_S: Final = 4.0


@cache
def note_sound(key: int) -> bytes | None:
    """Synthesise a held key (0 .. 87) as a WAV file; None without FluidSynth."""
    midi = pretty_midi.PrettyMIDI()
    piano = pretty_midi.Instrument(program=0)
    piano.notes = [pretty_midi.Note(100, key + LOWEST_PITCH, 0.0, RINGS_S)]
    midi.instruments.append(piano)
    samples = synthesise(midi)
    return None if samples is None else wav_bytes(samples)
