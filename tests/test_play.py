"""The whole stack through the command line: real processes, real topics, a real bag."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import mido
import numpy as np
import pytest
from rosbags.highlevel import AnyReader

from pianomime.fingering.fingering import assign_fingers
from pianomime.hands.embodiment import embodiment
from pianomime.hands.fingers import UNASSIGNED
from pianomime.performance.bag import read_performance
from pianomime.performance.replay import replay
from pianomime.score.midi import load_score, save_midi
from pianomime.score.score import Note, Score
from pianomime.timing import ROBOPIANIST_TIMING
from pianomime_common import conversions, topics

pytestmark = pytest.mark.ros

SHORT = Score.from_notes(
    "short",
    [Note(i * 0.4, i * 0.4 + 0.35, k, 80) for i, k in enumerate((51, 53, 55, 56, 58))]
    + [Note(i * 0.8, i * 0.8 + 0.7, k, 60) for i in range(3) for k in (27, 34)],
)
LONG = Score.from_notes("long", [Note(i * 0.5, i * 0.5 + 0.4, 51 + (i % 5), 80) for i in range(60)])


def messages(bag: Path) -> dict[str, list]:
    found: dict[str, list] = {}
    with AnyReader([bag]) as reader:
        for connection, _, data in reader.messages():
            message = reader.deserialize(data, connection.msgtype)
            found.setdefault(connection.topic, []).append(message)
    return found


def test_a_song_is_played_recorded_and_shown(cli, in_process):
    save_midi(SHORT, cli.folder / "short.mid")
    status, out, err = cli.run("play", "short.mid", "-o", "first")
    assert status == 0, err
    folder = cli.folder / "first"
    files = {path.name for path in folder.iterdir()}
    assert {"bag", "performance.mid", "metrics.json", "pianoroll.png", "log"} <= files
    assert "first" in out

    found = messages(folder / "bag")
    for topic in ("clock", "joint_states", "piano_state", "key_goal", "fingering", "score"):
        assert found[f"/{topic}"], topic
    assert len(found["/score"]) == 1
    assert {note.finger for note in found["/score"][0].notes} == {UNASSIGNED}
    assert len(found["/joint_states"][0].name) == 2 * (24 + 3)
    for command in topics.group_commands(embodiment("pianomime")):
        assert found[f"/{command.name}"], command.name
    clock = [
        message.clock.sec * 1000 + message.clock.nanosec // 10**6 for message in found["/clock"]
    ]
    assert sorted(set(clock)) == list(range(1000, max(clock) + 1, 50)), "no step is missing"

    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["f1"] > 0.8
    assert not metrics["interrupted"]
    performance = read_performance(folder / "bag")
    score = load_score(cli.folder / "short.mid")
    fingered = assign_fingers(score, ROBOPIANIST_TIMING, embodiment("pianomime"))
    assert performance.score == fingered, "with the expert's fingers"
    again = replay(folder / "bag")
    assert again.difference == ""
    assert metrics["f1"] == pytest.approx(again.replayed.metrics()["f1"], abs=1e-9)
    assert metrics["f1"] == pytest.approx(performance.metrics()["f1"], abs=1e-9)
    status, out, err = in_process("replay", "first")
    assert (status, "identical" in out) == (0, True), err

    status, _, err = cli.run("play", "short.mid", "-o", "second", "--no-video")
    assert status == 0, err
    again = cli.folder / "second/performance.mid"
    assert (folder / "performance.mid").read_bytes() == again.read_bytes()


def kill_and_await_successor(cli, node: str) -> None:
    pid = cli.pid_of(node)
    os.kill(pid, signal.SIGKILL)
    cli.wait_until(lambda: cli.pid_of(node) not in (None, pid), 30, f"a new {node}")


def test_killed_and_hung_nodes_are_replaced_and_nothing_is_lost(cli, planned_f1):
    save_midi(LONG, cli.folder / "long.mid")
    process = cli.start("play", "long.mid", "-o", "out", "--no-video")
    try:
        cli.await_mid_song("out")
        for node in ("expert", "gate", "goals"):
            kill_and_await_successor(cli, node)
        log = cli.folder / "out/log/expert.log"
        cli.wait_until(lambda: log.read_text().count("planned") == 2, 40, "a second plan")
        os.kill(cli.pid_of("expert"), signal.SIGSTOP)
        cli.wait_until(lambda: log.read_text().count("planned") == 3, 60, "a third plan")
        out, err = process.communicate(timeout=120)
    finally:
        process.kill() if process.poll() is None else None
    assert process.returncode == 0, err
    assert "expert hangs; it is killed" in out + err
    metrics = json.loads((cli.folder / "out/metrics.json").read_text())
    performance = read_performance(cli.folder / "out/bag")
    assert metrics["steps"] == len(performance.goal_keys) > 500
    assert metrics["f1"] == pytest.approx(planned_f1(LONG), abs=1e-3)


def test_a_killed_recorder_costs_the_end_of_the_bag_alone(cli):
    save_midi(LONG, cli.folder / "long.mid")
    process = cli.start("play", "long.mid", "-o", "out", "--no-video")
    try:
        log, bag = cli.folder / "out/log/expert.log", cli.folder / "out/bag/bag_0.mcap"
        size = lambda: bag.stat().st_size if bag.exists() else 0  # noqa: E731
        planned = lambda: log.exists() and "planned" in log.read_text()  # noqa: E731
        cli.wait_until(planned, 60, "the song is planned")
        began = size()
        cli.wait_until(lambda: size() > began + (2 << 20), 60, "a chunk is of the song alone")
        os.kill(cli.pid_of("recorder"), signal.SIGKILL)
        _, err = process.communicate(timeout=120)
    finally:
        process.kill() if process.poll() is None else None
    assert process.returncode == 0, err
    assert "the recorder failed" in err
    metrics = json.loads((cli.folder / "out/metrics.json").read_text())
    assert metrics["lost"] == ["recorder"]
    assert metrics["steps"] > 5, "a chunk"


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of 3 MiB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("may not mount a file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_costs_the_end_of_the_bag_and_no_hand(cli, in_process, tiny_disk):
    save_midi(LONG.until(20.0), cli.folder / "long.mid")
    status, _, err = cli.run("play", "long.mid", "-o", str(tiny_disk / "out"), "--no-video")
    assert status == 2
    assert "No space left on device" in err
    assert "Traceback" not in err
    assert "pianomime recover" in err
    status, _, err = in_process("recover", str(tiny_disk / "out/bag"), "-o", "recovered")
    assert status == 0, err
    assert read_performance(cli.folder / "recovered").metrics()["recall"] > 0


def test_the_online_planner_plays_too_and_can_be_killed(cli):
    save_midi(LONG.until(15.0), cli.folder / "long.mid")
    process = cli.start("play", "long.mid", "--controller", "planner", "-o", "out", "--no-video")
    try:
        cli.await_mid_song("out")
        kill_and_await_successor(cli, "planner")
        _, err = process.communicate(timeout=180)
    finally:
        process.kill() if process.poll() is None else None
    assert process.returncode == 0, err
    assert json.loads((cli.folder / "out/metrics.json").read_text())["f1"] > 0.9
    published: dict[int, int] = {}
    for message in messages(cli.folder / "out/bag")["/fingering"]:
        assert message.source == "planner"
        published |= conversions.from_fingering(message)
    score = read_performance(cli.folder / "out/bag").score
    assert {i: note.finger for i, note in enumerate(score.notes)} == published, "its own fingers"


def test_what_was_learned_is_played(cli):
    save_midi(SHORT, cli.folder / "short.mid")
    status, out, err = cli.run("learn", "short.mid", "-o", "short.npz", "--rollouts", "4")
    assert status == 0, err
    learned_f1, learned_note_f1 = (
        float(re.search(rf"{name} [\d.]+ planned, ([\d.]+) learned", out)[1])
        for name in ("short: F1", "short: note F1")
    )
    status, _, err = cli.run(
        "play", "short.mid", "--learned", "short.npz", "-o", "out", "--no-video"
    )
    assert status == 0, err
    metrics = json.loads((cli.folder / "out/metrics.json").read_text())
    assert metrics["f1"] == pytest.approx(learned_f1, abs=1.1e-3)
    assert metrics["note_f1"] == pytest.approx(learned_note_f1, abs=1.1e-3)
    status, _, err = cli.run("play", "twinkle", "--learned", "short.npz", "-o", "other")
    assert status == 2
    assert "learned for score 'short'" in err
    timing = ("--command-s", "0.05")
    status, _, err = cli.run("play", "short.mid", "--learned", "short.npz", "-o", "other", *timing)
    assert status == 2
    assert (
        "the learned performance has a decision every 0.05 s with a target every 0.01 s; this"
        in err
    )
    # What residual learning goes on from is for these hands alone, too.
    (cli.folder / "more.training").mkdir()
    (cli.folder / "short.npz").rename(cli.folder / "more.training/plan.npz")
    arguments = ("--residual-steps", "10", "--embodiment", "robopianist")
    status, _, err = cli.run("learn", "short.mid", "-o", "more.npz", *arguments)
    assert status == 2
    assert "robopianist" in err
    assert "plan.npz" in err or "learned" in err


def test_a_clip_that_is_not_there_is_named(refuse, tmp_path):
    np.savez(
        tmp_path / "clips.npz",
        roll=np.zeros((20, 11), np.uint8),
        finger_key=np.zeros((20, 10), np.uint8),
        fingertips=np.zeros((20, 12, 3), np.float16),
        episode_ends=np.array([10, 20]),
        split=np.array(["test", "train"]),
    )
    err = refuse("bench", "clips", "clips.npz", "--clips", "1")
    assert "clip 1 is not in split 'test'; there are: 0" in err


def test_ctrl_c_lifts_the_fingers_and_closes_the_bag(cli, graph, refuse):
    """Meanwhile the domain is not given to a second graph."""
    save_midi(LONG, cli.folder / "long.mid")
    process = cli.start("play", "long.mid", "-o", "out", "--no-video", "--real-time")
    graph.until(lambda: graph.pressed_s, "the first key is down")
    err = refuse("play", "long.mid", "-o", "two")
    assert f"ROS domain {cli.domain} is in use by process {process.pid}" in err
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "had to be killed" not in err
    folder = cli.folder / "out"
    assert json.loads((folder / "metrics.json").read_text())["interrupted"]
    performance = read_performance(folder / "bag")
    assert 10 < len(performance.goal_keys) < 500
    assert performance.active.any(), "it was playing"
    assert not performance.active[-1].any(), "no key is held at the end"
    wrist = performance.joint_names.index("rh_WRJ1")
    assert performance.joint_position[-1, wrist] < -0.3, "the hand is lifted"


def test_real_time_keeps_the_beat(cli):
    save_midi(SHORT, cli.folder / "short.mid")
    status, _, err = cli.run("play", "short.mid", "-o", "out", "--no-video", "--real-time")
    assert status == 0, err
    metrics = json.loads((cli.folder / "out/metrics.json").read_text())
    assert metrics["real_time_factor"] == pytest.approx(1.0, abs=0.15)
    assert metrics["f1"] > 0.7


def test_an_excerpt_of_chosen_parts_is_played(cli):
    band = mido.MidiFile(ticks_per_beat=480)
    for channel, (program, pitches) in enumerate(((0, (60, 62, 64, 65)), (33, (40, 19, 40, 43)))):
        track = band.add_track()
        track.append(mido.Message("program_change", channel=channel, program=program))
        for pitch in pitches:
            track.append(mido.Message("note_on", channel=channel, note=pitch, velocity=70))
            track.append(mido.Message("note_off", channel=channel, note=pitch, time=480))
    name = os.fsdecode(b"b\xe4nd %s.mid")  # not UTF-8
    band.save(cli.folder / name)
    options = ("--tracks", "1,2", "--from", "0.5", "--to", "1.5", "-o", "out", "--no-video")
    status, _, err = cli.run("play", name, *options)
    assert status == 0, err
    assert "1 moved by an octave onto the keyboard" in err
    assert (cli.folder / "out/changes.txt").read_text().split() == (
        ["0.000", "s", "G0", "moved", "by", "an", "octave", "onto", "the", "keyboard"]
    )
    played = read_performance(cli.folder / "out/bag").score
    assert [(n.onset_s, n.key) for n in played.notes] == [
        (0.0, 10),
        (0.0, 41),
        (0.5, 19),
        (0.5, 43),
    ]


BAD = {
    "no such piece": (["play", "nothing"], "no piece 'nothing'; there are: au_clair"),
    "missing file": (["play", "gone.mid"], "gone.mid: No such file"),
    "not MIDI": (["play", "text.mid"], "text.mid: not a"),
    "embodiment": (["play", "--embodiment", "nothing"], "unknown embodiment 'nothing'; there are:"),
    "number": (["play", "--transpose", "x"], "transpose = 'x': must be a whole number"),
    "timing": (["play", "--command-s", "0.03"], "decision_s = 0.05: must be a multiple of"),
    "off the keyboard": (["play", "twinkle", "--transpose", "60"], "outside A0-C8"),
    "part": (["play", "twinkle", "--tracks", "9"], "twinkle: no part 9; there are: 1 piano"),
    "excerpt": (["play", "twinkle", "--from", "3", "--to", "2"], "to_s = 2: must be after from_s"),
    "output exists": (["play", "-o", "here"], "here: exists already"),
    "unwritable": (["play", "-o", "text.mid/out"], "text.mid/out: Not a directory"),
    "no bag": (["render", "gone", "-o", "out"], "gone: no bag there"),
    "not a bag": (["render", "here", "-o", "out"], "here: not a readable bag"),
    "not learned": (["play", "--learned", "text.mid"], "text.mid: not a learned performance"),
    "not a policy": (
        ["play", "--controller", "policy", "--checkpoint", "text.mid"],
        "text.mid: not a policy",
    ),
    "no such policy": (
        ["play", "--controller", "policy", "--embodiment", "robopianist"],
        "no policy for embodiment 'robopianist'; there are policies for pianomime",
    ),
    "learn what": (["learn", "no_such", "-o", "x.npz"], "no piece 'no_such'"),
    "learn over": (["learn", "twinkle", "-o", "text.mid"], "text.mid: exists already"),
    "no clips": (["bench", "clips", "text.mid"], "text.mid: not a file of clips"),
    "nothing to learn": (
        ["bench", "repertoire", "--rollouts", "9"],
        "--rollouts 9: is for --controller learned alone",
    ),
    "no files": (["bench", "files", "here"], "here: no .mid, .midi, .kar, "),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gives_one_line_and_status_2(refuse, tmp_path, case):
    (tmp_path / "here").mkdir()
    (tmp_path / "text.mid").write_text("not music")
    arguments, message = BAD[case]
    err = refuse(*arguments)
    assert re.fullmatch(r"pianomime: [^\n]*\n", err), err
    assert message in err


def test_a_domain_that_is_no_domain_is_refused(cli):
    cli.environment["ROS_DOMAIN_ID"] = "999"
    status, _, err = cli.run("play", "-o", "out")
    assert (status, err) == (2, "pianomime: ROS_DOMAIN_ID = '999': must be a number in [0, 232]\n")
    assert not (cli.folder / "out").exists()


def test_a_graph_that_somebody_else_started_is_refused(cli, refuse):
    command = [sys.executable, "-m", "pianomime_sim.sim_node"]
    sim = cli.popen(command)
    lock = Path(tempfile.gettempdir(), f"pianomime-{os.getuid()}-sim-domain-{cli.domain}.lock")
    try:
        cli.wait_until(lambda: lock.exists() and lock.read_text() == str(sim.pid), 30, "sim is up")
        err = refuse("play", "twinkle", "-o", "out", "--no-video")
    finally:
        sim.send_signal(signal.SIGINT)
        sim.wait(timeout=20)
    assert f"ROS domain {cli.domain} is in use by process {sim.pid}" in err
