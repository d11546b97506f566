"""Video source and perception as nodes: a video in, hands on the keyboard out."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import rclpy
from sensor_msgs.msg import Image

from pianomime.perception.keyboard.keyboard_picture import Camera, draw_keyboard
from pianomime_common import topics
from pianomime_msgs.msg import VideoState

TIMEOUT_S = 60.0
EXAMPLE = Path(__file__).parents[2] / "shared/data/stan_1/video.mp4"

pytestmark = pytest.mark.ros


@pytest.fixture
def start(cli, tmp_path):
    """Start a node of perception with parameters; all are ended."""
    processes = []

    def begin(node, **parameters):
        command = [sys.executable, "-m", f"pianomime_perception.{node}_node", "--ros-args"]
        for name, value in parameters.items():
            command += ["-p", f"{name}:={value}"]
        with (tmp_path / f"{node}.log").open("wb") as log:
            processes.append(subprocess.Popen(command, env=cli.environment, stderr=log))
        return processes[-1]

    yield begin
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(20)


@pytest.fixture
def heard(observer):
    """Collect what perception says."""
    messages = {topic.name: [] for topic in topics.PERCEPTION}
    for topic in topics.PERCEPTION:
        observer.create_subscription(topic.type, topic.name, messages[topic.name].append, topic.qos)
    return messages


def drawn_video(path):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 25.0, (1280, 720))
    for seed in range(100):
        gray = draw_keyboard(Camera().view(), 1.0, 0.1, seed // 10)
        writer.write(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR))
    writer.release()


def spin_until(cli, observer, condition, what):
    def check():
        rclpy.spin_once(observer, timeout_sec=0.1)
        return condition()

    cli.wait_until(check, TIMEOUT_S, what)


def test_a_file_is_played_to_its_end_and_its_keyboard_found(cli, observer, heard, start, tmp_path):
    drawn_video(tmp_path / "video.mp4")
    start("perception", still_every_s=0.2, stills=5)
    landmarks, states = heard["hand_landmarks"], heard["video_state"]
    spin_until(
        cli, observer, lambda: observer.count_subscribers("image_raw") > 1, "perception listens"
    )
    start("video_source", source=tmp_path / "video.mp4")
    spin_until(cli, observer, lambda: landmarks and landmarks[-1].calibrated, "calibrated")
    assert np.isinf(landmarks[-1].age).all(), "there are no hands"
    spin_until(cli, observer, lambda: states and states[-1].state == VideoState.ENDED, "the end")
    stamps = [m.header.stamp.sec * 10**9 + m.header.stamp.nanosec for m in heard["image_raw"]]
    assert (np.diff(stamps) > 0).all()


@pytest.mark.skipif(not EXAMPLE.exists(), reason=f"the example video is not there: {EXAMPLE}")
def test_hands_of_the_worked_example_are_seen_live(cli, observer, heard, start):
    start("perception")
    spin_until(
        cli, observer, lambda: observer.count_subscribers("image_raw") > 1, "perception listens"
    )
    start("video_source", source=EXAMPLE)
    landmarks = heard["hand_landmarks"]
    spin_until(
        cli,
        observer,
        lambda: landmarks and np.isfinite(landmarks[-1].fingertip).all(),
        "both hands on the keyboard",
    )
    tips = np.array(landmarks[-1].fingertip).reshape(10, 2)
    assert (np.abs(tips) < [0.3, 0.65]).all()
    assert tips[:5, 1].mean() < tips[5:, 1].mean(), "the left hand is left of the right one"


def test_an_image_of_an_unknown_encoding_is_named_and_survived(
    cli, observer, heard, start, tmp_path
):
    start("perception")
    publisher = observer.create_publisher(Image, "image_raw", topics.IMAGE_RAW.qos)
    spin_until(cli, observer, lambda: publisher.get_subscription_count() > 1, "perception listens")
    bad = Image(height=2, width=2, encoding="16UC1", step=4, data=bytes(8))

    def told_why():
        publisher.publish(bad)
        said = (tmp_path / "perception.log").read_text()
        return "encoding '16UC1'; must be one of bgr8, rgb8" in said

    spin_until(cli, observer, told_why, "the encoding is named")
    gray = np.zeros((72, 128, 3), np.uint8)
    good = Image(height=72, width=128, encoding="rgb8", step=384, data=gray.tobytes())

    def sent_and_heard():
        publisher.publish(good)
        return heard["hand_landmarks"]

    spin_until(cli, observer, sent_and_heard, "the next image is looked at")


@pytest.mark.parametrize("source", ["/no/such/video.mp4", __file__])
def test_a_source_that_is_none_ends_with_one_line(start, source, tmp_path):
    process = start("video_source", source=source)
    assert process.wait(TIMEOUT_S) == 2
    assert source in (tmp_path / "video_source.log").read_text()
