"""Tracking of left and right hand over detections."""

import numpy as np
import pytest

from pianomime.perception.hand_detector import FINGERTIPS, N_LANDMARKS, DetectedHand
from pianomime.perception.hand_tracks import HandTracks
from pianomime.perception.keyboard.keyboard_picture import Camera


def hand(view, y, label, x=0.05, score=0.9):
    place = np.zeros((N_LANDMARKS, 2))
    place[:, 0], place[:, 1] = x + 0.1, y
    place[list(FINGERTIPS), 0] = x
    place[list(FINGERTIPS), 1] = y + np.linspace(-0.04, 0.04, 5)
    return DetectedHand(view.pixels(place), score, label)


def test_hands_keep_their_sides_when_labels_err_or_they_cross():
    view = Camera().view()
    tracks = HandTracks(view)
    for step, apart in enumerate(np.linspace(0.2, -0.1, 31)):
        hands = [hand(view, apart, "left"), hand(view, -apart, "left", x=0.02)]
        seen = tracks.update(step / 30, hands if step % 2 else hands[::-1])
    assert seen.place_m[0, 0, 1] == pytest.approx(0.1, abs=0.01), (
        "the left hand is on the right now"
    )
    assert seen.place_m[1, 0, 1] == pytest.approx(-0.1, abs=0.01)


def test_a_face_or_hands_in_a_lap_are_no_hands():
    view = Camera().view()
    tracks = HandTracks(view)
    face = hand(view, 0.0, "left", x=0.5, score=0.99)
    seen = tracks.update(0.0, [face, hand(view, 0.2, "right")])
    assert np.isinf(seen.age_s[0])
    assert np.isnan(seen.place_m[0]).all()
    assert seen.age_s[1] == 0.0


def test_a_hand_seen_twice_is_one_and_a_lost_one_ages():
    view = Camera().view()
    tracks = HandTracks(view)
    tracks.update(0.0, [hand(view, -0.2, "left"), hand(view, 0.2, "right")])
    seen = tracks.update(0.1, [hand(view, 0.2, "right"), hand(view, 0.205, "left", score=0.5)])
    assert seen.age_s[1] == 0.0
    assert seen.age_s[0] == pytest.approx(0.1)
    assert np.isnan(seen.fingertip_m[:5]).all()
    assert np.isfinite(seen.fingertip_m[5:]).all()


def test_a_hand_far_from_the_keyboard_does_not_play():
    view = Camera(height_m=2.0).view()
    seen = HandTracks(view).update(0.0, [hand(view, 0.0, "left", x=0.6)])
    assert np.isinf(seen.age_s).all()


def test_in_a_mirror_the_labels_are_the_other_way():
    view = Camera(mirrored=True).view()
    hands = [hand(view, -0.2, "right"), hand(view, 0.2, "left")]
    seen = HandTracks(view).update(0.0, hands)
    assert seen.place_m[0, 0, 1] == pytest.approx(-0.2, abs=0.01), "the left hand is on the left"


def test_a_lone_hand_stays_the_same_when_a_label_errs():
    view = Camera().view()
    tracks = HandTracks(view)
    for step in range(60):
        label = "left" if step % 7 == 6 else "right"
        seen = tracks.update(step / 30, [hand(view, 0.1, label)])
    assert np.isinf(seen.age_s[0])
    assert seen.age_s[1] == 0


def test_a_lone_hand_recovers_from_wrong_first_labels():
    view = Camera().view()
    tracks = HandTracks(view)
    for step in range(120):
        seen = tracks.update(step / 30, [hand(view, 0.1, "left" if step < 3 else "right")])
    assert seen.age_s[1] == 0
