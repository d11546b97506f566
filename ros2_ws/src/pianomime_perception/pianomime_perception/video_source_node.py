"""Video source node: publishes a video file or a camera; a camera driver can replace it."""

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
"""Period of the attempts to reopen a lost camera [s]."""

TIMEOUT_MS: Final = 2000
"""Time without data after which a network camera is lost [ms]."""

ADDRESSES: Final = ("rtsp://", "http://", "https://")

QUEUED_S: Final = 0.005
"""Reads that return sooner come from the queue [s]: the image is old."""


class VideoSourceNode(PianoNode):
    """Node that publishes images in real time, stamped with the file's or the camera's times.

    Images that are due while an earlier one is being read are skipped.
    """

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__("video_source", VideoSourceConfig)

    def configure(self) -> None:
        """Validate the source.

        Raises:
            PianoMimeError: OpenCV is missing, or the file does not exist.
        """
        source = self.config.source
        self._is_remote = source.startswith(ADDRESSES)
        self._is_camera = self._is_remote or source.isdigit()
        if not self._is_camera and not Path(source).is_file():
            raise PianoMimeError(
                f"source = {source!r}: must be a video file, a camera number or a camera URL"
            )
        self._image = self.advertise(topics.IMAGE_RAW)
        self._state_out = self.advertise(topics.VIDEO_STATE)

    def activate(self) -> None:
        """Open the source."""
        self._images = self._skipped = 0
        self._last_s = -1.0  # time in the video of the last image
        self._stamp_ns = 0
        self._capture: Any = None
        self._retry_s = 0.0
        self._open()
        self.every(1 / self.config.rate_hz, self._on_timer)

    def deactivate(self) -> None:
        """Close the source."""
        self._capture = None

    def _open(self) -> None:
        self._capture = self._captured(self.config.source)
        self._began_ns = self.get_clock().now().nanoseconds
        if self._capture.isOpened():
            self._set_state(VideoState.PLAYING, f"{self._name}: playing")
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
        """Return the next image once the previous one is due, else None; skip overdue images."""
        due_s = (self.get_clock().now().nanoseconds - self._began_ns) * 1e-9
        grabbed = 0
        while self._last_s < due_s:
            if not self._capture.grab():
                self._capture = None
                self._set_state(VideoState.ENDED, f"{self.config.source}: ended")
                return None
            grabbed += 1
            self._last_s = next_time_s(self._capture, self._last_s)
        if not grabbed:
            return None
        self._skipped += grabbed - 1
        self.diagnostics.count("left out", self._skipped)
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
        """Wait for the next image; skip images that have queued up."""
        while True:
            began_s = time.monotonic()
            if not self._capture.grab():
                return False
            if not self._is_remote or time.monotonic() - began_s > QUEUED_S:
                return True  # drivers of local cameras have short queues
            self._skipped += 1
            self.diagnostics.count("left out", self._skipped)

    @property
    def _name(self) -> str:
        """The source, without a password in its URL."""
        return re.sub("//[^/@]*@", "//", self.config.source)

    def _lose(self) -> None:
        self._capture = None
        self._retry_s = time.monotonic() + RETRY_S
        self._set_state(VideoState.LOST, f"camera {self._name} does not respond")

    def _publish(self, image: np.ndarray) -> None:
        # Stamps increase strictly, even if the clock does not: smoothing relies on it.
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

    def _set_state(self, state: int, text: str) -> None:
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
