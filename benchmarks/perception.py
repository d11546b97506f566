"""A worked example against its reference, and frames a second against MediaPipe alone.

python benchmarks/perception.py FOLDER > benchmarks/results/perception.md
"""

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path

from pianomime.threads import ONE_THREAD

os.environ |= ONE_THREAD

import time

import cv2
import numpy as np

from pianomime.command import Command
from pianomime.fingering.fingering import assign_fingers
from pianomime.hands.embodiment import embodiment
from pianomime.perception.footage import RATE_HZ, watch
from pianomime.perception.hand_detector import FINGERTIPS, HandDetector
from pianomime.perception.hand_tracks import HandTracks
from pianomime.perception.keyboard.keyboard_view import KeyboardView
from pianomime.perception.perceive import Perceived, perceive
from pianomime.perception.released import from_hand_arrays
from pianomime.perception.smoothing import OneEuro
from pianomime.perception.video_file import frames
from pianomime.planning.follower import Follower
from pianomime.planning.performance_plan import plan_performance
from pianomime.planning.rollout import roll_out
from pianomime.score.goals import ScoreGoals
from pianomime.score.repertoire import find_score
from pianomime.score.score import Score
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import ROBOPIANIST_TIMING
from pianomime_perception.newest import Newest


def mediapipe_alone(video: Path) -> int:
    """Return how many images went through the hand model and nothing else."""
    detector = HandDetector()
    count = 0
    for _, image in frames(video, RATE_HZ):
        detector.detect(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
        count += 1
    detector.close()
    return count


def live(video: Path, view: KeyboardView) -> float:
    """Return the share of a video's images that are looked at when they come in real time."""
    detector, tracks, smoother = HandDetector(), HandTracks(view), OneEuro()
    looked = came = 0

    def look(item: tuple[float, np.ndarray]) -> None:
        nonlocal looked
        time_s, image = item
        seen = tracks.update(time_s, detector.detect(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)))
        smoother.update(time_s, seen.place_m[:, list(FINGERTIPS)].reshape(-1, 2))
        looked += 1

    newest, began_s = Newest(look), time.monotonic()
    for time_s, image in frames(video, RATE_HZ):
        time.sleep(max(0.0, time_s - (time.monotonic() - began_s)))
        newest.put((time_s, image))
        came += 1
    newest.end()
    detector.close()
    return looked / came


def played(score: Score, tips_m: np.ndarray, demo_tips: np.ndarray | None) -> tuple[float, float]:
    """Return F1, and the median distance of the robot's fingertips to the human's [mm]."""
    timing = ROBOPIANIST_TIMING
    simulation = PianoSimulation(load_model(embodiment("pianomime")), timing)
    goals = ScoreGoals.of(score, timing)
    whole = assign_fingers(score, timing, simulation.hands.spec)
    plan = plan_performance(whole, simulation.hands, timing, demo_tips=demo_tips)
    follow = Follower.of(plan, simulation.hands)
    tips = []

    def act(step: int, measured: np.ndarray) -> Command:
        tips.append(simulation.fingertip_position[:, :2])
        return follow(step, measured)

    rollout = roll_out(act, plan.lead_in_s, goals.steps, simulation)
    robot = np.array(tips[plan.lead + 1 :])
    rows = min(len(robot), len(tips_m))
    off = np.linalg.norm(robot[:rows] - tips_m[:rows], axis=2)
    return float(rollout.f1_per_step(goals).mean()), 1e3 * float(np.nanmedian(off))


def keyboard_off_mm(found: Perceived, folder: Path) -> np.ndarray:
    """Return how far the reference's homography puts points of the keyboard from where we do."""
    x, y = np.meshgrid(np.linspace(-0.07, 0.07, 5), np.linspace(-0.6, 0.6, 13))
    place = np.stack([x, y], axis=-1).reshape(-1, 2)
    pixel = np.append(found.view.pixels(place), np.ones((len(place), 1)), axis=1)
    plane = pixel @ np.load(folder / "homography.npy").T
    reference = np.stack([-plane[:, 1], plane[:, 0]], axis=1) / plane[:, 2:]
    return np.asarray(1e3 * np.linalg.norm(reference - place, axis=1))


def report(found: Perceived, score: Score, folder: Path) -> None:
    reference = from_hand_arrays(folder, score)
    agree = found.fingers.finger == reference.finger
    rows = min(len(found.demonstrated_m), len(reference.tips_m))
    off_m = np.abs(found.demonstrated_m[:rows] - reference.tips_m[:rows])
    x_mm, y_mm = 1e3 * np.nanmedian(off_m, axis=(0, 1))
    off_mm = keyboard_off_mm(found, folder)
    assert found.calibration is not None
    error_mm = 1e3 * float(np.median(found.calibration.error_m))
    print(f"| keys from where they are seen, median | {error_mm:.1f} mm |")
    print(
        f"| keyboard from the reference's homography | mean {off_mm.mean():.1f} mm, most"
        f" {off_mm.max():.1f}, within 3 mm {np.mean(off_mm <= 3):.0%} |"
    )
    print(f"| fingers as the reference's | {agree.mean():.1%} of {len(agree)} notes |")
    print(f"| score begins at | {found.synchronisation.offset_s:.3f} s; the reference: -0.010 s |")
    print(f"| median distance of fingertips to the reference, x, y | {x_mm:.1f}, {y_mm:.1f} mm |")
    human = score.with_fingers([int(finger) for finger in found.fingers.finger])
    for name, fingered, demo_tips in (
        ("our fingering", score, None),
        ("the human's fingers", human, None),
        ("the human's fingers and manner", human, found.demonstrated_m),
    ):
        f1, far_mm = played(fingered, found.demonstrated_m, demo_tips)
        print(f"| played with {name} | F1 {f1:.3f}, {far_mm:.1f} mm from the human's fingertips |")
    print(
        "\nNotes on which the two disagree: score time [s], key, reference, ours, our confidence:"
    )
    for note in np.flatnonzero(~agree):
        print(
            f"{score.notes[note].onset_s:.2f} {score.notes[note].key} {reference.finger[note]}"
            f" {found.fingers.finger[note]} {found.fingers.confidence[note]:.2f}; ",
            end="",
        )
    print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "folder",
        type=Path,
        help="with video.mp4, score.mid, and what PianoMime's tools made of them: homography.npy, "
        "left_hand.npy, right_hand.npy",
    )
    folder = parser.parse_args().folder
    video, score = folder / "video.mp4", find_score(str(folder / "score.mid"))
    began_s = time.perf_counter()
    alone_hz = mediapipe_alone(video) / (time.perf_counter() - began_s)
    began_s = time.perf_counter()
    footage = watch(video)
    found = perceive(footage, score)
    ours_hz = len(footage.time_s) / (time.perf_counter() - began_s)
    print(
        f"`python benchmarks/perception.py FOLDER`, {datetime.now(UTC):%Y-%m-%d}, nothing random\n"
    )
    print("| what | figure |\n| --- | --- |")
    print(
        f"| images a second, of 1280 x 720 | {ours_hz:.1f}; MediaPipe alone {alone_hz:.1f}:"
        f" ratio {ours_hz / alone_hz:.2f} |"
    )
    print(f"| live, at 30 images a second | {live(video, found.view):.0%} of them looked at |")
    report(found, score, folder)


if __name__ == "__main__":
    main()
