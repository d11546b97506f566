"""Hands are described by their files alone; what does not fit in one is refused by name."""

import re
from pathlib import Path

import pytest
import yaml

from pianomime.errors import ModelError
from pianomime.fingering.fingering import assign_fingers
from pianomime.hands.embodiment import EMBODIMENTS, embodiment
from pianomime.hands.fingers import UNASSIGNED
from pianomime.hands.kinematics import HandKinematics
from pianomime.metrics.key_press import key_press_metrics
from pianomime.piano.geometry import WHITE_PITCH_M
from pianomime.planning.fingertip_plan import FingertipPlanConfig
from pianomime.planning.follower import Follower
from pianomime.planning.performance_plan import plan_performance
from pianomime.planning.rollout import roll_out
from pianomime.score.goals import ScoreGoals
from pianomime.score.repertoire import find_score
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import Timing

SOURCES = Path(__file__).parents[2]
RODS = SOURCES.parents[1] / "examples/your_hand/rods.yaml"


def described(folder, change):
    """Return the path of a description that is rods.yaml but for `change`."""
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump({"like": str(RODS), "name": "mine", **change}))
    return path


def model(file):
    return {"model": {"file": {"left": str(RODS.with_name("rods.xml")), "right": file}}}


MISFITS = {
    "a misspelt field": ({"finger": []}, "finger: unknown; there are: name, "),
    "no fingertip": (
        {"fingers": [{"name": "one", "width_m": 0.01, "place_m": 0.0, "give_m": 0.01}]},
        "fingers: one: no fingertip; give site, or body and tip_m",
    ),
    "no finger": ({"fingers": []}, "fingers: must be at least one"),
    "one hand only": ({"model": {"file": {"right": None}}}, "model.file: must have both left and"),
    "one hand's posture": ({"relaxed": {"x": {"left": 1}}}, "relaxed.x: must have both left and"),
    "no number": ({"finger_radius_m": "thin"}, "finger_radius_m = 'thin': must be a number"),
    "no controllers": ({"controllers": None}, "controllers: missing"),
    "a missing model": (model("none.xml"), "none.xml: no such model file"),
    "a folder not said": (model("${NOWHERE}/a.xml"), "set the environment variable NOWHERE"),
    "an unknown joint of a posture": ({"relaxed": {"elbow": 0.1}}, "'elbow'.*rod_a_swing"),
    "an unknown joint driven": (
        {"controllers": {"hand_controller": ["elbow"]}},
        "controllers.hand_controller: no joint 'elbow'; there are: .*rod_a_swing",
    ),
    "a joint driven twice": (
        {"controllers": {"other_controller": ["rod_a_*"]}},
        "'rod_a_swing' must be of exactly one, is of hand_controller, other_controller",
    ),
    "an unknown palm": ({"palms": ["fist"]}, "palms: no body 'fist'; there are: palm, "),
    "an unknown actuated joint": (
        {"actuation": {"elbow": {"gain_nm_rad": 1, "damping_nms_rad": 1, "torque_nm": 1}}},
        "actuation: no joint 'elbow'; there are: ",
    ),
}


@pytest.mark.parametrize(("change", "why"), MISFITS.values(), ids=MISFITS)
def test_what_does_not_fit_is_refused_in_one_line(tmp_path, change, why):
    path = described(tmp_path, change)
    with pytest.raises(ModelError, match=why) as refused:
        load_model(embodiment(str(path)))
    assert "\n" not in str(refused.value)


def test_a_missing_mesh_is_refused_by_name(tmp_path):
    text = RODS.with_name("rods.xml").read_text()
    mesh = '<asset><mesh name="shell" file="shell.stl"/></asset><worldbody>'
    (tmp_path / "bad.xml").write_text(text.replace("<worldbody>", mesh, 1))
    path = described(tmp_path, model(str(tmp_path / "bad.xml")))
    with pytest.raises(ModelError, match=r"shell\.stl: no such mesh"):
        load_model(embodiment(str(path)))


@pytest.mark.parametrize(
    ("tuning", "why"),
    [({"hoover_m": 0.01}, "no 'hoover_m' in .*hover_m"), ({"hover_m": -1.0}, "hover_m = -1")],
)
def test_tuning_that_does_not_exist_is_refused(tmp_path, tuning, why):
    spec = embodiment(str(described(tmp_path, {"planning": {"fingertips": tuning}})))
    with pytest.raises(ModelError, match=why):
        FingertipPlanConfig.of(spec)


def test_no_hands_are_taken_for_others(tmp_path):
    first = embodiment(str(described(tmp_path, {}))).identity
    other = embodiment(str(described(tmp_path, {"finger_radius_m": 0.007}))).identity
    stolen = embodiment(str(described(tmp_path, {"name": "pianomime"}))).identity
    assert len({first, other, stolen, *EMBODIMENTS}) == 3 + len(EMBODIMENTS)


def test_fingers_that_a_hand_has_not_play_nothing():
    layout = embodiment("allegro").layout
    assert layout.of_pianist([0, 3, 4, 5, 9, UNASSIGNED]) == [0, 3, -1, 4, -1, UNASSIGNED]


def test_each_relaxed_hand_mirrors_the_other_over_the_keys(hands):
    tips = []
    for side in range(2):
        kinematics = HandKinematics(hands, side)
        relaxed = kinematics.fingertips(kinematics.relaxed[None]).position[0]
        reference = relaxed[hands.spec.layout.reference]
        place = hands.spec.layout.offset_m[hands.spec.layout.of_side(side)]
        assert relaxed[:, 1] - reference[1] == pytest.approx(place, abs=0.02)
        tips.append(relaxed - [0.0, reference[1], 0.0])
    left, right = tips
    assert left * [1, -1, 1] == pytest.approx(right, abs=0.002)


@pytest.mark.parametrize(
    ("hands", "least"), [("orca", 0.90), ("allegro", 0.80)], indirect=["hands"]
)
def test_hands_of_others_play_a_scale(hands, least):
    simulation = PianoSimulation(hands, Timing())
    score = find_score("c_major_scale").without_fingers()
    score = assign_fingers(score, Timing(), hands.spec)
    plan = plan_performance(score, hands, Timing())
    goals = ScoreGoals.of(score, Timing())
    rollout = roll_out(Follower.of(plan, simulation.hands), plan.lead_in_s, goals.steps, simulation)
    assert key_press_metrics(goals.keys, rollout.pressed).f1 >= least


def test_fingers_wider_than_a_key_are_not_put_side_by_side():
    spec = embodiment("allegro")
    score = find_score("c_major_scale").without_fingers()
    hands = {}
    for note in assign_fingers(score, Timing(), spec).notes:
        hands.setdefault(spec.layout.side_of(note.finger), []).append(note)
    assert all(len(notes) == 29 for notes in hands.values()), "none is left out"
    assert spec.layout.apart_m.min() > WHITE_PITCH_M


NAMES_OF_HANDS = re.compile(
    r"([FMRL]F|TH|WR)J[0-5]|(forearm|carriage)_t[xyz]|\b(N_FINGERS|FINGERS_PER_HAND)\b|\.lifts\b"
    r"|(thumb|index|middle|ring|pinky)_(abd|mcp|pip|dip)|joint_\d+\.0\b"
)
"""Joint names of the bundled hands, and names that were specific to Shadow."""


def test_no_source_names_a_hands_joint():
    files = [
        path
        for package in SOURCES.glob("*/package.xml")
        for folder in (package.parent.name, "launch", "config")
        for path in (package.parent / folder).rglob("*")
        if path.suffix in (".py", ".yaml") and path.parent.name != "specs"
    ]
    assert len(files) > 150, "library and nodes"
    assert not [str(path) for path in files if NAMES_OF_HANDS.search(path.read_text())]
    specs = SOURCES / "pianomime/pianomime/hands/specs"
    found = {path.stem for path in specs.iterdir() if NAMES_OF_HANDS.search(path.read_text())}
    assert found == set(EMBODIMENTS), "the pattern finds them"
