"""MIDI and audio of a performance."""

import wave
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.errors import OutputError
from pianomime.performance.performance import Performance
from pianomime.piano.geometry import LOWEST_PITCH
from pianomime.score.quiet import pretty_midi
from pianomime.simulation.simulation import MidiKind

SAMPLE_RATE_HZ: Final = 44_100


def performed_midi(performance: Performance) -> pretty_midi.PrettyMIDI:
    """Return the struck notes and the pedal as MIDI; times from the clock's start."""
    midi = pretty_midi.PrettyMIDI(resolution=960)
    piano = pretty_midi.Instrument(program=0, name="piano")
    lead_in_s = performance.lead_in_s
    piano.notes = [
        pretty_midi.Note(
            n.velocity, n.key + LOWEST_PITCH, n.onset_s + lead_in_s, n.offset_s + lead_in_s
        )
        for n in performance.struck()
    ]
    piano.control_changes = [
        pretty_midi.ControlChange(event.number, event.value, event.time_s)
        for event in performance.midi
        if event.kind is MidiKind.CONTROL
    ]
    midi.instruments.append(piano)
    return midi


def synthesise(midi: pretty_midi.PrettyMIDI) -> NDArray[np.int16] | None:
    """Synthesise with pretty_midi's bundled sound font; None without FluidSynth."""
    try:
        sound = midi.fluidsynth(fs=SAMPLE_RATE_HZ)
    except (ImportError, AttributeError):  # pretty_midi leaves its module unset without the library
        return None
    peak = float(np.max(np.abs(sound), initial=1e-9))
    return np.asarray(sound / peak * 0.9 * np.iinfo(np.int16).max, np.int16)


def wav_bytes(samples: NDArray[np.int16]) -> bytes:
    """Encode samples as a mono WAV file."""
    buffer = BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(samples.tobytes())
    return buffer.getvalue()


def write_wav(midi: pretty_midi.PrettyMIDI, path: Path) -> bool:
    """Synthesise to a WAV file; return False without FluidSynth.

    Raises:
        OutputError: The file cannot be written.
    """
    samples = synthesise(midi)
    if samples is None:
        return False
    try:
        path.write_bytes(wav_bytes(samples))
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}") from error
    return True
