import numpy as np
import pytest

from pianomime.perception.keyboard.calibration import CalibrationError, calibrate, from_corners
from pianomime.perception.keyboard.keyboard_picture import Camera, draw_keyboard

PLACES = np.stack(np.meshgrid([-0.07, 0.0, 0.07], [-0.6, -0.2, 0.2, 0.6]), axis=-1).reshape(-1, 2)

CAMERAS = {
    "above": Camera(),
    "tilted": Camera(tilt_rad=0.35, yaw_rad=0.17, height_m=1.1),
    "upside_down": Camera(roll_rad=np.pi),
    "portrait": Camera(roll_rad=np.pi / 2, size=(720, 1280), focal=1.33),
    "mirrored": Camera(mirrored=True),
}


@pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS)
@pytest.mark.parametrize(("light", "hidden"), [(1.0, 0.0), (0.5, 0.25)])
def test_the_keyboard_is_found_to_the_millimetre(camera, light, hidden):
    true = camera.view()
    found = calibrate([draw_keyboard(true, light, hidden, seed=4)])
    assert found.view.places(true.pixels(PLACES)) == pytest.approx(PLACES, abs=1e-3)
    assert found.view.mirrored == camera.mirrored
    assert found.octaves == ()
    assert np.median(found.error_m) < 0.5e-3
    assert found.confidence > 0.9 - 1.5 * hidden


def test_a_lens_that_bends_lines_is_allowed_for():
    true = Camera(distortion=-0.03, height_m=1.1).view()
    found = calibrate([draw_keyboard(true, 1.0, 0.0, seed=0)]).view
    assert found.distortion == pytest.approx(-0.03, abs=0.01)
    assert found.places(true.pixels(PLACES)) == pytest.approx(PLACES, abs=2e-3)


@pytest.mark.parametrize(("light", "seed"), [(1.0, 3), (0.2, 5)])
def test_a_bent_row_partly_hidden_is_not_taken_for_other_keys(light, seed):
    true = Camera(distortion=-0.08, height_m=1.1).view()
    found = calibrate([draw_keyboard(true, light, 0.25, seed)])
    middle = np.array([[0.0, -0.3], [0.05, 0.3]])
    views = [found.view, *(found.shifted(keys).view for keys in found.octaves)]
    assert min(np.abs(v.places(true.pixels(middle)) - middle).max() for v in views) < 4e-3


def test_a_row_that_no_way_fits_is_refused():
    true = Camera(distortion=-0.08, height_m=1.1).view()
    with pytest.raises(CalibrationError, match=r"keys lie .* mm off"):
        calibrate([draw_keyboard(true, 0.5, 0.25, seed=4)])


def test_where_the_octave_is_open_the_true_one_is_named():
    true = Camera(height_m=0.5).view()
    found = calibrate([draw_keyboard(true, 1.0, 0.0, seed=0)])
    assert found.octaves
    middle = np.array([[0.0, -0.1], [0.05, 0.1]])
    views = [found.view, *(found.shifted(keys).view for keys in found.octaves)]
    errors = [np.abs(view.places(true.pixels(middle)) - middle).max() for view in views]
    assert min(errors) < 1e-3
    assert sorted(errors)[1] > 0.1, "an octave is 164 mm"


def test_hands_that_move_do_not_matter_to_the_median():
    view = Camera().view()
    frames = [draw_keyboard(view, 1.0, 0.2, seed) for seed in range(7)]
    assert calibrate(frames).confidence > 0.9


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((720, 1280), np.uint8),
        np.full((720, 1280), 200, np.uint8),
        np.random.default_rng(0).integers(0, 255, (720, 1280), np.uint8),
        np.tile(np.where(np.arange(1280) % 40 < 15, 20, 220), (720, 1)).astype(np.uint8),
    ],
    ids=["black", "white", "noise", "stripes"],
)
def test_what_is_no_keyboard_is_refused_with_a_reason(image):
    with pytest.raises(CalibrationError, match=r"black keys|confidence|lie"):
        calibrate([image])


def test_no_frames_are_refused():
    with pytest.raises(CalibrationError, match="no frames"):
        calibrate([])


def test_corners_given_by_hand():
    true = Camera(tilt_rad=0.2).view()
    corners = true.pixels(
        np.array([[-0.075, -0.611], [-0.075, 0.611], [0.075, 0.611], [0.075, -0.611]])
    )
    view = from_corners([tuple(corner) for corner in corners], (1280, 720))
    assert view.places(true.pixels(PLACES)) == pytest.approx(PLACES, abs=1e-3)


def test_two_keyboards_are_refused_but_not_a_far_smaller_one():
    image = draw_keyboard(Camera().view(), 1.0, 0.0, seed=0)
    two = np.concatenate([image[250:460], image[250:760]])
    with pytest.raises(CalibrationError, match="two keyboards"):
        calibrate([two])
    half = two.copy()
    half[:200, 400:] = 25
    assert calibrate([half]).confidence > 0.9
