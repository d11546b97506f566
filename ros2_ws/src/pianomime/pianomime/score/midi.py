"""Read and write MIDI files."""

import io
import warnings
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import mido

from pianomime.errors import OutputError, ScoreError
from pianomime.piano.geometry import LOWEST_PITCH
from pianomime.score.quiet import pretty_midi
from pianomime.score.score import MAX_NOTES, Note, PedalEvent, Score

MAX_BYTES: Final = 1 << 20
"""Maximum size of a MIDI file; a recital of 30,000 notes with pedal takes about half of it."""

SUSTAIN_CONTROLLER: Final = 64
ALL_NOTES_OFF_CONTROLLER: Final = 123
PEDAL_DOWN: Final = 64
"""Lowest value of controller 64 that means pedal down (General MIDI)."""


def load_score(path: Path) -> Score:
    """Read the notes of all pitched instruments, tempo changes applied, and the sustain pedal.

    Raises:
        ScoreError: The file is missing, not MIDI, empty, too large, or has an unplayable note.
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise ScoreError(f"{path}: not a file")
        if size > MAX_BYTES:
            raise ScoreError(
                f"{path}: {size:,} bytes; a MIDI file of at most {MAX_BYTES:,} is read"
            )
        raw = mido.MidiFile(path)
        source: str | io.BytesIO = str(path)
        if _repair(path, raw):
            source = io.BytesIO()
            raw.save(file=source)
            source.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pretty_midi warns of tempo changes off track 0
            parsed = pretty_midi.PrettyMIDI(source)
    except ScoreError:
        raise
    except OSError as error:
        raise ScoreError(f"{path}: {error.strerror or 'not a complete MIDI file'}") from error
    except Exception as error:  # mido and pretty_midi raise whatever a broken byte leads to
        raise ScoreError(f"{path}: not a readable MIDI file ({error})") from error
    pitched = [instrument for instrument in parsed.instruments if not instrument.is_drum]
    notes = (
        Note(note.start, note.end, note.pitch - LOWEST_PITCH, max(1, note.velocity))
        for instrument in pitched
        for note in instrument.notes
    )
    return Score.from_notes(path.stem, notes, _pedal(pitched))


def load_folder(folder: Path) -> list[Score]:
    """Read all MIDI files in a folder and its subfolders; leading silence is removed.

    Raises:
        ScoreError: The folder has no MIDI files, or one cannot be read.
    """
    files = sorted(path for path in folder.glob("**/*") if path.suffix.lower() in (".mid", ".midi"))
    if not files:
        raise ScoreError(f"{folder}: no .mid or .midi files there")
    return [load_score(path).trimmed() for path in files]


def save_midi(score: Score, path: Path) -> None:
    """Write a score as a MIDI file with one piano track.

    Raises:
        OutputError: The file cannot be written.
    """
    midi = pretty_midi.PrettyMIDI(resolution=960)
    piano = pretty_midi.Instrument(program=0, name="piano")
    piano.notes = [
        pretty_midi.Note(n.velocity, n.key + LOWEST_PITCH, n.onset_s, n.offset_s)
        for n in score.notes
    ]
    piano.control_changes = [
        pretty_midi.ControlChange(SUSTAIN_CONTROLLER, 127 * event.down, event.time_s)
        for event in score.pedal
    ]
    midi.instruments.append(piano)
    try:
        midi.write(str(path))
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}") from error


def _repair(path: Path, raw: mido.MidiFile) -> bool:
    """Reject or repair faults that pretty_midi ignores silently.

    Too many notes and zero durations are rejected; notes without a note_off end with their track.

    Returns:
        Whether notes were repaired.
    """
    count, repaired = 0, False
    for track in raw.tracks:
        tick = 0
        started: dict[tuple[int, int], list[int]] = defaultdict(list)
        for message in track:
            tick += message.time
            if message.type not in ("note_on", "note_off"):
                continue
            which = (message.channel, message.note)
            if message.type == "note_on" and message.velocity > 0:
                started[which].append(tick)
                count += 1
                continue
            # The note_off of a repeated note may come at the tick of the next note_on, after it.
            begun = started.pop(which, [])
            if begun and min(begun) == tick:
                name = pretty_midi.note_number_to_name(message.note)
                raise ScoreError(f"{path}: note {name} at tick {tick} has zero duration")
        endless = [which for which, begun in started.items() if begun]
        if endless:
            _end(track, endless)
            repaired = True
    if count > MAX_NOTES:
        raise ScoreError(f"{path}: {count:,} notes; at most {MAX_NOTES:,} can be played")
    return repaired


def _end(track: mido.MidiTrack, sounding: list[tuple[int, int]]) -> None:
    """Append a note_off at the end of the track for each (channel, note)."""
    last = track.pop() if track and track[-1].type == "end_of_track" else None
    rest = last.time if last else 0
    for channel, note in sounding:
        track.append(mido.Message("note_off", channel=channel, note=note, time=rest))
        rest = 0
    track.append(mido.MetaMessage("end_of_track", time=rest))


def _pedal(instruments: Iterable[pretty_midi.Instrument]) -> list[PedalEvent]:
    changes = sorted(
        (change.time, change.value >= PEDAL_DOWN)
        for instrument in instruments
        for change in instrument.control_changes
        if change.number == SUSTAIN_CONTROLLER
    )
    events: list[PedalEvent] = []
    for time_s, down in changes:
        if down != (events[-1].down if events else False):
            events.append(PedalEvent(time_s, down))
    return events
