"""Where the piano's keys are in the compiled model."""

import mujoco
import numpy as np
from numpy.typing import NDArray


def key_joints(model: mujoco.MjModel) -> NDArray[np.int64]:
    """Return the MuJoCo ids of the keys' hinges, (88,), from A0 to C8."""
    names = [model.joint(i).name for i in range(model.njnt)]
    keys = [i for i, name in enumerate(names) if name.startswith("piano/")]
    return np.array(sorted(keys, key=lambda i: int(names[i].rsplit("_", 1)[1])))
