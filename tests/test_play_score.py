"""The action `play_score`: songs one after the other on the same graph."""

import sys

import pytest
import rclpy
from action_msgs.msg import GoalStatus
from rclpy.action import ActionClient

from pianomime.score.midi import save_midi
from pianomime.score.score import Note, Score
from pianomime_common import topics
from pianomime_goals.goals_config import GoalsConfig
from pianomime_msgs.action import PlayScore

pytestmark = pytest.mark.ros

TIMEOUT_S = 120.0

NODES = {
    "pianomime_goals.goals_node": {"use_sim_time": "true", "song": "none"},
    "pianomime_control.gate_node": {
        "use_sim_time": "true",
        "auto_arm": "true",
        "lock_step": "true",
    },
    "pianomime_control.expert_node": {"use_sim_time": "true"},
    "pianomime_sim.sim_node": {},
}
SHORT = Score.from_notes(
    "short", [Note(i * 0.4, i * 0.4 + 0.35, k, 80) for i, k in enumerate((51, 53, 55, 56))]
)
LONG = Score.from_notes("long", [Note(i * 0.5, i * 0.5 + 0.4, 51 + (i % 5), 80) for i in range(60)])


@pytest.fixture
def client(cli, observer, tmp_path):
    """A client of a graph that waits for a song."""
    for score in (SHORT, LONG):
        save_midi(score, tmp_path / f"{score.title}.mid")
    processes = []
    for module, parameters in NODES.items():
        command = [sys.executable, "-m", module, "--ros-args"]
        for name, value in parameters.items():
            command += ["-p", f"{name}:={value}"]
        processes.append(cli.popen(command))
    client = ActionClient(observer, PlayScore, "play_score")
    assert client.wait_for_server(TIMEOUT_S)
    heard = []
    topic = topics.PIANO_STATE
    observer.create_subscription(topic.type, topic.name, heard.append, topic.qos)
    cli.wait_until(
        lambda: rclpy.spin_once(observer, timeout_sec=0.1) or heard, TIMEOUT_S, "a piano is there"
    )

    def is_ready():
        handle = send(observer, client, "no_such_piece")
        return handle.accepted and result_of(observer, handle)

    cli.wait_until(is_ready, TIMEOUT_S, "the goals node has heard the piano, too")
    yield client
    client.destroy()
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(20)


def send(observer, client, song, feedback=None, **options):
    goal = PlayScore.Goal(song=song, **options)
    future = client.send_goal_async(goal, feedback_callback=feedback)
    rclpy.spin_until_future_complete(observer, future, timeout_sec=TIMEOUT_S)
    return future.result()


def result_of(observer, handle):
    future = handle.get_result_async()
    rclpy.spin_until_future_complete(observer, future, timeout_sec=TIMEOUT_S)
    return future.result()


def test_two_songs_are_played_on_one_graph_and_bad_ones_reported(client, observer, tmp_path):
    answer = result_of(observer, send(observer, client, "no_such_piece"))
    assert answer.status == GoalStatus.STATUS_ABORTED
    assert "no_such_piece" in answer.result.message
    answer = result_of(observer, send(observer, client, str(tmp_path / "short.mid"), stretch=1e9))
    assert answer.status == GoalStatus.STATUS_ABORTED
    assert "stretch = 1000000000.0: must be in [0.1, 10]" in answer.result.message
    heard = []
    for from_s in (0.0, 0.4):
        for _ in range(3):
            heard.clear()
            short = str(tmp_path / "short.mid")
            handle = send(observer, client, short, heard.append, from_s=from_s)
            answer = result_of(observer, handle)
            if answer.status != GoalStatus.STATUS_UNKNOWN:
                break  # rclpy's server rarely says of a goal that has just ended: never heard of it
        assert answer.status == GoalStatus.STATUS_SUCCEEDED, answer.result.message
        assert answer.result.f1 > 0.9
        times_s = [message.feedback.score_time_s for message in heard]
        tail_s = GoalsConfig().tail_s
        assert min(times_s) < 0
        assert max(times_s) == pytest.approx(SHORT.duration_s - from_s + tail_s, abs=0.11)


def test_a_cancelled_song_ends_with_the_keys_up(cli, client, observer, tmp_path):
    """While it lasts, a second song is refused."""
    active, times_s = [], []
    observer.create_subscription(
        topics.PIANO_STATE.type,
        topics.PIANO_STATE.name,
        lambda message: active.append(any(message.active)),
        topics.PIANO_STATE.qos,
    )
    handle = send(
        observer,
        client,
        str(tmp_path / "long.mid"),
        lambda message: times_s.append(message.feedback.score_time_s),
    )
    assert handle.accepted
    spin = lambda: rclpy.spin_once(observer, timeout_sec=0.1)  # noqa: E731
    cli.wait_until(lambda: spin() or (active and active[-1]), TIMEOUT_S, "a key is pressed")
    assert not send(observer, client, str(tmp_path / "short.mid")).accepted
    rclpy.spin_until_future_complete(observer, handle.cancel_goal_async(), timeout_sec=TIMEOUT_S)
    answer = result_of(observer, handle)
    assert answer.status == GoalStatus.STATUS_CANCELED
    assert "cancelled at" in answer.result.message
    assert max(times_s) < LONG.duration_s
    cli.wait_until(lambda: spin() or not active[-1], TIMEOUT_S, "the keys are up")
