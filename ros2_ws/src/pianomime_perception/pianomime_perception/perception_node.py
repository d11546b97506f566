"""Perception node: detects a pianist's hands and the keyboard in live images."""

from typing import Any, Final

import cv2
import numpy as np
from sensor_msgs.msg import Image

from pianomime.perception.hand_detector import FINGERTIPS, HandDetector
from pianomime.perception.hand_tracks import HandTracks
from pianomime.perception.keyboard.calibration import CalibrationError, calibrate
from pianomime.perception.keyboard.keyboard_view import KeyboardView
from pianomime.perception.smoothing import OneEuro
from pianomime_common import conversions, topics
from pianomime_common.piano_node import PianoNode
from pianomime_common.running import run
from pianomime_msgs.msg import HandLandmarks
from pianomime_perception.newest import Newest
from pianomime_perception.perception_config import PerceptionConfig

_CHANNELS: Final = {"bgr8": (0, 1, 2), "rgb8": (2, 1, 0)}
"""Supported encodings: indices of the blue, green and red channels."""


class PerceptionNode(PianoNode):
    """Node that publishes hand landmarks; in pixels until the keyboard is calibrated.

    Of the images that arrive during processing only the newest is used.
    """

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__("perception", PerceptionConfig)

    def configure(self) -> None:
        """Load the hand model."""
        self._detector = HandDetector()
        self._landmarks = self.advertise(topics.HAND_LANDMARKS)

    def activate(self) -> None:
        """Subscribe to images."""
        self._restart((0, 0, 3))
        self._newest = Newest(self._process)
        self.listen(topics.IMAGE_RAW, self._on_image, on_lost=self._on_lost)

    def deactivate(self) -> None:
        """Stop processing images."""
        self._newest.end()

    def release(self) -> None:
        """Free the hand model."""
        if hasattr(self, "_detector"):
            self._detector.close()
            del self._detector

    def _restart(self, shape: tuple[int, ...]) -> None:
        """Reset calibration and tracking, for images of `shape`."""
        self._shape = shape
        self._last_s = -np.inf
        self._tracks: HandTracks | None = None
        self._view: KeyboardView | None = None
        self._smoother = OneEuro()
        self._stills: list[np.ndarray] = []
        self._still_due_s = -np.inf

    def _on_image(self, message: Image) -> None:
        self._newest.put(message)
        self.diagnostics.count("skipped images", self._newest.skipped)

    def _on_lost(self, lost: Any) -> None:
        self.diagnostics.count("lost images", lost.total_count)

    def _process(self, message: Image) -> None:
        if message.encoding not in _CHANNELS:
            self.get_logger().error(
                f"image_raw: encoding {message.encoding!r}; must be one of {', '.join(_CHANNELS)}",
                throttle_duration_sec=5.0,
            )
            return
        with self.diagnostics.measure("step"):
            stamp_s = conversions.from_time(message.header.stamp)
            image = _pixels(message)
            if image is None:
                self.get_logger().error(
                    f"image_raw: {len(message.data)} bytes for {message.width} x {message.height} "
                    f"pixels in rows of {message.step}",
                    throttle_duration_sec=5.0,
                )
                return
            if image.shape != self._shape or stamp_s <= self._last_s:
                self._restart(image.shape)  # another camera, or a restarted video
            self._last_s = stamp_s
            self.diagnostics.add("lag", self.get_clock().now().nanoseconds * 1e-9 - stamp_s)
            self._calibrate(stamp_s, cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
            hands = self._detector.detect(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
            self._landmarks.publish(self._message(message, stamp_s, hands))

    def _message(self, image: Image, stamp_s: float, hands: list) -> HandLandmarks:
        message = HandLandmarks(
            header=image.header,
            age=np.full(2, np.inf, np.float32),
            pixel=np.full(84, np.nan, np.float32),
            place=np.full(84, np.nan, np.float32),
            fingertip=np.full(20, np.nan, np.float32),
        )
        if self._tracks is None or self._view is None:
            pixel = np.full((2, 21, 2), np.nan)
            age = np.full(2, np.inf, np.float32)
            for hand in hands:  # by the detector's label, until the keyboard is calibrated
                side = 0 if hand.label == "left" else 1
                side = side if np.isnan(pixel[side]).all() else 1 - side
                pixel[side], age[side] = hand.landmarks, 0.0
            message.age = age
            message.pixel = pixel.astype(np.float32).ravel()
            return message
        seen = self._tracks.update(stamp_s, hands)
        place = np.where((seen.age_s == 0)[:, None, None], seen.place_m, np.nan)
        tips = self._smoother.update(stamp_s, place[:, list(FINGERTIPS)].reshape(-1, 2))
        message.calibrated = True
        message.age = seen.age_s.astype(np.float32)
        message.pixel = self._view.pixels(place).astype(np.float32).ravel()
        message.place = place.astype(np.float32).ravel()
        message.fingertip = tips.astype(np.float32).ravel()
        return message

    def _calibrate(self, stamp_s: float, gray: np.ndarray) -> None:
        if self._tracks is not None or stamp_s < self._still_due_s:
            return
        self._still_due_s = stamp_s + self.config.still_every_s
        self._stills.append(gray)
        if len(self._stills) < self.config.stills:
            return
        try:
            found = calibrate(self._stills)
        except CalibrationError as error:
            self.get_logger().warning(f"no keyboard yet: {error}", throttle_duration_sec=5.0)
            self._stills.pop(0)
            return
        self._stills.clear()
        self._view, self._tracks = found.view, HandTracks(found.view)
        note = "; the octave is ambiguous" if found.octaves else ""
        self.get_logger().info(
            f"keyboard found: {len(found.keys)} black keys, confidence {found.confidence:.2f}{note}"
        )


def _pixels(message: Image) -> np.ndarray | None:
    """Return the image (height, width, 3; BGR); None if the data has the wrong size."""
    rows, used = np.frombuffer(message.data, np.uint8), 3 * message.width
    if not len(rows) or message.step < used or len(rows) != message.height * message.step:
        return None
    image = rows.reshape(message.height, message.step)[:, :used]
    image = image.reshape(message.height, message.width, 3)
    return np.ascontiguousarray(image[..., _CHANNELS[message.encoding]])


def main() -> None:
    """Run the node."""
    run(PerceptionNode)


if __name__ == "__main__":
    main()
