import mujoco
import numpy as np
import pytest

from pianomime.errors import ModelError
from pianomime.hands.embodiment import embodiment
from pianomime.hands.fingers import SIDES
from pianomime.hands.hands_model import PEDAL, PEDAL_GROUP, HandsModel
from pianomime.hands.kinematics import HandKinematics
from pianomime.simulation import model as model_module
from pianomime.simulation.model import build_model, load_model


def test_an_unknown_embodiment_is_refused_by_name():
    with pytest.raises(ModelError, match="'shadow'; there are: allegro, orca, pianomime, robo"):
        embodiment("shadow")


def test_each_hand_has_shadows_24_joints_and_its_forearm(shadow_hands):
    hands = shadow_hands
    for side in SIDES:
        mine = [name for name in hands.joint_names if name.startswith(side)]
        assert len([name for name in mine if "forearm" not in name]) == 24
        assert {f"{side}_{name}" for name in ("FFJ1", "THJ5", "LFJ5", "WRJ1", "WRJ2")} <= set(mine)


def test_groups_are_a_partition_of_joints_and_pedal(hands):
    grouped = [name for names in hands.groups.values() for name in names]
    assert sorted(grouped) == sorted([*hands.joint_names, PEDAL])
    assert tuple(hands.groups) == (*hands.spec.command_groups, PEDAL_GROUP)


def test_groups_are_those_of_shadows_driver(shadow_hands):
    assert len(shadow_hands.groups["rh_trajectory_controller"]) == 22
    assert shadow_hands.groups["lh_wr_trajectory_controller"] == ("lh_WRJ2", "lh_WRJ1")


def test_joints_1_and_2_share_a_tendon(pianomime_hands):
    hands = pianomime_hands
    rows = [i for i in range(hands.model.nu) if hands.model.actuator(i).name.endswith("rh_A_FFJ0")]
    coupled = np.flatnonzero(hands.coupling[rows[0]])
    assert {hands.joint_names[i] for i in coupled} == {"rh_FFJ1", "rh_FFJ2"}
    others = np.delete(hands.coupling, rows, axis=0)
    assert not others[:, coupled].any()


def test_limits_are_the_models(pianomime_hands):
    where = pianomime_hands.index(["rh_forearm_ty", "rh_forearm_tz", "lh_FFJ3"])
    assert pianomime_hands.lower[where] == pytest.approx([-0.1, -0.04, -0.261799])
    assert pianomime_hands.upper[where] == pytest.approx([0.1, 0.0, 1.5708])


def test_the_shadow_hands_are_mounted_as_described(pianomime_hands, robopianist_hands):
    models = {hands.spec.name: hands.model for hands in (pianomime_hands, robopianist_hands)}
    assert (models["pianomime"].nu, models["robopianist"].nu) == (46, 44)
    gain = {
        name: model.actuator("rh_shadow_hand/forearm_tx").gainprm[0]
        for name, model in models.items()
    }
    assert gain == {"pianomime": 900.0, "robopianist": 300.0}
    damping = [m.joint("rh_shadow_hand/forearm_tx").damping[0] for m in models.values()]
    assert damping[0] == damping[1]


def test_a_cached_model_equals_a_built_one(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    spec = embodiment("robopianist")
    built = load_model(spec).model
    (cached,) = (tmp_path / "pianomime").iterdir()
    assert cached.suffix == ".mjb"
    monkeypatch.setattr(model_module, "build_model", lambda _: pytest.fail("built again"))
    again = load_model(spec).model
    sizes = [mujoco.mj_sizeModel(m) for m in (built, again)]
    buffers = [np.zeros(size, np.uint8) for size in sizes]
    for m, buffer in zip((built, again), buffers, strict=True):
        mujoco.mj_saveModel(m, None, buffer)
    assert np.array_equal(*buffers)


def test_a_read_only_cache_costs_nothing_but_time(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    spec = embodiment("robopianist")
    assert load_model(spec).model.nu == build_model(spec).nu


@pytest.mark.parametrize("side", range(2), ids=SIDES)
def test_kinematics_agree_with_mujoco(hands: HandsModel, side):
    kinematics = HandKinematics(hands, side)
    poses = np.random.default_rng(0).uniform(kinematics.lower, kinematics.upper, (20, kinematics.n))
    fingertips = kinematics.fingertips(poses)
    tips, jacobian = fingertips.position, fingertips.jacobian()
    data = mujoco.MjData(hands.model)
    dof = hands.dof_index[kinematics.joints]
    for pose, tip, jac in zip(poses, tips, jacobian, strict=True):
        data.qpos[hands.qpos_index[kinematics.joints]] = kinematics.expand @ pose
        mujoco.mj_kinematics(hands.model, data)
        mujoco.mj_comPos(hands.model, data)
        for finger, site in enumerate(hands.fingertip_sites[hands.spec.layout.of_side(side)]):
            assert tip[finger] == pytest.approx(data.site_xpos[site], abs=1e-9)
            full = np.zeros((3, hands.model.nv))
            mujoco.mj_jacSite(hands.model, data, full, None, site)
            assert jac[finger] == pytest.approx(full[:, dof] @ kinematics.expand, abs=1e-9)
