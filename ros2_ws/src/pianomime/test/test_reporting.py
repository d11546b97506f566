"""Mistakes are found and named; the page needs nothing but itself."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from pianomime.hands.embodiment import embodiment
from pianomime.performance.folder import write_folder
from pianomime.performance.performance import Performance
from pianomime.reporting.health import Health
from pianomime.reporting.mistakes import Kind, find_mistakes
from pianomime.reporting.report import Reported, write_report
from pianomime.reporting.statistics import finger_statistics, worst_moments
from pianomime.score.changes import ChangeKind
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Note, Score
from pianomime.timing import ROBOPIANIST_TIMING as TIMING

STEP_S = TIMING.decision_s
FIRST = Note(1.0, 2.0, 40, finger=6)  # C#4, steps 20 .. 39
C4, D4, E4 = 39, 41, 43


def performance(notes, change):
    """Return a perfect performance of notes, changed at (steps, 88) pressed keys."""
    score = Score.from_notes("song", notes)
    goal_keys = ScoreGoals.of(score, TIMING).keys
    pressed = goal_keys.copy()
    change(pressed)
    frames = len(goal_keys) + 1
    active = np.zeros((frames, 88), bool)
    active[1:] = pressed
    return Performance(
        score=score,
        lead_in_s=0.0,
        hands=embodiment("pianomime"),
        timing=TIMING,
        time_s=np.arange(frames) * STEP_S,
        joint_names=("rh_FFJ1",),
        joint_position=np.zeros((frames, 1)),
        key_position=active.astype(float),
        active=active,
        goal_time_s=np.arange(len(goal_keys)) * STEP_S,
        goal_keys=goal_keys,
        midi=(),
        played_s=1.0,
        wall_s=1.0,
    )


def set_keys(*changes):
    def change(pressed):
        for steps, key, down in changes:
            pressed[steps, key] = down

    return change


WHOLE = slice(20, 40)
CASES = {
    "perfect": (FIRST, (), []),
    "one step late": (FIRST, [(slice(20, 21), 40, False)], []),
    "late": (FIRST, [(slice(20, 24), 40, False)], [(Kind.LATE, 40, 1.0, 4)]),
    "cut short": (FIRST, [(slice(35, 40), 40, False)], [(Kind.CUT_SHORT, 40, 1.75, 5)]),
    "interrupted": (FIRST, [(slice(28, 31), 40, False)], [(Kind.INTERRUPTED, 40, 1.0, 3)]),
    "missed": (FIRST, [(WHOLE, 40, False)], [(Kind.MISSED, 40, 1.0, 20)]),
    "neighbour": (
        FIRST,
        [(WHOLE, 40, False), (WHOLE, D4, True)],
        [(Kind.NEIGHBOUR, 40, 1.0, 20)],
    ),
    "next white key": (
        Note(1.0, 2.0, D4, finger=6),
        [(WHOLE, D4, False), (WHOLE, E4, True)],
        [(Kind.NEIGHBOUR, D4, 1.0, 20)],
    ),
    "no finger": (Note(1.0, 2.0, 40), [(WHOLE, 40, False)], [(Kind.UNREACHABLE, 40, 1.0, 20)]),
    "early": (FIRST, [(slice(18, 20), 40, True)], [(Kind.EARLY, 40, 0.9, 2)]),
    "held": (
        [FIRST, Note(3.0, 4.0, E4, finger=7)],
        [(slice(40, 45), 40, True)],
        [(Kind.HELD, 40, 2.0, 5)],
    ),
    "brushed": (FIRST, [(slice(25, 27), 60, True)], [(Kind.BRUSHED, 60, 1.25, 2)]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_named(case):
    notes, changes, expected = CASES[case]
    played = performance(notes if isinstance(notes, list) else [notes], set_keys(*changes))
    found = find_mistakes(played)
    assert [(m.kind, m.key, pytest.approx(m.begins_s), m.steps) for m in found] == expected


def test_every_wrong_step_is_reported_or_tolerated():
    rng = np.random.default_rng(0)
    notes = [Note(i * 0.5, i * 0.5 + 0.4, int(rng.integers(88)), finger=5) for i in range(40)]

    def change(pressed):
        pressed ^= rng.random(pressed.shape) < 0.01

    played = performance(notes, change)
    wrong = played.pressed & ~played.goal_keys
    reported = np.zeros_like(wrong)
    for m in find_mistakes(played):
        reported[round(m.begins_s / STEP_S) : round(m.ends_s / STEP_S), m.key] = True
        if m.kind is Kind.NEIGHBOUR:
            reported[:, max(0, m.key - 2) : m.key + 3] = True
    assert not np.any(wrong & ~reported)


def test_fingers_and_moments_are_counted():
    notes = [FIRST, Note(5.0, 6.0, E4, finger=7), Note(7.0, 7.5, C4)]
    played = performance(notes, set_keys((WHOLE, 40, False), (slice(100, 105), E4, False)))
    mistakes = find_mistakes(played)
    rows = {row.finger: row for row in finger_statistics(played, mistakes)}
    assert (rows["rh_ff"].recall, rows["rh_ff"].mistakes) == (0.0, 1)
    assert rows["rh_mf"].recall == pytest.approx(0.75)
    assert (rows["none"].notes, rows["none"].recall) == (1, 1.0)
    moments = worst_moments(mistakes)
    assert [(m.begins_s, m.steps) for m in moments] == [(1.0, 20), (5.0, 5)]


def test_a_key_may_be_up_in_the_step_before_its_next_strike():
    notes = [Note(0.2 * i, 0.2 * i + 0.2, C4, finger=5) for i in range(10)]
    notes.append(Note(3.0, 3.01, E4, finger=7))  # shorter than a step
    played = performance(notes, lambda pressed: None)
    rows = {row.finger: row.recall for row in finger_statistics(played, [])}
    assert rows == {"rh_th": 1.0, "rh_mf": 1.0}


def test_notes_without_a_finger_are_listed_as_far_as_it_went():
    notes = [FIRST, Note(3.0, 4.0, C4), Note(5.0, 6.0, E4)]
    played = performance(notes, set_keys())
    assert [change.note for change in played.unplayed()] == ["C4 at 3.00 s", "E4 at 5.00 s"]
    broken_off = replace(played, time_s=played.time_s[:80])
    assert [change.kind for change in broken_off.unplayed()] == [ChangeKind.NO_FINGER]
    assert performance(notes[1:], set_keys()).unplayed() == [], "no fingers were published"


def test_a_folder_holds_the_metrics_it_is_given(tmp_path, monkeypatch):
    played = performance([FIRST], set_keys())
    metrics = played.metrics() | {"f1": 0.25}
    monkeypatch.delattr(Performance, "metrics")  # so they are not computed again
    write_folder(played, metrics, tmp_path, {"wall_s": 3.0}, lambda: None, video=False)
    shown = json.loads((tmp_path / "metrics.json").read_text())
    assert (shown["f1"], shown["wall_s"]) == (0.25, 3.0)


def test_the_page_holds_everything(tmp_path):
    played = performance([FIRST], set_keys((WHOLE, 40, False)))
    health = Health({"sim": {"step p99 [ms]": 7.5}}, {"accepted": 3}, (), ("gate: </script> bad",))
    write_report([Reported("one", played, health, b"film")], tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert 'src="http' not in page
    assert "href" not in page
    data = json.loads(re.search(r"const DATA = (.*);\n", page).group(1))
    shown = data["performances"][0]
    assert shown["missed"] == [[40, 20, 40]]
    assert shown["metrics"]["velocity_error"] is None, "JSON has no NaN"
    assert shown["problems"] == ["gate: </script> bad"]
    assert page.count("</script>") == 1
