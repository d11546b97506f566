"""Turn the repertoire's transcriptions (repertoire/*.txt) into the MIDI files beside them.

A transcription is a list of `name: value` lines. Besides title, composer, source, tempo (beats a
minute), meter (beats a bar), pickup (beats before the first bar line) and pedal (how many beats it
is held each time), each voice is a sequence of tokens, over as many lines as needed:

    C4*1.5      a note of 1.5 beats; without * it is as long as the one before
    C4+E4+G4    a chord         F#5 Bb3    accidentals      R    a rest
    _*2         two more beats of the note before (a tie)
    |           a bar line; the bar before it has to be full

Voices whose name begins with rh are the right hand's, with lh the left hand's.
"""

import re
import sys
from pathlib import Path

from pianomime.piano.geometry import LOWEST_PITCH
from pianomime.score.midi import save_midi
from pianomime.score.score import Note, PedalEvent, Score

REPERTOIRE = Path(__file__).parents[1] / "ros2_ws/src/pianomime/pianomime/repertoire"
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
ACCIDENTALS = {"": 0, "#": 1, "b": -1}
ARTICULATION = 0.96
"""Share of its length that a note sounds."""

VELOCITY = {"rh": 80, "lh": 62}
RELEASE_BEATS = 0.1
"""How long the pedal is up when it is changed."""


def key_of(name: str) -> int:
    """Return the key of a note name such as Bb3."""
    match = re.fullmatch(r"([A-G])([#b]?)(\d)", name)
    if not match:
        raise ValueError(f"{name!r} is not a note")
    letter, accidental, octave = match.groups()
    return 12 * (int(octave) + 1) + STEPS[letter] + ACCIDENTALS[accidental] - LOWEST_PITCH


def parse_voice(text: str, meter: float, pickup: float) -> list[tuple[float, float, list[int]]]:
    """Return onset, length [beats] and keys of each note or chord."""
    events: list[tuple[float, float, list[int]]] = []
    beat, length, bar_end = 0.0, 1.0, pickup or meter
    for token in text.split():
        if token == "|":
            if abs(beat - bar_end) > 1e-6:
                raise ValueError(f"bar ends at beat {beat:g}, not {bar_end:g}, after {events[-1:]}")
            bar_end += meter
            continue
        what, _, given = token.partition("*")
        length = float(given) if given else length
        if what == "_":
            onset, before, keys = events[-1]
            events[-1] = (onset, before + length, keys)
        elif what != "R":
            events.append((beat, length, [key_of(name) for name in what.split("+")]))
        beat += length
    return events


def transcribe(path: Path) -> Score:
    """Read one transcription."""
    fields: dict[str, str] = {}
    for line in path.read_text().splitlines():
        name, _, value = line.partition(":")
        fields[name] = f"{fields.get(name, '')} {value.strip()}".strip()
    beat_s = 60 / float(fields["tempo"])
    meter, pickup = float(fields["meter"]), float(fields.get("pickup", 0))
    notes, end = [], 0.0
    for voice, text in fields.items():
        if voice[:2] not in VELOCITY:
            continue
        try:
            events = parse_voice(text, meter, pickup)
        except ValueError as error:
            raise ValueError(f"{path.name}, {voice}: {error}") from error
        for onset, length, keys in events:
            end = max(end, onset + length)
            notes += [
                Note(
                    onset * beat_s,
                    (onset + length * ARTICULATION) * beat_s,
                    key,
                    VELOCITY[voice[:2]],
                )
                for key in keys
            ]
    pedal = []
    held = float(fields.get("pedal", 0))
    beat = pickup
    while held and beat < end:
        pedal.append(PedalEvent(beat * beat_s, True))
        pedal.append(PedalEvent((beat + held - RELEASE_BEATS) * beat_s, False))
        beat += held
    return Score.from_notes(fields["title"], notes, pedal)


def main() -> None:
    """Write a MIDI file for each transcription."""
    for path in sorted(REPERTOIRE.glob("*.txt")):
        try:
            save_midi(transcribe(path), path.with_suffix(".mid"))
        except ValueError as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main()
