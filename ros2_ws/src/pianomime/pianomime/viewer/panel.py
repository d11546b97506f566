"""Panel of the live view: song, metrics, gate, timing, and buttons."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final, Protocol

import numpy as np
import viser

from pianomime.metrics.described import described_notes
from pianomime.metrics.notes import NoteMetrics
from pianomime.safety.gate_types import GateState

PLOTTED_S: Final = 60.0
FRAME: Final = "border:0;width:100%;height:34px;color-scheme:light dark"
"""CSS of the frame with the sound page; transparent in light and dark themes."""

RUNNING: Final = {GateState.ARMED, GateState.ACTIVE}


class Controls(Protocol):
    """Actions of the buttons; called from viser's threads."""

    def set_pause(self, paused: bool) -> None:
        """Pause or resume the simulation."""

    def step(self) -> None:
        """Advance a paused simulation by one decision."""

    def play(self, song: str) -> None:
        """Start a song; repeat the current one if `song` is empty."""

    def hand_over(self, controller: str) -> None:
        """Hand over to another controller."""

    def arm(self) -> None:
        """Reset the gate if it is in FAULT, and arm it."""


class Panel:
    """Graphical elements of the live view's panel."""

    def __init__(
        self,
        gui: viser.GuiApi,
        controls: Controls | None,
        songs: Sequence[str],
        controllers: Sequence[str],
        sound_url: str,
    ) -> None:
        """Build the panel."""
        self._controllers = controllers
        self._paused = False
        self._owner = ""
        self._f1: list[tuple[float, float, float]] = []
        self._song = gui.add_markdown("*waiting for a score*")
        self._notes = gui.add_markdown("")
        self._gate = gui.add_markdown("*waiting for the gate*")
        nothing = np.zeros(2)
        self._plot = gui.add_uplot(
            (nothing, nothing, nothing),
            (
                {"label": "score [s]"},
                {"label": "F1 so far", "stroke": "#3cc85a", "width": 2},
                {"label": "last second", "stroke": "#888888", "width": 1},
            ),
            scales={"x": {"time": False}, "y": {"range": (0.0, 1.05), "auto": False}},
            aspect=2.0,
            padding=(12, 8, 0, 0),
        )
        gui.add_html(f'<iframe src="{sound_url}" style="{FRAME}"></iframe>')
        self._arm: viser.GuiButtonHandle | None = None
        self._controller: viser.GuiDropdownHandle[str] | None = None
        if controls is not None:
            self._buttons(gui, controls)
            self._choices(gui, controls, songs)
        with gui.add_folder("Timing", expand_by_default=False):
            self._timing = gui.add_markdown("*waiting for diagnostics*")

    def _buttons(self, gui: viser.GuiApi, controls: Controls) -> None:
        pause = gui.add_button("Pause", icon=viser.Icon.PLAYER_PAUSE)
        step = gui.add_button("Step", icon=viser.Icon.PLAYER_TRACK_NEXT, disabled=True)
        again = gui.add_button("Restart", icon=viser.Icon.REPEAT)
        self._arm = gui.add_button("Reset and arm the gate", color="red", visible=False)

        @pause.on_click
        def _(_: object) -> None:
            self._paused = not self._paused
            pause.label = "Go on" if self._paused else "Pause"
            pause.icon = viser.Icon.PLAYER_PLAY if self._paused else viser.Icon.PLAYER_PAUSE
            step.disabled = not self._paused
            controls.set_pause(self._paused)

        @step.on_click
        def _(_: object) -> None:
            controls.step()

        @again.on_click
        def _(_: object) -> None:
            controls.play("")

        @self._arm.on_click
        def _(_: object) -> None:
            controls.arm()

    def _choices(self, gui: viser.GuiApi, controls: Controls, songs: Sequence[str]) -> None:
        song = gui.add_dropdown("Song", options=tuple(songs))
        play = gui.add_button("Play it", icon=viser.Icon.MUSIC)
        controller = gui.add_dropdown("Controller", options=tuple(self._controllers))
        self._controller = controller

        @play.on_click
        def _(_: object) -> None:
            controls.play(song.value)

        @controller.on_update
        def _(event: viser.GuiEvent[viser.GuiDropdownHandle[str]]) -> None:
            if event.client is not None:  # None if set by `show_gate`
                controls.hand_over(controller.value)

    def offer(self, controllers: Sequence[str]) -> None:
        """Set the controllers that can be selected."""
        self._controllers = controllers
        if self._controller is not None:
            self._controller.options = tuple(controllers)
            if self._owner in controllers:
                self._controller.value = self._owner  # type: ignore[misc]  # its setter is not seen

    def show_song(self, title: str, score_time_s: float, duration_s: float, f1: float) -> None:
        """Show title, score time and F1 of the song."""
        time_s = min(max(score_time_s, 0.0), duration_s)
        over = " · over" if score_time_s > duration_s else ""
        f1_text = "-" if np.isnan(f1) else f"{f1:.3f}"
        self._song.content = (
            f"## {html.escape(title)}\n{_clock(time_s)} of {_clock(duration_s)}{over} · "
            f"**F1 {f1_text}**"
        )

    def show_notes(self, metrics: NoteMetrics | None, *, whole: bool) -> None:
        """Show the note metrics of the last minute, or of the whole song; none for None."""
        title = "Whole song" if whole else "Last minute"
        lines = [f"**{title}**", *described_notes(asdict(metrics))] if metrics is not None else []
        self._notes.content = "  \n".join(lines)

    def show_gate(self, state: int, reason: str, owner: str, counts: Mapping[str, int]) -> None:
        """Show state, reason and counters of the gate."""
        name = GateState(state).name
        counters = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
        self._gate.content = f"Gate **{name}**: {html.escape(reason)}  \n{counters}"
        if self._arm is not None:
            self._arm.visible = state not in RUNNING
        if owner != self._owner:  # otherwise this would undo a handover that is still pending
            self._owner = owner
            if self._controller is not None and owner in self._controllers:
                self._controller.value = owner  # type: ignore[misc]  # its setter is not seen

    def add_f1(self, score_time_s: float, so_far: float, last_second: float) -> None:
        """Add a point to the plot; a time before the last point starts a new plot."""
        if self._f1 and score_time_s < self._f1[-1][0]:
            self._f1.clear()
        self._f1.append((score_time_s, so_far, last_second))
        first = next(i for i, p in enumerate(self._f1) if p[0] > score_time_s - PLOTTED_S)
        del self._f1[:first]
        if len(self._f1) > 1:
            points = np.array(self._f1)
            self._plot.data = (points[:, 0], points[:, 1], points[:, 2])

    def show_timing(self, rows: Mapping[str, Mapping[str, str]]) -> None:
        """Show the diagnostics of each node."""
        lines = []
        for node, values in sorted(rows.items()):
            text = ", ".join(f"{name} {value}" for name, value in values.items())
            lines.append(f"**{node}** {html.escape(text)}")
        self._timing.content = "  \n".join(lines)


def _clock(time_s: float) -> str:
    return f"{int(time_s) // 60}:{int(time_s) % 60:02d}"
