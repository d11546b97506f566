"""Reader of Standard MIDI Files: their parts, with everything that a piano can play."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from pianomime.errors import ScoreError
from pianomime.score import midi_track
from pianomime.score.faults import Faults
from pianomime.score.midi_chunks import Chunks, read_chunks
from pianomime.score.midi_sequence import MidiSequence, PartNote, PedalChange
from pianomime.score.midi_track import Event, read_track
from pianomime.score.score import MAX_NOTES, PedalEvent
from pianomime.score.song import Part, Song


def midi_song(title: str, data: bytes) -> Song:
    """Read a MIDI file. A fault costs at most the event that bears it, and is counted.

    All tracks share one tempo map, and the pedal is taken from any track for its channel. The
    tracks of a file of format 2 are played one after the other, each with its own tempo.

    Raises:
        ScoreError: It has no complete header, its time division is 0, or it has too many notes.
    """
    faults = Faults()
    chunks = read_chunks(data, faults)
    tracks = [read_track(track, faults) for track in chunks.tracks]
    _check_count(tracks)
    notes: list[PartNote] = []
    pedal: list[PedalChange] = []
    for sequence in _sequences(tracks, chunks, faults):
        notes += sequence.notes
        pedal += sequence.pedal
        if chunks.is_sequential:
            channels = {change.channel for change in sequence.pedal}
            up = PedalEvent(sequence.end_s, down=False)
            pedal += [PedalChange(channel, up) for channel in sorted(channels)]
    return Song(title, tuple(_parts(notes, pedal, [_name(track) for track in tracks])), faults)


def _check_count(tracks: Iterable[Iterable[Event]]) -> None:
    """Refuse too many notes before they take much memory; some may be drums or unisons."""
    count = sum(event.status & 0xF0 == midi_track.NOTE_ON for track in tracks for event in track)
    if count > 4 * MAX_NOTES:
        raise ScoreError(f"{count:,} note events; at most {MAX_NOTES:,} notes can be played")


def _sequences(
    tracks: Sequence[Sequence[Event]], chunks: Chunks, faults: Faults
) -> Iterable[MidiSequence]:
    numbered = dict(enumerate(tracks))
    if not chunks.is_sequential:
        yield MidiSequence(numbered, chunks, 0.0, faults)
        return
    begin_s = 0.0
    for number, track in numbered.items():
        sequence = MidiSequence({number: track}, chunks, begin_s, faults)
        begin_s = sequence.end_s
        yield sequence


def _parts(
    notes: Iterable[PartNote], pedal: Iterable[PedalChange], names: Sequence[str]
) -> Iterable[Part]:
    of_part: dict[tuple[int, int], list[PartNote]] = defaultdict(list)
    for note in notes:
        of_part[note.track, note.channel].append(note)
    of_channel: dict[int, list[PedalEvent]] = defaultdict(list)
    for channel, event in pedal:
        changes = of_channel[channel]
        if event.down != (bool(changes) and changes[-1].down):
            changes.append(event)
    for (track, channel), placed in sorted(of_part.items()):
        yield Part(
            track,
            channel,
            program=placed[0].program,
            name=names[track],
            notes=tuple(note.note for note in placed),
            pedal=tuple(of_channel[channel]),
        )


def _name(track: Sequence[Event]) -> str:
    """Return the name of a track; empty if it has none."""
    for event in track:
        if event.status == midi_track.META and event.number == midi_track.TRACK_NAME:
            try:
                return event.text.decode().strip("\0 ")
            except UnicodeDecodeError:
                return event.text.decode("latin-1").strip("\0 ")
    return ""
