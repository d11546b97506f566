"""Video source and perception as nodes: a video in, hands on the keyboard out."""

import sys
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

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
            processes.append(cli.popen(command, stderr=log))
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
    """Write 8 s, small, so that a busy machine still sees enough of it."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 25.0, (640, 360))
    drawn = [draw_keyboard(Camera().view(), 1.0, 0.1, seed) for seed in range(8)]
    for i in range(200):
        gray = cv2.resize(drawn[i // 10 % len(drawn)], (640, 360))
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


class NetworkCamera(BaseHTTPRequestHandler):
    """Shows a keyboard as motion JPEG for as long as its server is plugged in."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=image")
        self.end_headers()
        gray = cv2.resize(draw_keyboard(Camera().view(), 1.0, 0.1, 0), (320, 180))
        image = cv2.imencode(".jpg", gray)[1].tobytes()
        head = f"--image\r\nContent-Type: image/jpeg\r\nContent-Length: {len(image)}\r\n\r\n"
        while self.server.is_plugged_in:
            self.wfile.write(head.encode() + image + b"\r\n")
            time.sleep(0.03)

    def log_message(self, *_):
        pass


@contextmanager
def network_camera(port=0):
    with ThreadingHTTPServer(("127.0.0.1", port), NetworkCamera) as server:
        server.is_plugged_in = True
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.is_plugged_in = False
        server.shutdown()


def test_a_camera_that_is_unplugged_is_lost_and_found_again(cli, observer, heard, start):
    images, states = heard["image_raw"], heard["video_state"]

    def is_(state):
        return lambda: states and states[-1].state == state

    with network_camera() as port:
        start("video_source", source=f"http://127.0.0.1:{port}/camera.mjpg")
        spin_until(cli, observer, lambda: len(images) > 10, "images")
    spin_until(cli, observer, is_(VideoState.LOST), "the camera is lost")
    seen = len(images)
    with network_camera(port):
        spin_until(cli, observer, lambda: len(images) > seen + 10, "images again")
        assert is_(VideoState.PLAYING)()
    stamps = [m.header.stamp.sec * 10**9 + m.header.stamp.nanosec for m in images]
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
