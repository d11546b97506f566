"""Publish a video file or a camera as images; any camera driver can take its place."""

import re
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
from sensor_msgs.msg import Image

from pianomime.errors import PianoMimeError
from pianomime.perception.video_file import next_time_s, opencv, smaller
from pianomime_common import topics
from pianomime_common.piano_node import PianoNode
from pianomime_common.running import run
from pianomime_msgs.msg import VideoState
from pianomime_perception.perception_config import VideoSourceConfig

RETRY_S: Final = 3.0
"""A lost camera is looked for so often; meanwhile the node has time for others."""

TIMEOUT_MS: Final = 2000
"""A network camera that says nothing for so long is lost."""

ADDRESSES: Final = ("rtsp://", "http://", "https://")

QUEUED_S: Final = 0.005
"""An image that comes sooner has waited for us."""


class VideoSourceNode(PianoNode):
    """A file is played in real time, its images stamped as it has them; a camera as it sees.

    Images that are due while an earlier one is still being read are left out.
    """

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__("video_source", VideoSourceConfig)

    def configure(self) -> None:
        """Look for the source.

        Raises:
            PianoMimeError: OpenCV is missing, or there is no such file.
        """
        source = self.config.source
        self._is_remote = source.startswith(ADDRESSES)
        self._is_camera = self._is_remote or source.isdigit()
        if not self._is_camera and not Path(source).is_file():
            raise PianoMimeError(
                f"source = {source!r}: no such file, and neither a camera's number nor its address"
            )
        self._image = self.advertise(topics.IMAGE_RAW)
        self._state_out = self.advertise(topics.VIDEO_STATE)

    def activate(self) -> None:
        """Open the source."""
        self._images = self._left_out = 0
        self._last_s = -1.0  # in the video
        self._stamp_ns = 0
        self._capture: Any = None
        self._retry_s = 0.0
        self._open()
        self.every(1 / self.config.rate_hz, self._on_timer)

    def deactivate(self) -> None:
        """Let go of it."""
        self._capture = None

    def _open(self) -> None:
        self._capture = self._captured(self.config.source)
        self._began_ns = self.get_clock().now().nanoseconds
        if self._capture.isOpened():
            self._tell(VideoState.PLAYING, f"{self._name}: playing")
        elif not self._is_camera:
            raise PianoMimeError(f"{self.config.source}: not a video")
        else:
            self._lose()

    def _captured(self, source: str) -> Any:
        cv2 = opencv()
        if not self._is_remote:
            return cv2.VideoCapture(int(source) if self._is_camera else source)
        patience = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, cv2.CAP_PROP_READ_TIMEOUT_MSEC)
        settings = [number for property_ in patience for number in (property_, TIMEOUT_MS)]
        return cv2.VideoCapture(source, cv2.CAP_FFMPEG, settings)

    def _on_timer(self) -> None:
        if self._capture is None:
            if self._is_camera and time.monotonic() > self._retry_s:
                self._open()
            return
        with self.diagnostics.measure("read"):
            image = self._read_camera() if self._is_camera else self._read_file()
        if image is not None:
            self._publish(smaller(image))

    def _read_file(self) -> np.ndarray | None:
        """Return the first image that is not yet due; None while that is the last one returned."""
        due_s = (self.get_clock().now().nanoseconds - self._began_ns) * 1e-9
        grabbed = 0
        while self._last_s < due_s:
            if not self._capture.grab():
                self._capture = None
                self._tell(VideoState.ENDED, f"{self.config.source}: at its end")
                return None
            grabbed += 1
            self._last_s = next_time_s(self._capture, self._last_s)
        if not grabbed:
            return None
        self._left_out += grabbed - 1
        self.diagnostics.count("left out", self._left_out)
        readable, image = self._capture.retrieve()
        return image if readable else None

    def _read_camera(self) -> np.ndarray | None:
        readable, image = self._capture.retrieve() if self._grab_newest() else (False, None)
        if not readable:
            self._lose()
            return None
        self._last_s = (self.get_clock().now().nanoseconds - self._began_ns) * 1e-9
        return np.asarray(image)

    def _grab_newest(self) -> bool:
        """Wait for the next image; those that queue up behind a slow reader are left out."""
        while True:
            began_s = time.monotonic()
            if not self._capture.grab():
                return False
            if not self._is_remote or time.monotonic() - began_s > QUEUED_S:
                return True  # drivers of cameras at hand keep but a few
            self._left_out += 1
            self.diagnostics.count("left out", self._left_out)

    @property
    def _name(self) -> str:
        """The source without the password that an address may hold."""
        return re.sub("//[^/@]*@", "//", self.config.source)

    def _lose(self) -> None:
        self._capture = None
        self._retry_s = time.monotonic() + RETRY_S
        self._tell(VideoState.LOST, f"camera {self._name} does not answer")

    def _publish(self, image: np.ndarray) -> None:
        # Stamps rise whatever the clock does: synchronisation and smoothing rely on it.
        self._stamp_ns = max(self._began_ns + round(self._last_s * 1e9), self._stamp_ns + 1)
        message = Image(
            height=image.shape[0],
            width=image.shape[1],
            encoding="bgr8",
            step=3 * image.shape[1],
            data=image.tobytes(),
        )
        self._stamp(message)
        self._image.publish(message)
        self._images += 1

    def _tell(self, state: int, text: str) -> None:
        message = VideoState(state=state, images=self._images, message=text)
        self._stamp(message)
        self._state_out.publish(message)
        self.get_logger().info(text)

    def _stamp(self, message: Any) -> None:
        message.header.frame_id = self.config.frame_id
        message.header.stamp.sec = self._stamp_ns // 10**9
        message.header.stamp.nanosec = self._stamp_ns % 10**9


def main() -> None:
    """Run the node."""
    run(VideoSourceNode)


if __name__ == "__main__":
    main()
