"""Training: recipes, networks, and a whole run."""

import contextlib
import dataclasses

import numpy as np
import pytest

from pianomime.errors import ConfigError
from pianomime.hands.embodiment import embodiment
from pianomime.learning.pairs import Pairs
from pianomime.learning.recipe import load_recipe
from pianomime.learning.songs import HeldOut
from pianomime.policy.checkpoint import load_checkpoint
from pianomime.policy.generalist import FINGERS, FINGERTIPS, JOINTS
from pianomime.timing import Timing

HANDS = embodiment("pianomime")
TORCH = "torch is not installed: tools/setup learning"


def test_training_resumes_and_numpy_agrees_with_torch(tmp_path):
    torch = pytest.importorskip("torch", reason=TORCH)
    from pianomime.learning.networks import Standardised, exported, loss_of_way, mlp
    from pianomime.learning.recipe import TrainingConfig
    from pianomime.learning.training import fit

    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 6)).astype(np.float32)
    y = np.stack([x[:, 0] * x[:, 1], np.abs(x[:, 2])], axis=1)
    pairs = Pairs(x, y, np.ones_like(y))

    def train(folder, *, stop_at=None):
        torch.manual_seed(0)
        network = Standardised(x, mlp(6, 2, 32, 2), loss_of_way)
        config = TrainingConfig(steps=4000, batch=32, threads=1, ema=0.99)

        def report(step, _):
            if stop_at is not None and step >= stop_at:
                raise KeyboardInterrupt

        return exported(fit(network, pairs, config, folder, report)), network

    whole, _ = train(tmp_path / "whole")
    assert np.abs(whole(x) - y).mean() < 0.1
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "cut", stop_at=2600)
    resumed, network = train(tmp_path / "cut")
    np.testing.assert_allclose(resumed(x), whole(x), atol=1e-5)
    with torch.no_grad():
        answer = network(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(exported(network)(x), answer, atol=1e-4)


def test_exported_networks_equal_the_trained_ones():
    torch = pytest.importorskip("torch", reason=TORCH)
    from pianomime.learning.distance_field import DistanceField, key_distances
    from pianomime.learning.networks import (
        FlowTraining,
        Standardised,
        exported,
        loss_of_way,
        mlp,
    )
    from pianomime.policy.networks.kinds import read_network
    from pianomime.policy.networks.transformer import Transformer

    torch.manual_seed(0)
    x = np.random.default_rng(0).normal(2, 3, (20, 3 * 4 + 5)).astype(np.float32)
    y = np.zeros((20, 2), np.float32)
    for network in (
        FlowTraining(x, mlp(17 + 2 + 1, 2, 16, 2), 2),
        Standardised(x, Transformer(3, 4, 5, 2).eval(), loss_of_way),
    ):
        assert torch.isfinite(network.cost(torch.from_numpy(x), torch.from_numpy(y))).all()
        played = exported(network)
        with torch.no_grad():
            answer = network(torch.from_numpy(x)).numpy()
        np.testing.assert_allclose(played(x), answer, atol=1e-4)
        again = read_network("n", played.settings(), played.tensors())
        np.testing.assert_array_equal(again(x), played(x))
    keys = np.zeros((3, 88), bool)
    keys[1, 20] = keys[2, 3] = True
    field, distances = DistanceField(), key_distances(keys)
    assert distances[1, 21] == pytest.approx(1 / 88)
    seen = torch.from_numpy(keys.astype(np.float32))
    assert field.cost(seen, torch.from_numpy(distances)).shape == (3, 88)
    with torch.no_grad():
        latent = field.encoder(seen).numpy()
    np.testing.assert_allclose(exported(field)(keys.astype(np.float32)), latent, atol=1e-6)


def test_a_run_ends_with_a_playable_checkpoint(tune, tmp_path, pianomime_hands):
    pytest.importorskip("torch", reason=TORCH)
    from pianomime.learning.run import Training
    from pianomime.policy.registry import load_policy

    path = tmp_path / "recipe.yaml"
    path.write_text(
        "{demonstration_rounds: 0, lesson_rounds: 0, corrections: 1, corrected_songs: 1, "
        + ", ".join(f"{n}: {{steps: 5, width: 16}}" for n in (FINGERS, FINGERTIPS, JOINTS))
        + "}"
    )
    recipe = load_recipe(path)

    class Bar(contextlib.nullcontext):
        def update(self, n): ...

        def set_postfix_str(self, s): ...

    def progress(*_):
        bar = Bar()
        bar.enter_result = bar
        return bar

    training = Training(recipe, [tune.until(0.6)], HeldOut.of([]), HANDS, tmp_path, 1, progress)
    made = training.run()
    assert made == training.run(), "nothing is done again"
    assert load_checkpoint(made).card.data["episodes"] == 2
    load_policy(made, pianomime_hands, Timing())
    other = dataclasses.replace(training, songs=[tune])
    with pytest.raises(ConfigError, match="begun with different songs"):
        other.run()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rounds: 3", "unknown 'rounds'; there are: "),
        ("seed: -1", "seed = -1: must be in"),
        ("fingers: {steps: 0}", "fingers: steps = 0: must be in"),
        ("fingers: {height: 3}", "fingers: unknown 'height'; there are: "),
        ("timing: {decision_s: 0.07, command_s: 0.03}", "timing: decision_s = 0.07: must be a"),
        ("fingers: 3", "fingers: 3: must be names and values"),
        ("[1, 2", "not a recipe"),
    ],
)
def test_a_bad_recipe_is_refused_by_name(tmp_path, text, message):
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_recipe(path)
