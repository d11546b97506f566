"""What the live view shows, without a browser."""

from unittest.mock import Mock

import numpy as np
import pytest
import viser

from pianomime.description.posed_stage import PosedStage
from pianomime.hands.embodiment import embodiment
from pianomime.metrics.notes import note_metrics
from pianomime.metrics.scorekeeper import Scorekeeper
from pianomime.safety.gate_types import GateState
from pianomime.score.score import Note, Score
from pianomime.viewer.falling_notes import AHEAD_S, ARRIVAL_M, NO_HAND, FallingNotes
from pianomime.viewer.falling_notes import LEFT as LEFT_HAND
from pianomime.viewer.falling_notes import RIGHT as RIGHT_HAND
from pianomime.viewer.motion import Instant, Motion
from pianomime.viewer.panel import Controls, Panel
from pianomime.viewer.stage_scene import BLACK, MISSED, RIGHT, WHITE, WRONG, StageScene

LAYOUT = embodiment("pianomime").layout


@pytest.fixture
def server():
    server = viser.ViserServer(host="127.0.0.1", port=18970, verbose=False)
    yield server
    server.stop()


@pytest.fixture
def scene(server):
    return server.scene


def instant(stamp_s, value):
    none = np.zeros(88, bool)
    return Instant(stamp_s, np.full(3, value), np.full(88, value), 10 * value, none, none)


def test_it_goes_from_state_to_state_one_step_behind():
    motion = Motion()
    assert motion.at(0.0) is None
    motion.take(instant(1.0, 0.0), 5.0)
    assert motion.at(9.0).joint_position[0] == 0.0
    motion.take(instant(1.05, 1.0), 5.06)
    assert motion.at(5.06).joint_position[0] == pytest.approx(0.0)
    assert motion.at(5.085).key_position[7] == pytest.approx(0.5)
    assert motion.at(5.085).score_time_s == pytest.approx(5.0)
    assert motion.at(8.0).joint_position[0] == 1.0


def test_a_paused_simulation_stands_still():
    motion = Motion()
    motion.take(instant(1.0, 0.0), 5.0)
    motion.take(instant(1.05, 1.0), 5.05)
    motion.take(instant(1.05, 1.0), 5.25)  # it repeats itself
    assert motion.at(5.26).joint_position[0] == 1.0


def test_only_what_has_moved_is_sent(scene, pianomime_hands, monkeypatch):
    stage = PosedStage(pianomime_hands)
    shown = StageScene(scene, stage)
    sent = []
    monkeypatch.setattr(
        viser.FrameHandle,
        "position",
        property(lambda _: None, lambda handle, value: sent.append(handle.name)),
    )
    shown.move()
    assert sent == []
    hands = np.zeros(len(stage.hands.joint_names))
    hands[stage.hands.joint_names.index("rh_FFJ1")] = 0.3
    stage.place(hands, np.zeros(88))
    shown.move()
    assert sent == ["/stage/rh_shadow_hand_rh_ffdistal"]


def test_keys_are_coloured_by_what_they_should_do(scene, pianomime_hands):
    shown = StageScene(scene, PosedStage(pianomime_hands))
    goal_keys, active = np.zeros(88, bool), np.zeros(88, bool)
    goal_keys[[0, 2]] = active[[0, 3]] = True
    shown.colour(goal_keys, active)
    colours = [tuple(handle.color) for handle in shown._keys[:5]]
    assert colours == [RIGHT, BLACK, MISSED, WRONG, BLACK]
    shown.colour(np.zeros(88, bool), np.zeros(88, bool))
    assert [tuple(handle.color) for handle in shown._keys[:2]] == [WHITE, BLACK]


def test_notes_arrive_with_their_onset_and_hide_until_near(scene):
    score = Score.from_notes("two", [Note(0.0, 1.0, 40), Note(9.0, 10.0, 50)])
    notes = FallingNotes(scene, score, LAYOUT)
    notes.show(0.0)
    assert np.allclose(notes._root.position, ARRIVAL_M)
    assert [handle.visible for _, handle in notes._chunks] == [True, False]
    notes.show(9.0 - AHEAD_S)
    assert [handle.visible for _, handle in notes._chunks] == [True, True]
    assert notes._root.position[2] < ARRIVAL_M[2]


def test_notes_take_the_colour_of_the_hand_that_plays_them(scene):
    score = Score.from_notes("two", [Note(0.0, 1.0, 40), Note(0.5, 1.0, 50), Note(9.0, 10.0, 50)])
    notes = FallingNotes(scene, score, LAYOUT)
    notes.colour(score.with_fingers([0, 9, -1]))
    colours = [handle.batched_colors.tolist() for _, handle in notes._chunks]
    assert colours == [[[*LEFT_HAND], [*RIGHT_HAND]], [[*NO_HAND]]]


def test_a_later_controller_can_be_chosen_and_is_shown(server):
    controls = Mock(spec=Controls)
    panel = Panel(server.gui, controls, ["twinkle"], ["expert"], "http://127.0.0.1")
    panel.show_gate(GateState.ACTIVE, "mine plays", "mine", {})
    panel.offer(["expert", "mine"])
    assert panel._controller.options == ("expert", "mine")
    assert panel._controller.value == "mine"
    panel.offer(["expert"])
    assert panel._controller.value == "expert"
    controls.hand_over.assert_not_called()


def test_note_metrics_are_shown_until_another_song_begins(server):
    panel = Panel(server.gui, None, [], [], "http://127.0.0.1")
    notes = [Note(0.0, 0.5, 40), Note(1.0, 1.5, 41)]
    panel.show_notes(note_metrics(Score.from_notes("two", notes), notes[:1]), whole=True)
    assert panel._notes.content.startswith("**Whole song**  \nnotes: F1 0.667")
    assert "0.0 strikes too many, 50.0 missing" in panel._notes.content
    panel.show_notes(None, whole=False)
    assert panel._notes.content == ""


def test_the_scorekeeper_matches_by_instant():
    keeper = Scorekeeper()
    goal_keys = np.zeros(88, bool)
    goal_keys[40] = True
    assert np.isnan(keeper.f1)
    assert keeper.press(goal_keys, 1.0) is None, "nothing was wanted then"
    keeper.expect(goal_keys, 1.05)
    keeper.expect(goal_keys, 1.10)
    assert np.array_equal(keeper.press(goal_keys, 1.05000001), goal_keys)
    keeper.press(np.zeros(88, bool), 1.10)
    assert keeper.f1 == pytest.approx(0.5)
