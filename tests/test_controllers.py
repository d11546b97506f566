"""Controllers of other packages: known by name, and added to a graph that runs."""

import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rosbags.rosbag2 import Reader

from pianomime.score.midi import save_midi
from pianomime.score.score import Note, Score

pytestmark = pytest.mark.ros

ROOT = Path(__file__).parents[1]
KEYS = (39, 41, 43, 44, 46, 46, 44, 43)
TUNE = Score.from_notes(
    "tune", [Note(0.5 * i, 0.5 * i + 0.45, key, 80) for i, key in enumerate(KEYS)]
)
SIM, GOALS = "pianomime_sim.sim_node", "pianomime_goals.goals_node"
GATE, EXPERT = "pianomime_control.gate_node", "pianomime_control.expert_node"
RECORDER, VIEW = "pianomime_recorder.recorder_node", "pianomime_view.view_node"
MINE = "my_controller.my_controller_node"


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """The folder that the example is installed to."""
    folder = tmp_path_factory.mktemp("example")
    shutil.copytree(ROOT / "examples/my_controller", folder / "source")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--no-build-isolation", "--target", folder / "site", folder / "source"),
        ],
        check=True,
    )
    return folder / "site"


def add_to_path(cli, folder):
    path = cli.environment["PYTHONPATH"]
    cli.environment["PYTHONPATH"] = f"{folder}:{path}"


def test_an_installed_controller_is_known_by_name(cli, example):
    add_to_path(cli, example)
    (cli.folder / "songs").mkdir()
    save_midi(TUNE, cli.folder / "songs/tune.mid")
    named = ("--controller", "my_controller", "-o")
    status, _, err = cli.run("bench", "files", "songs", "--processes", "1", *named, "results")
    assert status == 0, err
    assert json.loads((cli.folder / "results/summary.json").read_text())["f1"] > 0.9
    status, _, err = cli.run("play", "songs/tune.mid", "--no-video", *named, "played")
    assert status == 0, err
    assert json.loads((cli.folder / "played/metrics.json").read_text())["f1"] > 0.9
    with Reader(cli.folder / "played/bag") as bag:
        assert bag.topics["/my_controller/command"].msgcount > 100
    status, _, err = cli.run("security", "-o", "policy.xml", "--standby", "my_controller")
    assert status == 0, err
    assert "my_controller/command" in (cli.folder / "policy.xml").read_text()
    document = [sys.executable, ROOT / "tools/document.py"]
    page = subprocess.run(
        [*document, "my_controller"],
        env=cli.environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "| `my_controller/command` | trajectory_msgs/JointTrajectory |" in page
    subprocess.run([*document, "--check"], env=cli.environment, check=True)


def test_a_broken_controller_is_named_and_others_play(cli):
    info = cli.folder / "their_robot-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their_robot\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[pianomime.controllers]\nmine = their_robot:ROW\n")
    (cli.folder / "their_robot.py").write_text("raise ValueError('no arm is connected')\n")
    add_to_path(cli, cli.folder)
    why = (
        "pianomime: controller 'mine' of package their_robot (their_robot:ROW): "
        "ValueError: no arm is connected\n"
    )
    for arguments in (
        ["play", "--controller", "mine", "-o", "out"],
        ["play", "--standby", "mine", "-o", "out"],
        ["bench", "repertoire", "--controller", "mine", "-o", "out"],
    ):
        assert cli.run(*arguments) == (2, "", why)
        assert not (cli.folder / "out").exists()
    (cli.folder / "songs").mkdir()
    save_midi(TUNE.until(0.5), cli.folder / "songs/short.mid")
    planner = ["--controller", "planner", "--processes", "1"]
    status, out, err = cli.run("bench", "files", "songs", *planner)
    assert status == 0, err
    assert why in err
    assert re.search(r"^songs +1$", out, re.MULTILINE)
    status, out, err = cli.run("controllers")
    assert (status, err) == (0, why)
    assert all(name in out for name in ("expert", "planner", "policy"))


def test_a_later_controller_is_added_to_a_running_graph(graph, example, port):
    add_to_path(graph.cli, example)
    graph.start(SIM, real_time=True)
    graph.start(GOALS, use_sim_time=True, song="minuet_in_g")
    patient = {"silence_s": 0.25, "state_timeout_s": 2.0, "guard_hands": False, "auto_arm": True}
    graph.start(GATE, use_sim_time=True, **patient)
    graph.start(EXPERT, use_sim_time=True)
    graph.start(RECORDER, use_sim_time=True, bag="bag")
    graph.until(lambda: len(graph.pressed_s) > 10, "the expert plays")
    graph.start(MINE, use_sim_time=True)
    graph.until(lambda: "my_controller" in graph.heard, "the later controller is there")

    both = "expert,my_controller"
    for values, why in (
        ({"sources": "my_controller"}, "owner = 'expert': must be one of my_controller"),
        ({"sources": both, "owner": "nobody"}, "owner = 'nobody': must be one of expert,my_contr"),
        ({"sources": "expert,my controller"}, "'my controller' must be letters, digits and _"),
        ({"sources": ""}, "must name at least one controller"),
    ):
        answer = graph.set_parameters("gate", **values)
        assert not answer.successful
        assert why in answer.reason
    assert readers(graph, "my_controller") == set(), "all or none"

    assert graph.set_parameters("recorder", sources=both).successful
    assert graph.set_parameters("gate", sources=both, owner="my_controller").successful
    graph.until(lambda: "my_controller plays" in graph.states[-1].reason, "it plays")
    heard = len(graph.pressed_s)
    graph.until(lambda: len(graph.pressed_s) > heard + 10, "keys are pressed again")
    assert readers(graph, "my_controller") == {"gate", "recorder"}

    assert graph.set_parameters("gate", sources="my_controller").successful
    graph.until(lambda: "gate" not in readers(graph, "expert"), "the expert is heard no more")
    graph.stop(RECORDER, signal.SIGINT)
    with Reader(graph.cli.folder / "bag") as bag:
        assert bag.topics["/my_controller/command"].msgcount > 10

    graph.start(VIEW, port=port)
    graph.until(lambda: "view" in graph.heard, "the view is there")
    assert graph.set_parameters("view", sources=both).successful
    assert graph.stop(VIEW, signal.SIGINT) == 0


def readers(graph, source):
    """Return the names of the nodes of the graph that listen to a controller."""
    found = graph.observer.get_subscriptions_info_by_topic(f"/{source}/command")
    return {info.node_name for info in found} - {graph.observer.get_name()}
