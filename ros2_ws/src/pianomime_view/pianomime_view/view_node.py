"""Live view node: shows the topics of the graph, and sends the buttons' requests."""

import time
from collections import deque
from typing import Final

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import JointState

from pianomime.errors import OutputError
from pianomime.hands.embodiment import embodiment
from pianomime.metrics.key_press import f1_per_step
from pianomime.metrics.scorekeeper import Scorekeeper
from pianomime.performance.credit import Credit
from pianomime.performance.running_notes import RunningNotes
from pianomime.score.message import from_message
from pianomime.score.repertoire import repertoire
from pianomime.simulation.model import load_model
from pianomime.viewer.address import page_url
from pianomime.viewer.live_view import LiveView
from pianomime.viewer.motion import Instant, Motion
from pianomime_common import conversions, topics
from pianomime_common.diagnostics import statuses_in
from pianomime_common.piano_node import PianoNode
from pianomime_common.running import run
from pianomime_msgs import msg
from pianomime_view.remote_controls import RemoteControls
from pianomime_view.view_config import ViewConfig

FRAME_S: Final = 1 / 30
TEXT_S: Final = 0.25
"""Update period of texts and plots [s]."""

NOTES_S: Final = 1.0
"""Update period of the note metrics [s]."""

RECENT_S: Final = 1.0
"""Averaging time of the recent F1 [s]."""

SHOWN_VALUES: Final = ("p50", "p99", "overruns", "command age")
"""Diagnostic values that are shown, by parts of their names."""


class ViewNode(PianoNode):
    """Live view node."""

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__("view", ViewConfig)

    def configure(self) -> None:
        """Serve the page.

        Raises:
            OutputError: A port is in use.
        """
        config = self.config
        self._controls = RemoteControls(self)
        try:
            self._view = LiveView(
                load_model(embodiment(config.embodiment)),
                self._controls if config.controls else None,
                tuple(repertoire()),
                config.source_names,
                config.host,
                config.port,
            )
        except OSError as error:
            raise OutputError(f"port {config.port} or {config.port + 1}: {error}") from error
        self.get_logger().info(f"live view: {page_url(config.host, config.port)}")

    def activate(self) -> None:
        """Subscribe to the topics."""
        self._controls.forget()
        self.reconfigured()  # parameters may have changed while inactive
        self._motion = Motion()
        self._score: msg.Score | None = None
        self._hands: np.ndarray | None = None
        self._gate: msg.GateStatus | None = None
        self._early_fingering: list[msg.Fingering] = []  # received before their score
        self._begin_song()
        self._timing: dict[str, dict[str, str]] = {}
        for topic, callback in (
            (topics.SCORE, self._on_score),
            (topics.KEY_GOAL, self._on_key_goal),
            (topics.FINGERING, self._on_fingering),
            (topics.JOINT_STATES, self._on_joint_states),
            (topics.PIANO_STATE, self._on_piano_state),
            (topics.MIDI_OUT, self._on_midi),
            (topics.GATE_STATUS, self._on_gate),
            (topics.DIAGNOSTICS, self._on_diagnostics),
        ):
            self.listen(topic, callback)
        self.every(FRAME_S, self._show)
        self.every(TEXT_S, self._write)
        self.every(NOTES_S, self._write_notes)

    def reconfigured(self) -> None:
        """Offer the newly configured controllers."""
        self._view.panel.offer(self.config.source_names)

    def release(self) -> None:
        """Close the page."""
        if hasattr(self, "_controls"):
            self._controls.close()
            del self._controls
        if hasattr(self, "_view"):
            self._view.close()
            del self._view

    def _begin_song(self) -> None:
        self._keeper = Scorekeeper()
        self._notes: RunningNotes | None = None
        self._recent: deque[float] = deque(maxlen=1)
        self._credit = Credit()
        self._score_time_s = 0.0
        self._drawn_s = -np.inf

    def _on_score(self, message: msg.Score) -> None:
        before, self._score = self._score, message
        self._song = from_message(message)
        if before is not None and before.header.stamp == message.header.stamp:
            # The goals node has restarted, or the song was cancelled.
            if self._notes is not None:
                self._notes.score = self._song
            return
        self._begin_song()
        began_s = conversions.from_time(message.header.stamp)
        self._notes = RunningNotes(self._song, began_s + message.lead_in_s)
        self._view.show_score(self._song)
        if self._gate is not None:
            self._credit.add_owner(self._gate.owner, self._score_time_s)
        early, self._early_fingering = self._early_fingering, []
        for fingering in early:
            if fingering.score_sha256 == message.sha256:
                self._on_fingering(fingering)

    def _on_key_goal(self, message: msg.KeyGoal) -> None:
        goal = conversions.from_key_goal(message)
        self._score_time_s = goal.score_time_s - goal.ahead_s
        if self._notes is not None:
            self._notes.reach(self._score_time_s)
        recent = goal.goal.timing.steps(RECENT_S)
        if self._recent.maxlen != recent:
            self._recent = deque(self._recent, maxlen=recent)
        if self._score is not None and 0 <= goal.score_time_s < self._score.duration_s:
            self._keeper.expect(goal.goal.keys, goal.judged_at_s)

    def _on_joint_states(self, message: JointState) -> None:
        hands = self.joints_in(message, self._view.stage.hands.joint_names)
        if hands is not None:
            self._hands = hands

    def _on_piano_state(self, message: msg.PianoState) -> None:
        stamp_s = conversions.from_time(message.header.stamp)
        active = np.array(message.active, bool)
        goal_keys = self._keeper.press(active, stamp_s)
        if goal_keys is not None:
            self._recent.append(float(f1_per_step(goal_keys[None], active[None])[0]))
        if self._hands is None:
            return
        instant = Instant(
            stamp_s,
            self._hands,
            np.array(message.position, float),
            self._score_time_s,
            np.zeros_like(active) if goal_keys is None else goal_keys,
            active,
        )
        self._motion.take(instant, time.monotonic())

    def _on_midi(self, message: msg.MidiEvent) -> None:
        event = conversions.from_midi_event(message)
        self._view.sound.play([event])
        if self._notes is not None:
            self._notes.add(event)

    def _on_gate(self, message: msg.GateStatus) -> None:
        before, self._gate = self._gate, message
        if before is None or before.owner != message.owner:
            self._credit.add_owner(message.owner, self._score_time_s)
            self._colour_notes()

    def _on_fingering(self, message: msg.Fingering) -> None:
        if self._score is not None and message.score_sha256 == self._score.sha256:
            self._credit.add_fingering(message.source, conversions.from_fingering(message))
            self._colour_notes()
        else:
            self._early_fingering.append(message)

    def _colour_notes(self) -> None:
        """Colour the notes by the hands that play them."""
        if self._score is not None:
            self._view.colour_notes(self._credit.fingered(self._song))

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for name, status in statuses_in(message, self.get_namespace()):
            shown = {
                pair.key: pair.value
                for pair in status.values
                if any(part in pair.key for part in SHOWN_VALUES)
            }
            if status.message:
                shown["!"] = status.message
            if shown:
                self._timing[name] = shown

    def _show(self) -> None:
        self._controls.carry_out()
        instant = self._motion.at(time.monotonic())
        if instant is not None:
            with self.diagnostics.measure("frame"):
                self._view.show(instant)

    def _write(self) -> None:
        panel, score = self._view.panel, self._score
        panel.show_timing(self._timing)
        if self._gate is not None:
            counts = {kind: getattr(self._gate, kind) for kind in ("clamped", "limited", "slowed")}
            panel.show_gate(self._gate.state, self._gate.reason, self._gate.owner, counts)
        if score is None:
            return
        panel.show_song(score.id, self._score_time_s, score.duration_s, self._keeper.f1)
        if self._recent and self._score_time_s != self._drawn_s:
            self._drawn_s = self._score_time_s
            recent = float(np.mean(self._recent))
            panel.add_f1(self._score_time_s, self._keeper.f1, recent)

    def _write_notes(self) -> None:
        if self._notes is not None:
            with self.diagnostics.measure("note metrics"):
                self._view.panel.show_notes(self._notes.metrics(), whole=self._notes.is_over)


def main() -> None:
    """Run the node."""
    run(ViewNode)


if __name__ == "__main__":
    main()
