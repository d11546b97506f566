import numpy as np
import pytest

from pianomime.piano import geometry
from pianomime.piano.velocity import midi_velocity


def test_geometry_is_robopianists(pianomime_hands):
    model = pianomime_hands.model
    for key in range(geometry.N_KEYS):
        kind = "black" if geometry.is_black()[key] else "white"
        body = model.body(f"piano/{kind}_key_{key}")
        geom = model.geom(f"piano/{kind}_key_geom_{key}")
        joint = model.joint(f"piano/{kind}_joint_{key}")
        assert body.pos[1] == pytest.approx(geometry.key_y()[key], abs=1e-9)
        assert body.pos[2] + geom.size[2] == pytest.approx(geometry.key_top()[key])
        assert joint.range[1] == pytest.approx(geometry.key_max_angle()[key])
        assert body.pos[0] + joint.pos[0] == pytest.approx(geometry.HINGE_X_M)
        assert joint.stiffness[0] == geometry.KEY_STIFFNESS_NM_RAD


def test_key_names():
    names = [geometry.key_name(key) for key in (0, 1, 2, 3, 39, 48, 87)]
    assert names == ["A0", "A#0", "B0", "C1", "C4", "A4", "C8"]


def test_shared_arrays_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        geometry.key_y()[0] = 1.0


def test_a_harder_strike_is_louder():
    speeds = np.geomspace(0.01, 30.0, 50)
    velocities = [midi_velocity(39, speed) for speed in speeds]
    assert velocities == sorted(velocities)
    assert 1 == velocities[0] < velocities[-1] == 127
    # 1 m/s at the hammer is 52 by definition of the curve.
    assert midi_velocity(39, 1.0 / 5.0 / geometry.WHITE_LENGTH_M) == 52
