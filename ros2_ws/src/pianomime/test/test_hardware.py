import os
import socket

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pianomime.hands.embodiment import embodiment
from pianomime.hardware.emulated_hands import EmulatedHands
from pianomime.hardware.emulated_link import EmulatedLink, LinkConfig
from pianomime.hardware.grid import Grid
from pianomime.hardware.joint_trajectory import Interpolator, JointTrajectory
from pianomime.hardware.keyboard_state import KeyboardState
from pianomime.hardware.midi_bytes import MidiReader, MidiWriter
from pianomime.hardware.midi_port import PortError, open_port
from pianomime.simulation.simulation import MidiEvent, MidiKind
from pianomime.timing import ROBOPIANIST_TIMING


def test_coupled_joints_share_a_controller_and_the_thumbs_do_not(pianomime_hands):
    hands, controllers = pianomime_hands, pianomime_hands.position_controllers
    assert controllers["sh_rh_ffj0_position_controller"] == ("rh_FFJ2", "rh_FFJ1")
    assert controllers["sh_lh_thj1_position_controller"] == ("lh_THJ1",)
    assert controllers["sh_rh_wrj2_position_controller"] == ("rh_WRJ2",)
    assert len(controllers) == 2 * 20, "as many as a hand has motors"
    joints = np.array(hands.joint_names)[~hands.is_slide]
    assert sorted(sum(controllers.values(), ())) == sorted(joints)


EVENTS = st.lists(
    st.builds(
        MidiEvent,
        time_s=st.just(0.0),
        kind=st.sampled_from(MidiKind),
        number=st.integers(21, 108),
        value=st.integers(1, 127),
    )
)


@settings(deadline=None)
@given(events=EVENTS, cuts=st.integers(1, 7))
def test_a_running_status_and_torn_packets_are_read(events, cuts):
    writer, reader = MidiWriter(), MidiReader()
    data = b"".join(writer.write(event) for event in events)
    messages = [m for i in range(0, len(data), cuts) for m in reader.feed(data[i : i + cuts])]
    assert len(messages) == len(events)
    for message, event in zip(messages, events, strict=True):
        if event.kind is MidiKind.CONTROL:
            assert (message.control, message.value) == (event.number, event.value)
        else:
            down = event.kind is MidiKind.NOTE_ON
            assert (message.note, message.velocity) == (event.number, event.value * down)


def test_active_sensing_inside_a_note_changes_nothing():
    reader = MidiReader()
    messages = reader.feed(bytes((0x90, 60, 0xFE, 64, 62, 0xF8, 64, 60, 0)))
    assert [(m.note, m.velocity) for m in messages] == [(60, 64), (62, 64), (60, 0)]


def test_a_keyboards_state_follows_its_messages():
    keyboard = KeyboardState()
    on = mido.Message("note_on", note=60, velocity=80)
    assert keyboard.update(on, 1.0) == MidiEvent(1.0, MidiKind.NOTE_ON, 60, 80)
    assert np.flatnonzero(keyboard.active).tolist() == [39]
    assert keyboard.update(mido.Message("note_on", note=0, velocity=80), 1.0) is None
    keyboard.update(mido.Message("note_on", note=60, velocity=0), 1.0)
    assert not keyboard.active.any()
    keyboard.update(on, 2.0)
    keyboard.update(mido.Message("control_change", control=64, value=127), 2.0)
    assert keyboard.sustain
    keyboard.update(mido.Message("control_change", control=123, value=0), 2.0)
    assert not keyboard.active.any()


def receive_for_ever(port):
    while True:
        port.receive()


def test_a_tcp_keyboard_is_heard_and_missed():
    server = socket.create_server(("127.0.0.1", 0))
    port = open_port(f"tcp:127.0.0.1:{server.getsockname()[1]}")
    peer, _ = server.accept()
    assert port.receive() == []
    peer.sendall(bytes((0x90, 60, 64)))
    peer.close()
    server.close()
    with pytest.raises(PortError, match="hung up"):
        receive_for_ever(port)
    port.close()


def test_a_raw_device_is_read(tmp_path):
    fifo = tmp_path / "midi"
    os.mkfifo(fifo)
    port = open_port(str(fifo))
    with fifo.open("wb", buffering=0) as device:
        device.write(bytes((0x90, 60, 64, 62, 64)))
        assert [m.note for m in port.receive()] == [60, 62]
    port.close()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tcp:nowhere", "must be tcp:HOST:PORT"),
        ("/dev/no_such_device", "No such file"),
        ("no such keyboard", "MIDI"),
    ],
)
def test_a_port_that_is_not_there_is_named(name, message):
    with pytest.raises(PortError, match=message):
        open_port(name)


def test_a_link_is_late_keeps_order_and_loses_its_share():
    link = EmulatedLink(LinkConfig(latency_s=0.01, jitter_s=0.002, loss=0.1), 0)
    arrived = {}
    for i in range(10_000):
        now_s = 0.008 * i
        link.send(i, now_s)
        for item in link.receive(now_s):
            arrived[item] = now_s - 0.008 * item
    assert list(arrived) == sorted(arrived)
    assert 0.08 < 1 - len(arrived) / 10_000 < 0.12
    assert 0.010 < np.mean(list(arrived.values())) < 0.018
    link.is_up = False
    link.send(-1, 100.0)
    assert link.receive(200.0) == []
    link.is_up = True
    assert -1 not in link.receive(200.0), "what is sent into a broken link is lost"


def test_emulated_hands_go_where_they_are_sent_and_stay():
    hands = EmulatedHands(embodiment("pianomime"))
    hands.advance(100.0)
    wrist = hands.joint_names.index("rh_WRJ1")
    hands.move(JointTrajectory(("rh_WRJ1",), np.array([[-0.3]]), (0.1,)))
    path = []
    for step in range(1, 101):
        hands.advance(100.0 + 0.01 * step)
        path.append(hands.joint_position[wrist])
    assert path[0] > -0.05, "it takes its time"
    assert path[-1] == pytest.approx(-0.3, abs=0.05)
    assert abs(path[-1] - path[-20]) < 0.01
    ticks = path[-1] / hands.hands.spec.driver.encoder_rad
    assert ticks == pytest.approx(round(ticks), abs=1e-6), "the encoders are read in whole ticks"
    with pytest.raises(KeyError):
        hands.move(JointTrajectory(("rh_FFJ9",), np.zeros((1, 1)), (0.1,)))


def test_setpoints_go_along_the_newest_line_of_each_joint():
    follower = Interpolator(["a", "b", "c"], np.array([0.0, 10.0, 20.0]))
    both = JointTrajectory(("b", "a"), np.array([[12.0, 1.0], [14.0, 0.0]]), (0.1, 0.3))
    follower.take(both, 5.0)
    seen = [follower.at(5.0 + after_s).tolist() for after_s in (0.0, 0.05, 0.1, 0.2, 0.3, 9.0)]
    expected = [
        *([0.0, 10.0, 20.0], [0.5, 11.0, 20.0], [1.0, 12.0, 20.0]),
        *([0.5, 13.0, 20.0], [0.0, 14.0, 20.0], [0.0, 14.0, 20.0]),
    ]
    assert np.array(seen) == pytest.approx(np.array(expected))
    follower.take(JointTrajectory(("b",), np.array([[9.0]]), (0.2,)), 5.2)  # replaces half of it
    assert follower.at(5.3) == pytest.approx([0.0, 11.0, 20.0])
    follower.take(JointTrajectory(("a",), np.array([[7.0], [8.0]]), (0.0, 0.1)), 5.3)
    assert follower.at(5.3) == pytest.approx([7.0, 11.0, 20.0]), "a point at 0 is in force at once"
    follower.take(JointTrajectory(("c",), np.array([[2.0]]), (0.0,)), 5.35)
    assert follower.at(5.35) == pytest.approx([7.5, 10.0, 2.0])
    with pytest.raises(KeyError, match="d"):
        follower.take(JointTrajectory(("a", "d"), np.zeros((1, 2)), (0.1,)), 5.36)
    assert follower.at(9.0) == pytest.approx([8.0, 9.0, 2.0])


def test_a_grid_is_the_same_for_all_and_rings_once():
    step_s = ROBOPIANIST_TIMING.decision_s
    one, other = Grid(step_s), Grid(step_s)
    times = 1795547539.0 + np.arange(0, 1, 0.007)
    first = [t for t in map(one.tick, times) if t is not None]
    second = [t for t in map(other.tick, times + 0.003) if t is not None]
    assert first == second
    assert np.allclose(np.diff(first), step_s)
