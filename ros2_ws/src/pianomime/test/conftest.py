import mujoco
import pytest

from pianomime.hands.embodiment import EMBODIMENTS, embodiment
from pianomime.hands.hands_model import HandsModel
from pianomime.simulation.model import load_model


@pytest.fixture(scope="session", params=sorted(EMBODIMENTS))
def hands(request) -> HandsModel:
    return HandsModel.of(load_model(embodiment(request.param)))


@pytest.fixture(scope="session")
def pianomime_model() -> mujoco.MjModel:
    return load_model(embodiment("pianomime"))


@pytest.fixture(scope="session")
def pianomime_hands(pianomime_model) -> HandsModel:
    return HandsModel.of(pianomime_model)


@pytest.fixture(scope="session")
def robopianist_hands() -> HandsModel:
    return HandsModel.of(load_model(embodiment("robopianist")))
