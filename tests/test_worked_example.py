"""The worked example of a pianist's video, fully automatic, against the reference beside it."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pianomime.fingering.fingering import assign_fingers
from pianomime.hands.embodiment import embodiment
from pianomime.hands.fingers import PIANISTS_PER_HAND
from pianomime.perception.demonstration import DemonstrationError, load_demonstration
from pianomime.perception.keyboard.keyboard_view import KeyboardView
from pianomime.perception.released import from_hand_arrays
from pianomime.planning.follower import Follower
from pianomime.planning.performance_plan import plan_performance
from pianomime.planning.rollout import roll_out
from pianomime.score.goals import ScoreGoals
from pianomime.score.repertoire import find_score
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import ROBOPIANIST_TIMING, Timing

EXAMPLE = Path(__file__).parents[2] / "shared/data/stan_1"

pytestmark = pytest.mark.skipif(
    not EXAMPLE.exists(), reason=f"the example video is not there: {EXAMPLE}"
)


@pytest.fixture(scope="module")
def score():
    return find_score(str(EXAMPLE / "score.mid"))


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory):
    folder = tmp_path_factory.mktemp("example") / "demo"
    command = [sys.executable, "-m", "pianomime_cli.cli", "perceive"]
    command += [str(EXAMPLE / "video.mp4"), "--midi", str(EXAMPLE / "score.mid")]
    subprocess.run([*command, "-o", str(folder), "--no-video"], check=True, timeout=250)
    return load_demonstration(folder)


@pytest.fixture(scope="module")
def reference_tips():
    """Reference fingertips at the score's steps, (537, 10, 2) [m]."""
    hands = [np.load(EXAMPLE / f"{side}_hand.npy") for side in ("left", "right")]
    return np.concatenate([hand[:, :2, 1:6].transpose(0, 2, 1) for hand in hands], axis=1)


def test_fingers_agree_with_the_reference(score, demonstration):
    reference = {}
    with (EXAMPLE / "fingering.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            finger = (int(row["finger"]) + PIANISTS_PER_HAND) % (2 * PIANISTS_PER_HAND)
            reference[int(row["step"]), int(row["key"])] = finger
    agree = []
    for note, finger in zip(score.notes, demonstration.finger, strict=True):
        step = ROBOPIANIST_TIMING.steps(note.onset_s)
        near = [reference.get((step + d, note.key)) for d in (0, 1, 2, -1)]
        wanted = next(finger for finger in near if finger is not None)
        agree.append(wanted == finger)
    assert np.mean(agree) >= 0.95


def test_score_and_video_are_synchronised(demonstration):
    sync = demonstration.card["synchronisation"]
    # The reference begins with the video, and with the first note.
    assert sync["offset_s"] == pytest.approx(-0.01, abs=0.05)
    assert sync["drift"] == 0.0


def test_the_keyboard_lies_where_the_reference_has_it(demonstration):
    card = demonstration.card
    view = KeyboardView(np.array(card["to_pixel"]), card["distortion"], (1280, 720))
    place = np.stack(
        np.meshgrid(np.linspace(-0.07, 0.07, 5), np.linspace(-0.6, 0.6, 13)), axis=-1
    ).reshape(-1, 2)
    to_plane = np.load(EXAMPLE / "homography.npy")
    pixel = np.append(view.pixels(place), np.ones((len(place), 1)), axis=1) @ to_plane.T
    reference = np.stack([-pixel[:, 1], pixel[:, 0]], axis=1) / pixel[:, 2:]
    assert np.linalg.norm(reference - place, axis=1).mean() < 3e-3
    assert card["keyboard"]["median_error_mm"] < 1.0


def test_fingertips_are_where_the_reference_has_them(demonstration, reference_tips):
    rows = min(len(demonstration.tips_m), len(reference_tips) - 1)
    off = np.abs(demonstration.tips_m[:rows] - reference_tips[1 : rows + 1])
    assert (np.nanmedian(off, axis=(0, 1)) < 8e-3).all()


def test_the_expert_plays_well_and_in_the_humans_manner(score, demonstration):
    timing = Timing()
    simulation = PianoSimulation(load_model(embodiment("pianomime")), timing)
    goals = ScoreGoals.of(score, timing)
    far_m = {}
    for name, fingered, demo_tips in (
        ("own", score, None),
        ("human", demonstration.fingered(score), demonstration.tips_m),
    ):
        whole = assign_fingers(fingered, timing, simulation.hands.spec)
        plan = plan_performance(whole, simulation.hands, timing, demo_tips=demo_tips)
        follow = Follower.of(plan, simulation.hands)
        tips = []

        def act(step, measured, follow=follow, tips=tips):
            tips.append(simulation.fingertip_position[:, :2])
            return follow(step, measured)

        rollout = roll_out(act, plan.lead_in_s, goals.steps, simulation)
        played = np.array(tips[plan.lead + 1 :])
        rows = min(len(played), len(demonstration.tips_m))
        off = np.linalg.norm(played[:rows] - demonstration.tips_m[:rows], axis=2)
        far_m[name] = np.nanmedian(off)
        f1 = rollout.f1_per_step(goals).mean()
    assert f1 >= 0.92
    assert far_m["human"] < 0.6 * far_m["own"]


def test_the_released_arrays_can_be_imported(score, demonstration, tmp_path):
    command = [sys.executable, "-m", "pianomime_cli.cli", "import", str(EXAMPLE)]
    command += ["--midi", str(EXAMPLE / "score.mid"), "-o", str(tmp_path / "demo")]
    subprocess.run(command, check=True, timeout=60)
    released = load_demonstration(tmp_path / "demo")
    released.check_score(score)
    assert (released.finger == demonstration.finger).mean() > 0.9
    with pytest.raises(DemonstrationError, match="few of the notes"):
        from_hand_arrays(EXAMPLE, find_score("moonlight"))
