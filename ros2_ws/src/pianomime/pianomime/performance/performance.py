"""A recorded performance as arrays."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.fingers import UNASSIGNED
from pianomime.hands.hand_spec import HandSpec
from pianomime.metrics.key_press import key_press_metrics
from pianomime.metrics.notes import note_metrics
from pianomime.performance.struck import pedal_changes, struck_notes
from pianomime.piano.geometry import N_KEYS
from pianomime.score.changes import Change, left_out
from pianomime.score.score import Note, Score
from pianomime.simulation.simulation import MidiEvent
from pianomime.timing import Timing

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Performance:
    """Goals and recorded states of a performance. All times start at the clock's start.

    Attributes:
        score: Score; its time 0 is at `lead_in_s`.
        lead_in_s: Silence before the score [s].
        hands: Description of the hands.
        timing: Timing of decisions and commands.
        time_s: (frames,) times of the states [s], one per decision.
        joint_names: Names of the hand joints.
        joint_position: (frames, n) joint positions [rad, m].
        key_position: (frames, 88) key positions, 0 up .. 1 down.
        active: (frames, 88) keys that count as pressed.
        goal_time_s: (steps,) start times of the decisions that were reached [s].
        goal_keys: (steps, 88) goal keys at the ends of these decisions.
        midi: MIDI events of the keys and the pedal.
        played_s: Simulated time from the first to the last command [s]; NaN if unknown.
        wall_s: Wall-clock time of the same [s].
    """

    score: Score
    lead_in_s: float
    hands: HandSpec
    timing: Timing
    time_s: Array
    joint_names: tuple[str, ...]
    joint_position: Array
    key_position: Array
    active: NDArray[np.bool_]
    goal_time_s: Array
    goal_keys: NDArray[np.bool_]
    midi: tuple[MidiEvent, ...]
    played_s: float
    wall_s: float

    @property
    def real_time_factor(self) -> float:
        """Simulated time over wall-clock time."""
        return self.played_s / self.wall_s if self.wall_s else float("nan")

    @property
    def pressed(self) -> NDArray[np.bool_]:
        """Keys pressed at the end of each goal's decision, (steps, 88); False if not recorded."""
        where, recorded = self._frames_at_ends()
        return np.asarray(self.active[where] & recorded[:, None])

    def goal_keys_at_frames(self) -> NDArray[np.bool_]:
        """Return the goal keys at each frame, (frames, 88)."""
        goal_keys = np.zeros((len(self.time_s), N_KEYS), bool)
        where, recorded = self._frames_at_ends()
        goal_keys[where[recorded]] = self.goal_keys[recorded]
        return goal_keys

    def struck(self) -> list[Note]:
        """Return the struck notes in score time, without sustain pedal."""
        return struck_notes(self.midi, self.lead_in_s, float(self.time_s[-1]))

    def unplayed(self) -> list[Change]:
        """Return the notes without a finger, up to the end of the performance.

        Empty if no fingers were published.
        """
        if all(note.finger == UNASSIGNED for note in self.score.notes):
            return []
        end_s = float(self.time_s[-1]) - self.lead_in_s
        return [change for change in left_out(self.score) if change.onset_s < end_s]

    def metrics(self) -> dict[str, float]:
        """Return the key-press and note metrics, keyed by name."""
        pedal = pedal_changes(self.midi, self.lead_in_s)
        return {
            **asdict(key_press_metrics(self.goal_keys, self.pressed)),
            **asdict(note_metrics(self.score, self.struck(), pedal)),
        }

    def _frames_at_ends(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return the frame at each goal's end and whether it was recorded, (steps,) each."""
        dt_s = self.timing.decision_s
        ends = np.round((self.goal_time_s + dt_s) / dt_s).astype(int)
        have = np.round(self.time_s / dt_s).astype(int)
        where = np.minimum(np.searchsorted(have, ends), len(have) - 1)
        return where, have[where] == ends
