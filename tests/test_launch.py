"""Launch files with the real launch and launch_ros, where those are installed."""

import dataclasses
import json
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import rclpy

from pianomime.performance.bag import read_performance
from pianomime.score.midi import save_midi
from pianomime.score.score import Note, Score
from pianomime_bringup.perception_graph import PerceptionGraphConfig
from pianomime_bringup.pianist import PianistConfig
from pianomime_bringup.replay_graph import ReplayConfig
from pianomime_common import topics
from pianomime_msgs import msg

pytestmark = [
    pytest.mark.ros,
    pytest.mark.skipif(
        find_spec("launch_ros") is None, reason="launch_ros is not installed (PyPI has none)"
    ),
]

LAUNCH = Path(__file__).parents[1] / "launch"
SHORT = Score.from_notes("short", [Note(0.4 * i, 0.4 * i + 0.35, 51 + 2 * i) for i in range(5)])
RUN = """
import sys
from launch import LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource

service = LaunchService(argv=sys.argv[2:])
arguments = [argument.split(":=") for argument in sys.argv[2:]]
source = PythonLaunchDescriptionSource(sys.argv[1])
service.include_launch_description(IncludeLaunchDescription(source, launch_arguments=arguments))
sys.exit(service.run())
"""


def launch(cli, name, *arguments):
    return cli.popen(
        [sys.executable, "-c", RUN, str(LAUNCH / f"{name}.launch.py"), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("pianist", PianistConfig),
        ("perception", PerceptionGraphConfig),
        ("replay", ReplayConfig),
        ("hardware", None),
    ],
)
def test_every_argument_is_described(name, config):
    from launch.launch_description_sources import get_launch_description_from_python_launch_file

    path = str(LAUNCH / f"{name}.launch.py")
    arguments = get_launch_description_from_python_launch_file(path).get_launch_arguments()
    assert all(argument.description for argument in arguments)
    names = {argument.name for argument in arguments}
    assert {"namespace", "params_file", "log_level"} <= names
    if config is not None:
        assert names == {field.name for field in dataclasses.fields(config)}


def test_a_launched_pianist_plays_as_the_command_does(cli, observer):
    save_midi(SHORT, cli.folder / "short.mid")
    status, _, err = cli.run("play", "short.mid", "-o", "played", "--no-video")
    assert status == 0, err
    over = []
    topic = topics.KEY_GOAL
    observer.create_subscription(
        topic.type,
        topic.name,
        lambda goal: over.append(goal) if goal.phase == msg.KeyGoal.FINISHED else None,
        topic.qos,
    )
    process = launch(cli, "pianist", "song:=short.mid", "record:=bag", "log_level:=warn")
    try:
        cli.wait_until(
            lambda: rclpy.spin_once(observer, timeout_sec=0.1) or over, 90, "the song is over"
        )
    finally:
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, out
    metrics = read_performance(cli.folder / "bag").metrics()
    assert metrics["f1"] == json.loads((cli.folder / "played/metrics.json").read_text())["f1"]


@pytest.mark.parametrize(
    ("name", "argument", "what"),
    [
        ("pianist", "song:=nowhere.mid", "nowhere.mid"),
        ("pianist", "params_file:=nowhere.yaml", "nowhere.yaml"),
        ("hardware", "backend:=hardware", "midi_port"),
        ("replay", "bag:=nowhere", "nowhere"),
    ],
)
def test_what_cannot_be_is_named_and_nothing_starts(cli, name, argument, what):
    process = launch(cli, name, argument)
    try:
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode != 0
    assert what in out
    assert "process started" not in out
